"""The contract of reward shapers: vectorised, pure, aware of termination and truncation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import gymnasium as gym
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Transitions:
    """A batch of B transitions, one per environment or per replay sample.

    Attributes:
        obs: `(B, …)` raw observations (before `VecNormalize`).
        action: `(B, …)` as the environment takes them.
        r_ext: `(B,)` extrinsic reward.
        next_obs: `(B, …)` the true successors, never reset observations.
        terminated: `(B,)` the successor is terminal.
        truncated: `(B,)` cut off by a time limit; never together with `terminated`.
        env_id: `(B,)` index of the environment each row comes from.
        t: `(B,)` step within the episode, from 0.
        success: `(B,)` the task's own success at the successor; all false where it has none.
        scene: `(B, D)` recorded scene rows, or `None`.
    """

    obs: npt.NDArray[Any]
    action: npt.NDArray[Any]
    r_ext: Array
    next_obs: npt.NDArray[Any]
    terminated: npt.NDArray[np.bool_]
    truncated: npt.NDArray[np.bool_]
    env_id: npt.NDArray[np.int64]
    t: npt.NDArray[np.int64]
    success: npt.NDArray[np.bool_]
    scene: Array | None = None


class Shaped(NamedTuple):
    """What a shaper makes of a batch.

    Attributes:
        reward: `(B,)` the reward that the algorithm learns from.
        terms: Named parts `(B,)`, logged as `reward/terms/<name>`.
    """

    reward: Array
    terms: Mapping[str, Array]


class Shaper(ABC):
    """Turns extrinsic rewards into those that an algorithm learns from.

    A subclass implements `shape`; everything else has a default. `shape` must be pure: the same
    batch gives the same answer. What a shaper remembers it changes in `observe`.

    Attributes:
        mode: `"add"` keeps the extrinsic reward and adds to it, `"replace"` does not.
        invariance: Whether optimal policies stay optimal: `"exact"`, `"approx"` or `"none"`.
        replayable: Whether a reward stays valid after it was computed. Off-policy algorithms learn
            from old rewards and refuse a shaper that says no.
        gamma: Discount that the shaper assumes; `None` takes the algorithm's. Another one than
            the algorithm's is an error at training start.
    """

    mode: ClassVar[Literal["add", "replace"]] = "add"
    invariance: ClassVar[Literal["exact", "approx", "none"]] = "none"
    replayable: ClassVar[bool] = True
    gamma: float | None = None

    def bind(
        self,
        observation_space: gym.Space[Any],
        action_space: gym.Space[Any],
        *,
        gamma: float,
        n_envs: int,
        seed: int,
    ) -> None:
        """Learn about the algorithm, once, before the first step."""
        self.gamma = gamma

    def begin(self, obs: npt.NDArray[Any], env_id: npt.NDArray[np.int64]) -> None:
        """Episodes start: `obs (n, …)` in environments `env_id (n,)`."""

    @abstractmethod
    def shape(self, batch: Transitions) -> Shaped:
        """Return the rewards to learn from; pure."""

    def observe(self, batch: Transitions) -> None:
        """Remember a collected step; called once for each, after `shape`, never in evaluation."""

    def metrics(self) -> dict[str, float]:
        """Return numbers to log, e.g. calls and faults."""
        return {}

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must hold: arrays, tensors and plain types only."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`; called after `bind`."""

    def close(self) -> None:
        """Free what the shaper holds, e.g. a worker process."""
