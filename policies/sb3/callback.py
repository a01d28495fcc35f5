"""Telling a policy's gates how far training is, and the log what they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3.common.callbacks import BaseCallback
from torch import Tensor

from rewardlab.errors import UsageError
from rewardlab.policies import metrics
from rewardlab.policies.layer import MoELayer
from rewardlab.policies.sb3.policy import MoePolicy
from rewardlab.policies.sb3.probe import Probe, draw
from rewardlab.policies.sb3.routing import Routing, parts, routing, task_ids

LOGS = 50
"""At most so many times along training mixtures are looked at."""
_SEEN = ("load", "mass", "tokens")


class MoeCallback(BaseCallback):
    """Calls `policy.set_moe_progress` with the fraction of training done at each rollout's start.

    That is once per iteration on-policy and once per `train_freq` off-policy. `rewardlab.train`
    adds it by itself; with SB3 alone: `model.learn(n, callback=MoeCallback())`.

    At the end of rollouts, at most 50 times along training, it logs for each mixture, `actor`,
    `critic` or `critic_0` …, as `moe/<mixture>/<number>`:

    ```
    utilisation, weight_utilisation   Jain's index of tokens and of weights per expert, in (0, 1]
    dead_experts                      experts without a token
    max_load                          load of the busiest expert / load if all were equal
    routing_entropy                   mean entropy of the gate's probabilities [nats]
    experts_per_state                 mean number of experts that a state uses
    change_rate                       share of choices that are new since the log before
    task_information                  I(task; expert) [nats], with `task_columns`
    temperature, soft, …              the gate's own notes and running state
    ```

    The first three lines are of all training passes since the log before; the others of a probe,
    up to 256 states taken from the first rollout, or early from the replay buffer.

    Args:
        task_columns: So many last columns of the observation tell the task, one-hot; 0: none do.

    Raises:
        UsageError: When training starts: observations of trained experts would be normalised
            twice, or have no such columns.
    """

    def __init__(self, *, task_columns: int = 0) -> None:
        super().__init__()
        self.task_columns = task_columns
        self.steps: list[int] = []
        self.choices: dict[str, list[npt.NDArray[np.uint8]]] = {}
        self._probe: Probe | None = None
        self._masks: dict[str, Tensor] = {}

    def _on_training_start(self) -> None:
        policy, venv = self.model.policy, self.model.get_vec_normalize_env()
        if not isinstance(policy, MoePolicy):
            return
        if policy.moe.experts and venv and venv.norm_obs:
            raise UsageError(
                "each expert normalises observations as it was trained to, and the environment "
                "normalises them before: give VecNormalize norm_obs=False"
            )
        shape = policy.observation_space.shape
        if self.task_columns and not (
            shape and len(shape) == 1 and 0 < self.task_columns <= shape[0]
        ):
            raise UsageError(
                f"task_columns={self.task_columns}: the observation is "
                f"{policy.observation_space}, which has no so many last columns"
            )

    def _on_rollout_start(self) -> None:
        policy = self.model.policy
        if isinstance(policy, MoePolicy):
            policy.set_moe_progress(self.model.num_timesteps / self.model._total_timesteps)

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        every = max(1, self.model._total_timesteps // LOGS)
        last = self.steps[-1] if self.steps else 0
        if isinstance(self.model.policy, MoePolicy) and (
            self.model.num_timesteps // every > last // every
        ):
            self._look()

    def _on_training_end(self) -> None:
        self.finish()

    def finish(self) -> None:
        """Log what was learned since the last log, if anything was."""
        policy = self.model.policy
        if isinstance(policy, MoePolicy) and any(
            float(layer.seen_tokens) > 0 for layer in parts(policy).values()
        ):
            self._look()

    def _look(self) -> None:
        policy: Any = self.model.policy
        layers = parts(policy)
        self._probe = self._probe or draw(self.model)
        if not layers or self._probe is None:
            return
        found = routing(policy, *self._probe)
        for name, layer in layers.items():
            numbers = _of_training(layer) | (self._of_probe(name, found[name]))
            for key, value in numbers.items():
                self.logger.record(f"moe/{name}/{key}", value)
        self._keep(found)

    def _of_probe(self, name: str, found: Routing) -> dict[str, float]:
        assert self._probe is not None
        numbers = {
            "routing_entropy": metrics.routing_entropy(found.probs),
            "experts_per_state": float(found.mask.sum(-1).float().mean()),
            **found.notes,
        }
        if name in self._masks:
            numbers["change_rate"] = metrics.change_rate(self._masks[name], found.mask)
        if self.task_columns:
            tasks = task_ids(self._probe.obs, self.task_columns)
            numbers["task_information"] = metrics.task_information(found.weights, tasks)
        return numbers

    def _keep(self, found: Mapping[str, Routing]) -> None:
        """Remember choices; those after the last update replace those before it."""
        again = self.steps[-1:] == [self.model.num_timesteps]
        if not again:
            self.steps.append(self.model.num_timesteps)
        for name, one in found.items():
            self._masks[name] = one.mask
            kept = self.choices.setdefault(name, [])
            kept[len(kept) - again :] = [np.packbits(one.mask.numpy(), axis=1)]

    def history(self) -> dict[str, Any]:
        """Return the `steps` of all logs, and `choices` `(steps, N, ceil(E/8))` per mixture."""
        return {
            "steps": self.steps,
            "choices": {name: np.stack(kept) for name, kept in self.choices.items()},
        }

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint holds, so that logs go on as if nothing had happened."""
        policy = getattr(getattr(self, "model", None), "policy", None)
        layers = parts(policy) if isinstance(policy, MoePolicy) else {}
        return {
            **self.history(),
            "probe": None if self._probe is None else self._probe._asdict(),
            "seen": {
                name: {k: getattr(layer, f"seen_{k}").clone() for k in _SEEN}
                for name, layer in layers.items()
            },
        }

    def load_state_dict(self, state: Mapping[str, Any], policy: Any) -> None:
        """Restore `state_dict` for a policy that was restored before."""
        layers = parts(policy) if isinstance(policy, MoePolicy) else {}
        self.steps = [int(step) for step in state["steps"]]
        self.choices = {name: list(kept) for name, kept in state["choices"].items()}
        self._probe = None if state["probe"] is None else Probe(**state["probe"])
        for name, kept in self.choices.items():
            self._masks[name] = unpacked(kept[-1], layers[name].n_experts)
        for name, seen in state["seen"].items():
            for k, value in seen.items():
                getattr(layers[name], f"seen_{k}").copy_(value)


def unpacked(choices: npt.NDArray[np.uint8], n_experts: int) -> Tensor:
    """Return masks `(N, E)` of the bits that `MoeCallback.choices` keeps."""
    return torch.from_numpy(np.unpackbits(choices, axis=1, count=n_experts).astype(np.bool_))


def _of_training(layer: MoELayer) -> dict[str, float]:
    """Return what a layer saw in training passes since the last time, which is then forgotten."""
    if float(layer.seen_tokens) == 0:
        return {}
    load = layer.seen_load
    numbers = {
        "utilisation": metrics.utilisation(load),
        "weight_utilisation": metrics.utilisation(layer.seen_mass),
        "dead_experts": float((load == 0).sum()),
        "max_load": float(load.max() * layer.n_experts / load.sum().clamp_min(1)),
    }
    for name in _SEEN:
        getattr(layer, f"seen_{name}").zero_()
    return numbers
