"""Views and what is asked about them as tensors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from rewardlab.e2cl.samples import Sample
from rewardlab.e2cl.world import END, Action, Language, View

N_HISTORY = 3
"""Features of an object that follow from the history: mentions, in the last action, before."""
_MAX_WORDS, _MIN_EPISODES = 220, 3


@dataclass(frozen=True)
class Vocabulary:
    """The instructions that a network knows.

    Attributes:
        tasks: Names of tasks, sorted.
        words: Words of instructions, commonest first.
    """

    tasks: tuple[str, ...]
    words: tuple[str, ...]


def vocabulary(samples: Iterable[Sample]) -> Vocabulary:
    """Return the tasks of the samples, and the 220 commonest words in at least 3 episodes."""
    views = {sample.origin.episode: sample.view for sample in samples}
    counts = Counter(word for view in views.values() for word in set(view.words))
    common = [word for word in counts if counts[word] >= _MIN_EPISODES]
    ranked = sorted(common, key=lambda word: (-counts[word], word))
    return Vocabulary(
        tuple(sorted({view.task for view in views.values()})), tuple(ranked[:_MAX_WORDS])
    )


class Query(NamedTuple):
    """A view with the action that failed in it and its kind of answer, both None to plan."""

    view: View
    failed: Action | None = None
    error: str | None = None


class Batch(NamedTuple):
    """B queries with up to N objects; index 0 of tasks, verbs and errors stands for none.

    Attributes:
        features: (B, N, F + N_HISTORY) float32.
        classes: (B, N).
        flags: Whether an object is the first, the second of the failed action (B, N, 2) float32.
        mask: Which objects are there (B, N) bool.
        task: (B,).
        words: Which words are in the instruction (B, max(1, W)) float32.
        context: (B, G + 1) float32, the last one the number of steps, min(t, 20)/20.
        recent: Verbs of the last three actions, last first (B, 3).
        failed: Verb of the failed action (B,).
        error: Its kind of answer (B,).
    """

    features: torch.Tensor
    classes: torch.Tensor
    flags: torch.Tensor
    mask: torch.Tensor
    task: torch.Tensor
    words: torch.Tensor
    context: torch.Tensor
    recent: torch.Tensor
    failed: torch.Tensor
    error: torch.Tensor


class Encoded(NamedTuple):
    """What does not depend on the question, of one view; as in `Batch`."""

    features: np.ndarray[tuple[int, int], np.dtype[np.float32]]
    classes: np.ndarray[tuple[int], np.dtype[np.int64]]
    task: int
    words: np.ndarray[tuple[int], np.dtype[np.float32]]
    context: np.ndarray[tuple[int], np.dtype[np.float32]]
    recent: tuple[int, int, int]


class Encoder:
    """Turns queries into batches, in one language with one vocabulary.

    Args:
        language: Of the world.
        vocabulary: Of the episodes to learn from.
    """

    def __init__(self, language: Language, vocabulary: Vocabulary) -> None:
        self.language, self.vocabulary = language, vocabulary
        names = [verb.name for verb in language.verbs]
        self.verb = {name: i for i, name in enumerate([*names, END.verb])}
        self.kind = {kind: i for i, kind in enumerate(language.kinds)}
        self._task = {task: i + 1 for i, task in enumerate(vocabulary.tasks)}
        self._word = {word: i for i, word in enumerate(vocabulary.words)}

    def view(self, view: View) -> Encoded:
        """Return a view's numbers."""
        words = np.zeros(max(1, len(self._word)), np.float32)
        words[[self._word[word] for word in view.words if word in self._word]] = 1.0
        steps = np.float32(min(len(view.history), 20) / 20)
        verbs = [self._named(tried.action.verb) for tried in reversed(view.history[-3:])]
        first, second, third = (*verbs, 0, 0, 0)[:3]
        return Encoded(
            features=np.concatenate([view.features, _used(view)], axis=1),
            classes=view.classes,
            task=self._task.get(view.task, 0),
            words=words,
            context=np.append(view.context, steps),
            recent=(first, second, third),
        )

    def batch(self, queries: Sequence[Query], views: Sequence[Encoded] | None = None) -> Batch:
        """Return queries as tensors; with their `views` encoded, if they are already."""
        encoded = [self.view(query.view) for query in queries] if views is None else views
        n = max(1, *(len(each.classes) for each in encoded))
        features = np.zeros((len(queries), n, encoded[0].features.shape[1]), np.float32)
        classes = np.zeros((len(queries), n), np.int64)
        flags = np.zeros((len(queries), n, 2), np.float32)
        mask = np.zeros((len(queries), n), np.bool_)
        for i, (query, each) in enumerate(zip(queries, encoded, strict=True)):
            size = len(each.classes)
            features[i, :size], classes[i, :size] = each.features, each.classes
            mask[i, :size] = True
            for place, at in enumerate(positions(query.view, query.failed)):
                flags[i, at, place] = 1.0
        return Batch(
            features=torch.from_numpy(features),
            classes=torch.from_numpy(classes),
            flags=torch.from_numpy(flags),
            mask=torch.from_numpy(mask),
            task=torch.tensor([each.task for each in encoded]),
            words=torch.from_numpy(np.stack([each.words for each in encoded])),
            context=torch.from_numpy(np.stack([each.context for each in encoded])),
            recent=torch.tensor([each.recent for each in encoded]),
            failed=torch.tensor([self._named(q.failed.verb) if q.failed else 0 for q in queries]),
            error=torch.tensor([self.kind[q.error] if q.error else 0 for q in queries]),
        )

    def _named(self, verb: str) -> int:
        """Return a verb's index among embeddings, 0 for one that the language does not know."""
        return self.verb.get(verb, -1) + 1


def positions(view: View, action: Action | None) -> tuple[int, ...]:
    """Return where in a view the objects of an action stand."""
    return tuple(view.ids.index(i) for i in action.objects) if action else ()


def _used(view: View) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Return (N, 3): min(mentions, 3)/3, whether in the last action, in the one before."""
    past = [tried.action.objects for tried in view.history]
    counts = Counter(i for objects in past for i in objects)
    last, before = (*reversed(past[-2:]), (), ())[:2]
    rows = [[min(counts[i], 3) / 3, i in last, i in before] for i in view.ids]
    return np.array(rows, np.float32).reshape(len(rows), N_HISTORY)
