"""ExpRD: a teacher designs explicable rewards: on few states, exactly invariant, fast to learn.

Source: *Explicable Reward Design for Reinforcement Learning Agents*, NeurIPS 2021. The loss is

    −I(R) = 1/(|H|·S) Σ_{h∈H} Σ_s max(0, max_{a not optimal} (δ̄(s) − δ_h(s, a)))

with δ̄(s) the gap of the best non-optimal action under the extrinsic reward R̄, and
δ_h(s, a) = Q_h(s, π(s)) − Q_h(s, a) the gap that R shows to a learner who looks h steps ahead.
Among rewards under which no action becomes optimal that was not, within |R| <= r_max and zero
outside the chosen states, minimising it is a linear programme; the states are chosen greedily.
Of the criterion's variants this is the worst action of each state, by a hinge, against one gap per
state; rewards are tables of states and actions, and the optimal policy is the first of all optimal
ones.

Kept from the authors' code: h + 1 terms per horizon, δ̄ divided by 1 + 1e-5, the average over all
states with the terminal one. Not kept: interior-point optima that depend on the solver's path.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.envs.tabular.solve import transitions
from rewardlab.errors import UnknownName, UsageError
from rewardlab.shapers import options
from rewardlab.shapers.tables.designs import Design, Step, certify
from rewardlab.shapers.tables.explicable import Explicable, Loss, Solved, Terms, tie_broken
from rewardlab.shapers.tables.optimum import optimum, table
from rewardlab.shapers.tables.polytope import Polytope
from rewardlab.shapers.tables.ties import RULES, TieBreak

HORIZONS = (1, 4, 8, 16, 32)
SLACK = 1e-5
PRUNE_ABOVE = 400  # weights: above, only candidates with the largest reduced costs are tried
PRUNE_TO = 30

Score = npt.ArrayLike | Callable[[tuple[int, ...]], float]


def design(
    mdp: TabularMDP,
    *,
    budget: int | None,
    horizons: Iterable[int] = HORIZONS,
    terms: Terms = "h+1",
    slack: float = SLACK,
    r_max: float | None = None,
    goal_states: Iterable[int] | None = None,
    features: npt.ArrayLike | None = None,
    candidates: Iterable[int] | None = None,
    score: Score | None = None,
    score_weight: float = 0.0,
    tie_break: TieBreak = "min_norm",
) -> Design:
    """Design the most informative reward on the goal states and at most `budget` others.

    Args:
        mdp: The MDP with its extrinsic reward.
        budget: States to choose, greedily. `None`, or as many as there are candidates, allows all
            of them at once. With more than 400 weights and no score, each choice tries the 30
            states with the largest reduced costs.
        horizons: H, the steps that a learner may look ahead.
        terms: Whether horizon h sums h + 1 rewards (NeurIPS 2021) or h (AAMAS 2024).
        slack: Gaps are divided by 1 + this, so that potential-based rewards are strictly feasible.
        r_max: Largest magnitude of a reward; the MDP's by default.
        goal_states: States that are always allowed; the MDP's by default.
        features: `(S·A, d)` or `(S, A, d)` F with R = F w. Choosing a state then frees every
            feature that is active there. By default each pair has its own reward.
        candidates: States to choose from; all others by default.
        score: What else makes states good: `(S,)` points that are summed, or a function of the
            states, e.g. `facility_location(mdp)`.
        score_weight: λ: the choice minimises −I(R) − λ·score.
        tie_break: Which optimum is returned: the least ‖R‖₂ (unique), the least ‖R‖₁, or the
            simplex vertex.

    Raises:
        InfeasibleDesign: No such reward exists; names the rows that an elastic solve misses.
    """
    if tie_break not in RULES:
        raise UnknownName("tie_break", str(tie_break), RULES)
    best = optimum(mdp)
    goals = _states(mdp, "goal_states", mdp.goal_states if goal_states is None else goal_states)
    problem = Explicable(
        loss=Loss.of(mdp, best, horizons=horizons, terms=terms, slack=slack),
        polytope=Polytope.of(mdp, best, features=features, r_max=r_max, slack=slack),
    )
    others = range(mdp.terminal) if candidates is None else candidates
    free = sorted(set(_states(mdp, "candidates", others)) - set(goals))
    history, solved = _choose(
        problem,
        goals,
        free,
        _budget(budget, len(free)),
        _scoring(mdp, score, score_weight),
    )
    if solved.point is None:
        raise problem.polytope.refuse(solved.columns)
    reward = tie_broken(problem, solved.columns, solved.point, tie_break)
    objective = history[-1].objective
    certificate = certify(
        mdp, best, problem.polytope, reward, objective=objective, tie_break=tie_break
    )
    return Design(objective, reward, history[-1].states, tuple(history), certificate)


def informativeness(
    mdp: TabularMDP,
    reward: npt.ArrayLike,
    *,
    horizons: Iterable[int] = HORIZONS,
    terms: Terms = "h+1",
    slack: float = SLACK,
    **same: Any,
) -> float:
    """Return I(R) <= 0 of a reward table (S, A); 0 is the best.

    The other options of `design` are taken too, so that both may be called with the same ones;
    they do not change I.
    """
    for name in same:
        if name not in inspect.signature(design).parameters:
            raise UnknownName("option", name, inspect.signature(design).parameters)
    made = table(mdp, reward)
    loss = Loss.of(mdp, optimum(mdp), horizons=horizons, terms=terms, slack=slack)
    return 0.0 - loss(made)


def facility_location(mdp: TabularMDP) -> Callable[[tuple[int, ...]], float]:
    """Return D(Z) = −Σ_s min_{z∈Z} dist(s, z): high where every state is near a chosen one.

    dist(s, z) = 1 − E[γ^τ], τ the steps in which the uniform policy first reaches z from s: 0 at
    z itself, 1 where z is never reached (reconstructed; the terminal state left out).
    """
    uniform = np.full(mdp.R.shape, 1.0 / mdp.R.shape[1])
    seen = np.linalg.inv(np.eye(len(mdp.R)) - mdp.gamma * transitions(mdp, uniform))
    distance = (1.0 - seen / np.diag(seen))[: mdp.terminal]
    return lambda states: -float(distance[:, list(states)].min(axis=1).sum())


def _choose(
    problem: Explicable,
    goals: tuple[int, ...],
    free: Sequence[int],
    budget: int,
    dear: Callable[[tuple[int, ...]], float] | None,
) -> tuple[list[Step], Solved]:
    """Add states one by one, each the best (the lowest id among equals); all at once if allowed."""
    states, polytope = goals, problem.polytope
    solved = problem.solve(polytope.columns(states))
    history = [Step(solved.objective, states)]
    if budget == len(free) and budget > 0:
        states = (*states, *free)
        solved = problem.solve(polytope.columns(states))
        return [*history, Step(solved.objective, states)], solved
    for _ in range(budget):
        tried: dict[bytes, Solved] = {solved.columns.tobytes(): solved}
        ranked: list[tuple[float, float, int]] = []
        left = [z for z in free if z not in states]
        for z in left if dear else _promising(problem, solved, left):
            columns = polytope.columns((*states, z))
            key = columns.tobytes()
            tried[key] = tried[key] if key in tried else problem.solve(columns)
            loss = tried[key].objective - (dear((*states, z)) if dear else 0.0)
            ranked.append((tried[key].shortage, loss, z))
        states = (*states, min(ranked)[2])
        solved = tried[polytope.columns(states).tobytes()]
        history.append(Step(solved.objective, states))
    return history, solved


def _promising(problem: Explicable, solved: Solved, free: list[int]) -> list[int]:
    """Leave out, in a large problem, candidates whose rewards have small reduced costs."""
    polytope = problem.polytope
    if polytope.features.shape[1] <= PRUNE_ABOVE:
        return free
    reduced = np.abs(_reduced(problem, solved))
    value = [-reduced[polytope.columns((z,))].sum() for z in free]
    kept = np.argsort(value, kind="stable")[:PRUNE_TO]
    return [free[i] for i in sorted(kept)]


def _reduced(problem: Explicable, solved: Solved) -> npt.NDArray[np.float64]:
    """Return (d,) each weight's reduced cost: in loss or, where none fit, in what is missed."""
    polytope, loss = problem.polytope, problem.loss
    m = len(polytope.required)
    if solved.point is None:
        return polytope.elastic(solved.columns).duals[:m] @ polytope.margins
    duals = solved.point.duals[-loss.gaps[..., 0].size :]
    price = duals @ loss.gaps.reshape(len(duals), -1) @ polytope.features
    return price + solved.point.duals[:m] @ polytope.margins


