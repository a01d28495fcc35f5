"""What pays the tabular learners: a reward for each of N runs that may change as they learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from rewardlab.envs.tabular.mdp import Array, TabularMDP
from rewardlab.errors import ConfigError
from rewardlab.shapers.formulas import count_bonus
from rewardlab.training.tabular.play import Episode, Step


class RunShaper(Protocol):
    """The contract of shapers, for N runs that learn apart: what one remembers, it keeps per run.

    `shape` is pure; `observe` is called once for each step, after it. `update` is called after each
    episode, before the learner's own.
    """

    def shape(self, step: Step) -> Array:
        """Return the rewards `(B,)` to learn from."""
        ...

    def observe(self, step: Step) -> None:
        """Remember a step."""
        ...

    def update(self, n_episodes: int, memory: Sequence[Episode], policy: Array) -> None:
        """Learn.

        Args:
            n_episodes: How many each run has played.
            memory: The latest ten of them, oldest first.
            policy: `(N, S, A)` of the learners.
        """
        ...


class Table:
    """A fixed reward R(s, a).

    Args:
        reward: `(S, A)`, or `(N, S, A)` for another one in each run.
        n_runs: N.
    """

    def __init__(self, reward: Array, *, n_runs: int) -> None:
        shared = np.broadcast_to(reward, (n_runs, *reward.shape[-2:]))
        self.reward = shared

    def shape(self, step: Step) -> Array:
        """Return R(s, a)."""
        paid: Array = self.reward[step.run, step.s, step.a]
        return paid

    def observe(self, step: Step) -> None:
        """Forget it."""

    def update(self, n_episodes: int, memory: Sequence[Episode], policy: Array) -> None:
        """Stay."""


class CountBonus:
    """ExploB: r + B(s'), where B(s) = lam / sqrt((lam / b_max)^2 + visits of s).

    B(s) is `b_max` before the first visit and 0 at the terminal state. Visits count when a state is
    left (Devidze et al., NeurIPS 2022, the variant of ExploRS without a learned reward).

    Args:
        mdp: The MDP.
        n_runs: N.
        b_max: Bonus of a state not yet visited.
        lam: How slowly it falls.
    """

    def __init__(
        self, mdp: TabularMDP, *, n_runs: int, b_max: float = 1.0, lam: float = 1.0
    ) -> None:
        self.visits = np.zeros((n_runs, mdp.n_states))
        self.visits[:, mdp.terminal] = np.inf
        self._b_max, self._lam = b_max, lam

    def shape(self, step: Step) -> Array:
        """Return the extrinsic reward and the bonus of the successor."""
        bonus: Array = step.r_ext + self.bonus(self.visits[step.run, step.to])
        return bonus

    def bonus(self, visits: Array) -> Array:
        """Return B for numbers of visits."""
        return count_bonus(visits, lam=self._lam, b_max=self._b_max)

    def observe(self, step: Step) -> None:
        """Count the states that were left."""
        self.visits[step.run, step.s] += 1

    def update(self, n_episodes: int, memory: Sequence[Episode], policy: Array) -> None:
        """Learn nothing beyond the counts."""


def paying(reward: Array | RunShaper | None, mdp: TabularMDP, n_runs: int) -> RunShaper:
    """Return what pays: a shaper as it is, a table as one, nothing as the MDP's own reward."""
    if reward is None:
        return Table(mdp.R, n_runs=n_runs)
    if not isinstance(reward, np.ndarray):
        return reward
    if reward.shape not in (mdp.R.shape, (n_runs, *mdp.R.shape)):
        raise ConfigError(
            f"the reward has shape {reward.shape}: give {mdp.R.shape}, "
            f"or {(n_runs, *mdp.R.shape)} for one in each run"
        )
    return Table(reward, n_runs=n_runs)
