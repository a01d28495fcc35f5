"""Rewards that designs are compared with: PBRS, CRAFT, both together, and any invariant one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy.typing as npt

from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.errors import UsageError
from rewardlab.shapers.base import Array
from rewardlab.shapers.tables.designs import Design, certify
from rewardlab.shapers.tables.optimum import optimum
from rewardlab.shapers.tables.polytope import Polytope
from rewardlab.shapers.tables.potentials import shaped, teacher_potential


def pbrs(mdp: TabularMDP) -> Array:
    """Return R̄ + γ Σ T V* − V* (S, A): invariant, dense, and informative at every horizon."""
    return shaped(mdp, teacher_potential(mdp))


def craft(mdp: TabularMDP, *, states: Iterable[int] | None = None) -> Array:
    """Return R̄ with +1 for the best action and −1 for others at hand-chosen states.

    Not invariant: a learner may prefer to collect +1 for ever (the authors' comparator).

    Args:
        mdp: The MDP.
        states: Where; the MDP's gates by default.
    """
    at = list(mdp.gate_states if states is None else states)
    if not at:
        raise UsageError("craft needs states: this MDP names no gates, so give states=…")
    made: Array = mdp.R.copy()
    made[at] -= 1.0
    made[at, optimum(mdp).policy[at]] += 2.0
    return made


def pbrs_craft(mdp: TabularMDP, *, states: Iterable[int] | None = None) -> Array:
    """Return R̄ shaped by the optimal values under CRAFT: invariant again."""
    return shaped(mdp, optimum(mdp, craft(mdp, states=states)).v)


def invariant(
    mdp: TabularMDP,
    *,
    features: npt.ArrayLike | None = None,
    r_max: float | None = None,
    slack: float = 0.0,
) -> Design:
    """Return some reward of ExpRD's polytope, with no objective: HiGHS's first vertex.

    Which one it is depends on the solver, which the certificate names.
    """
    best = optimum(mdp)
    polytope = Polytope.of(mdp, best, features=features, r_max=r_max, slack=slack)
    columns = polytope.columns(range(mdp.terminal))
    point = polytope.linear(columns).solve()
    if point is None:
        raise polytope.refuse(columns)
    reward = polytope.reward(columns, point.x)
    certificate = certify(mdp, best, polytope, reward, objective=0.0, tie_break="vertex")
    return Design(0.0, reward, certificate.support, (), certificate)
