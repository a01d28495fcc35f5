"""What a reward design is: a table, what it cost, and a certificate of what it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.envs.tabular.solve import expected_return
from rewardlab.shapers.base import Array
from rewardlab.shapers.tables.linear import solver
from rewardlab.shapers.tables.optimum import (
    Optimum,
    one_hot,
    optimum,
)
from rewardlab.shapers.tables.polytope import Polytope

FEASIBLE = 1e-8  # a margin above minus this holds
SAME = 1e-7  # actions of a designed reward that differ by less are equally good


class Step(NamedTuple):
    """One step of a greedy choice of states.

    Attributes:
        objective: Loss with these states.
        states: The states that may be rewarded, in the order chosen, goal states first.
    """

    objective: float
    states: tuple[int, ...]


@dataclass(frozen=True)
class Certificate:
    """What was checked on the table itself, not on the solver's word.

    Attributes:
        margin: Least amount by which a constraint on the optimum holds, 0 where one is met exactly.
        max_abs: Largest magnitude of a reward.
        support: States with any reward.
        objective: As in the design.
        solver: Solver and version.
        tie_break: Which of equally good tables was taken.
        kept: Every action that is optimal under the design is optimal under the extrinsic reward.
        optimum_return: Extrinsic return of the design's first optimal policy.
        best_return: The largest extrinsic return there is.
        gamma: Discount for which all this holds.
    """

    margin: float
    max_abs: float
    support: tuple[int, ...]
    objective: float
    solver: str
    tie_break: str
    kept: bool
    optimum_return: float
    best_return: float
    gamma: float

    @property
    def holds(self) -> bool:
        """Whether the design cannot change what is optimal."""
        return self.margin >= -FEASIBLE and self.kept


@dataclass(frozen=True)
class Design:
    """A designed reward.

    Attributes:
        objective: What was minimised (ExpRD: the loss −I) or maximised (ExpAdaRD: I_h).
        reward: `(S, A)`.
        states: States that were allowed to be rewarded.
        history: Greedy steps, the goal states alone first; empty where nothing was chosen.
        certificate: What the table keeps.
    """

    objective: float
    reward: Array
    states: tuple[int, ...]
    history: tuple[Step, ...]
    certificate: Certificate


def certify(
    mdp: TabularMDP,
    best: Optimum,
    polytope: Polytope,
    reward: Array,
    *,
    objective: float,
    tie_break: str,
) -> Certificate:
    """Check a reward table (S, A) against the MDP it was designed for."""
    under = optimum(mdp, reward, tie=SAME, start=best.policy)
    n_actions = reward.shape[1]
    return Certificate(
        margin=polytope.margin(reward),
        max_abs=float(np.abs(reward).max()),
        support=tuple(int(s) for s in np.flatnonzero(reward.any(axis=1))),
        objective=objective,
        solver=solver(),
        tie_break=tie_break,
        kept=bool((best.optimal | ~under.optimal).all()),
        optimum_return=expected_return(mdp, one_hot(under.policy, n_actions)),
        best_return=float(mdp.initial @ best.v),
        gamma=mdp.gamma,
    )
