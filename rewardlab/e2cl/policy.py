"""A network with its encoder as an agent: it plans, foresees and corrects."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from rewardlab.e2cl.encoding import Encoder, Query, Vocabulary, positions
from rewardlab.e2cl.network import PolicyNetwork, Scene
from rewardlab.e2cl.world import END, Action, Language, View
from rewardlab.errors import StorageError
from rewardlab.store.files import storage_error, write_bytes, write_json


class Policy(NamedTuple):
    """What acts in a world."""

    net: PolicyNetwork
    encoder: Encoder

    def plan(self, view: View, rng: np.random.Generator | None = None) -> Action:
        """Return the next action: the likeliest verb and objects, or with `rng` drawn ones."""
        return self._decide(Query(view), rng)

    def correct(self, view: View, failed: Action, error: str) -> Action:
        """Return the action to take instead of one that gets an answer of kind `error`."""
        return self._decide(Query(view, failed, error), None)

    def foresee(self, view: View, action: Action) -> str:
        """Return the likeliest kind of answer to an action."""
        return self.foresee_all([(view, action)])[0]

    @torch.inference_mode()
    def foresee_all(self, asked: Sequence[tuple[View, Action]]) -> list[str]:
        """Return the likeliest kind of answer to each action in its view."""
        self.net.eval()
        scene = self.net.scene(self.encoder.batch([Query(view) for view, _ in asked]))
        places = [(*positions(view, action), -1, -1)[:2] for view, action in asked]
        verbs = torch.tensor([self.encoder.verb[action.verb] for _, action in asked])
        first, second = torch.tensor(places).T
        best = self.net.feedback_logits(scene, verbs, first, second).argmax(-1)
        return [self.encoder.language.kinds[i] for i in best.tolist()]

    @torch.inference_mode()
    def _decide(self, query: Query, rng: np.random.Generator | None) -> Action:
        """Draw verb, first and second object in turn; a verb of more objects than there are not."""
        self.net.eval()
        scene = self.net.scene(self.encoder.batch([query]))
        verbs, ids = self.encoder.language.verbs, query.view.ids
        logits = self.net.verb_logits(scene)[0].double().numpy()
        lacking = [verb.arity > len(ids) for verb in verbs]
        number = _pick(np.where([*lacking, False], -np.inf, logits), rng)
        if number == len(verbs):
            return END
        objects = self._objects(scene, number, rng)
        return Action(verbs[number].name, tuple(ids[i] for i in objects))

    def _objects(
        self, scene: Scene, number: int, rng: np.random.Generator | None
    ) -> tuple[int, ...]:
        arity = self.encoder.language.verbs[number].arity
        if arity == 0:
            return ()
        verb = torch.tensor([number])
        first = _pick(self.net.first_logits(scene, verb)[0].double().numpy(), rng)
        if arity == 1:
            return (first,)
        logits = self.net.second_logits(scene, verb, torch.tensor([first]))[0]
        return (first, _pick(logits.double().numpy(), rng))


def fresh(language: Language, vocabulary: Vocabulary, *, seed: int) -> Policy:
    """Return a policy that learned nothing yet; its weights follow from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Policy(PolicyNetwork(language, vocabulary), Encoder(language, vocabulary))


def copied(policy: Policy) -> Policy:
    """Return a policy with weights of its own."""
    twin = fresh(policy.encoder.language, policy.encoder.vocabulary, seed=0)
    twin.net.load_state_dict(policy.net.state_dict())
    return twin


def save(path: Path, policy: Policy) -> None:
    """Write weights to `path` (.npz) and the vocabulary beside them (.json)."""
    file = io.BytesIO()
    weights: dict[str, Any] = {key: value.numpy() for key, value in policy.net.state_dict().items()}
    np.savez_compressed(file, **weights)
    write_json(path.with_suffix(".json"), asdict(policy.encoder.vocabulary))
    write_bytes(path, file.getvalue())


def load(path: Path, language: Language) -> Policy:
    """Read a policy of a language; this executes nothing.

    Raises:
        StorageError: The files cannot be read, or hold a policy of another language.
    """
    try:
        words = json.loads(path.with_suffix(".json").read_text("utf-8"))
        vocabulary = Vocabulary(tuple(words["tasks"]), tuple(words["words"]))
        policy = fresh(language, vocabulary, seed=0)
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            policy.net.load_state_dict({key: torch.from_numpy(file[key]) for key in file.files})
    except OSError as error:
        raise storage_error(path, error) from error
    except Exception as error:  # numpy, zip, JSON and torch each have their own
        why = " ".join(str(error).split())[:200]
        raise StorageError(
            f"{path} is damaged or of another world ({why}); delete it and train again"
        ) from error
    return policy


def _pick(logits: np.ndarray[Any, np.dtype[np.float64]], rng: np.random.Generator | None) -> int:
    if rng is None:
        return int(logits.argmax())
    shares = np.exp(logits - logits.max())
    return int(rng.choice(len(shares), p=shares / shares.sum()))
