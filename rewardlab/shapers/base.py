"""The contract of reward shapers: vectorised, pure, aware of termination and truncation."""

from __future__ import annotations

import contextlib
import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Self, TypeAlias

import gymnasium as gym
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from rewardlab.shapers.view import PolicyView

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
        extras: What `shape` returned as extras when the transitions were collected, each `(B,)`;
            `None` while they are being collected.

    With goals (dict observations) `obs` and `next_obs` are dicts of such arrays.
    """

    obs: Any
    action: npt.NDArray[Any]
    r_ext: Array
    next_obs: Any
    terminated: npt.NDArray[np.bool_]
    truncated: npt.NDArray[np.bool_]
    env_id: npt.NDArray[np.int64]
    t: npt.NDArray[np.int64]
    success: npt.NDArray[np.bool_]
    scene: Array | None = None
    extras: Mapping[str, Array] | None = None


Mode: TypeAlias = Literal["add", "replace"]
Invariance: TypeAlias = Literal["exact", "approx", "none"]
Need: TypeAlias = Literal["on_policy", "scene", "discrete_obs", "discrete_actions"]
"""An on-policy algorithm; recorded scene rows; observations or actions that are integers."""


class Shaped(NamedTuple):
    """What a shaper makes of a batch.

    Attributes:
        reward: `(B,)` the reward that the algorithm learns from.
        terms: Named parts `(B,)`, logged as `reward/terms/<name>`.
        extras: Values `(B,)` of collection time, e.g. a bonus for a count as it was then. Replay
            buffers keep them and hand them back in `Transitions.extras`.
    """

    reward: Array
    terms: Mapping[str, Array]
    extras: Mapping[str, Array] = {}


class Shaper(ABC):
    """Turns extrinsic rewards into those that an algorithm learns from.

    A subclass implements `shape`; everything else has a default. `shape` must be pure: the same
    batch gives the same answer. What a shaper remembers it changes in `observe` and `update`.

    On-policy algorithms learn from the rewards of collection time. Off-policy ones store the
    extrinsic reward and call `shape` again on every sample they draw, so that they never learn
    from what the shaper no longer says; what must stay as it was is returned as an extra.

    Attributes:
        mode: `"add"` keeps the extrinsic reward and adds to it, `"replace"` does not.
        invariance: Whether optimal policies stay optimal: `"exact"`, `"approx"` or `"none"`.
        needs: What it cannot do without, see `Need`.
        update_every: Environment steps between updates of an off-policy algorithm's shaper;
            on-policy ones update after each rollout.
        gamma: Discount that the shaper assumes; `None` takes the algorithm's. Another one than
            the algorithm's is an error at training start.
        version: Of the meaning of `state_dict`; runs do not go on from the state of another one.
        built_with: Its options, defaults among them.
    """

    mode: ClassVar[Mode] = "add"
    invariance: ClassVar[Invariance] = "none"
    needs: frozenset[Need] = frozenset()
    update_every: int = 1_000
    gamma: float | None = None
    version: ClassVar[int] = 1
    built_with: Mapping[str, Any] = {}

    def __new__(cls, *args: Any, **options: Any) -> Self:
        """Keep the options, by which a run that goes on tells the same shaper from another."""
        if cls.__init__ is object.__init__ and (args or options):
            raise TypeError(f"{cls.__name__}() takes no arguments")
        made = super().__new__(cls)
        with contextlib.suppress(TypeError):  # to be told by __init__, or a copy is made
            bound = inspect.signature(cls).bind(*args, **options)
            bound.apply_defaults()
            made.built_with = bound.arguments
        return made

    def members(self) -> tuple[Shaper, ...]:
        """Return the shapers that this one is composed of; none unless it wraps or sums others."""
        return ()

    def bind(
        self,
        observation_space: gym.Space[Any],
        action_space: gym.Space[Any],
        *,
        gamma: float,
        n_envs: int,
        seed: int,
    ) -> None:
        """Learn about the algorithm, before the first step; again where a shaper is reused."""
        self._assumed = self.assumed_gamma
        self.gamma = gamma

    @property
    def assumed_gamma(self) -> float | None:
        """The discount that it was built for; from `bind` on `gamma` is the algorithm's."""
        assumed: float | None = getattr(self, "_assumed", self.gamma)
        return assumed

    def cautions(self, gamma: float, weight: float = 1.0) -> Iterator[str]:
        """Yield what to be careful about, a line each, where it is paid `weight` times."""
        for member in self.members():
            yield from member.cautions(gamma, weight)

    def start(self, policy: PolicyView) -> None:
        """Training starts, or goes on: meet the policy that learns, before the first step.

        For shapers that ask it in `shape`; it stays the current one while it learns.
        """

    def begin(self, obs: Any, env_id: npt.NDArray[np.int64]) -> None:
        """Episodes start: `obs (n, …)` in environments `env_id (n,)`."""

    @abstractmethod
    def shape(self, batch: Transitions) -> Shaped:
        """Return the rewards to learn from; pure."""

    def observe(self, batch: Transitions) -> None:
        """Remember a collected step; called once for each, after `shape`, never in evaluation."""

    def update(self, policy: PolicyView) -> dict[str, float]:
        """Learn from what was observed; return numbers to log.

        Called after each rollout, before the algorithm learns from it, so `policy` is still the one
        that collected it; off-policy every `update_every` steps.
        """
        return {}

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


def parts(shaper: Shaper) -> Iterator[Shaper]:
    """Yield a shaper and all those that it is composed of, itself first."""
    yield shaper
    for member in shaper.members():
        yield from parts(member)
