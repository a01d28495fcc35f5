"""ExpAdaRD for tabular learners: each run has a teacher of its own, who watches its policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardlab.envs.tabular.mdp import Array, TabularMDP
from rewardlab.errors import ConfigError
from rewardlab.shapers.expadard import Designer
from rewardlab.training.tabular.play import Episode, Step
from rewardlab.training.tabular.shaping import Table

_LEFT, _RIGHT, _PICK = range(3)
_LINE_POOL = ([(1, _LEFT)], [(1, _RIGHT)], [(5, _RIGHT)], [(5, _PICK)], [(10, _PICK)])
_UP, _WEST, _DOWN = range(3)
_ROOM_POOL = (  # cells (2, 1), (1, 2), (2, 5) and (5, 2)
    [(9, _WEST), (15, _DOWN)],
    [(9, _UP), (15, _DOWN)],
    [(9, _WEST), (37, _WEST)],
    [(19, _DOWN), (37, _WEST)],
    [(9, _UP), (15, _DOWN)],
)
_POOLS = {"linek-2024": (2.0, _LINE_POOL), "room-2024": (1.0, _ROOM_POOL)}


class TabularExpAdaRD:
    """ExpAdaRD: a reward R(s, a) per run, designed anew for its policy every few episodes.

    It replaces the extrinsic reward. See `rewardlab.shapers.expadard` for criterion and source.

    Args:
        mdp: The MDP.
        policy: `(N, S, A)` of the learners as they begin, for the first designs.
        every: Episodes between designs.
        **options: Of the designs, as for `expadard.design`.

    Attributes:
        reward: `(N, S, A)` what each run is paid.
    """

    def __init__(self, mdp: TabularMDP, policy: Array, *, every: int = 5, **options: Any) -> None:
        self._designers = [Designer(mdp, **options) for _ in policy]
        self._every = every
        self._design(policy)

    def shape(self, step: Step) -> Array:
        """Return R(s, a)."""
        return self._paid.shape(step)

    def observe(self, step: Step) -> None:
        """Forget it."""

    def update(self, n_episodes: int, memory: Sequence[Episode], policy: Array) -> None:
        """Design for the policies as they are now."""
        if n_episodes % self._every == 0:
            self._design(policy)

    def _design(self, policy: Array) -> None:
        pairs = zip(self._designers, policy, strict=True)
        self.reward = np.stack([designer.design(pi).reward for designer, pi in pairs])
        self._paid = Table(self.reward, n_runs=len(policy))


def learner_pool(mdp: TabularMDP, *, n_runs: int) -> Array:
    """Return the logits `(N, S, A)` from which ExpAdaRD's learners begin: five, in turn.

    They differ in a habit or two that leads astray, e.g. to walk back from a gate.

    Raises:
        ConfigError: No pool was published for this MDP.
    """
    if mdp.name not in _POOLS:
        raise ConfigError(f"no pool of learners for {mdp.name!r}; there is one for {list(_POOLS)}")
    size, pool = _POOLS[mdp.name]
    logits = np.zeros((n_runs, *mdp.R.shape))
    for i in range(n_runs):
        for s, a in pool[i % len(pool)]:
            logits[i, s, a] = size
    return logits