def _states(mdp: TabularMDP, name: str, states: Iterable[int]) -> tuple[int, ...]:
    """Return states as plain numbers, or say which one does not exist or ends the episode."""
    made = tuple(dict.fromkeys(int(s) for s in states))
    for s in made:
        if not 0 <= s < mdp.terminal:
            raise UsageError(f"{name} holds {s}; states 0 to {mdp.terminal - 1} can be rewarded")
    return made


def _budget(budget: int | None, n_free: int) -> int:
    options.whole("ExpRD", least=0, budget=budget)
    return n_free if budget is None else min(int(budget), n_free)


def _scoring(
    mdp: TabularMDP, score: Score | None, weight: float
) -> Callable[[tuple[int, ...]], float] | None:
    """Return λ·D of a set of states, if there is one."""
    options.finite("ExpRD", score_weight=weight)
    if score is None or weight == 0.0:
        return None
    if callable(score):
        return lambda states: weight * _finite_score(score(states), states)
    points = np.asarray(score, dtype=np.float64)
    if points.shape != (len(mdp.R),):
        raise UsageError(f"score has shape {points.shape}; give one number per state: {len(mdp.R)}")
    if not np.isfinite(points).all():
        at = int(np.flatnonzero(~np.isfinite(points))[0])
        raise UsageError(f"score is {points[at]} at state {at}; give finite numbers")
    return lambda states: weight * float(points[list(states)].sum())


def _finite_score(value: float, states: tuple[int, ...]) -> float:
    if not np.isfinite(value):
        raise UsageError(f"score of the states {states} is {value}; give finite numbers")
    return float(value)
