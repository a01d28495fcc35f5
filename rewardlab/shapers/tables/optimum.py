"""What is exactly known about a finite MDP: optimal values, gaps and visits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.envs.tabular.solve import evaluate, transitions
from rewardlab.errors import UsageError
from rewardlab.shapers.base import Array

TIE = 1e-10  # values closer than this, relative to the largest, are equal


@dataclass(frozen=True)
class Optimum:
    """The optimal values of an MDP and what follows from them.

    Attributes:
        q: `(S, A)` optimal action values.
        v: `(S,)` optimal values.
        optimal: `(S, A)` whether an action is optimal.
        policy: `(S,)` the first optimal action of each state.
        gap: `(S,)` how much the best non-optimal action loses; 0 where every action is optimal.
    """

    q: Array
    v: Array
    optimal: npt.NDArray[np.bool_]
    policy: npt.NDArray[np.int64]
    gap: Array


def optimum(
    mdp: TabularMDP,
    reward: Array | None = None,
    *,
    tie: float = TIE,
    start: npt.NDArray[np.int64] | None = None,
) -> Optimum:
    """Solve an MDP exactly, by policy iteration.

    Args:
        mdp: The MDP.
        reward: `(S, A)` in place of its own reward.
        tie: Actions that lose less than this (relative to the largest value) are optimal too.
        start: `(S,)` a policy that is thought to be good; the greedy one by default.
    """
    r = mdp.R if reward is None else table(mdp, reward)
    q = _policy_iteration(mdp, r, r.argmax(axis=1) if start is None else start)
    v = q.max(axis=1)
    optimal = q >= v[:, None] - tie * max(1.0, np.abs(v).max())
    losses = np.where(optimal, np.inf, v[:, None] - q).min(axis=1)
    gap = np.where(np.isfinite(losses), losses, 0.0)
    return Optimum(q, v, optimal, optimal.argmax(axis=1), gap)


def _policy_iteration(mdp: TabularMDP, r: Array, policy: npt.NDArray[np.int64]) -> Array:
    rows = np.arange(len(r))
    while True:
        q = evaluate(mdp, one_hot(policy, r.shape[1]), reward=r).Q
        better = q.max(axis=1) > q[rows, policy] + TIE * max(1.0, np.abs(q).max())
        if not better.any():
            return q
        policy = np.where(better, q.argmax(axis=1), policy)


def visits(mdp: TabularMDP, policy: Array) -> Array:
    """Return μ (S,): discounted visits of `policy` (S, A), 0 at the end, summing to 1."""
    chain = mdp.gamma * transitions(mdp, policy)
    mu = np.linalg.solve((np.eye(len(chain)) - chain).T, mdp.initial)
    mu[mdp.terminal] = 0.0
    share: Array = mu / mu.sum()
    return share


def gap_rows(mdp: TabularMDP, policy: npt.NDArray[np.int64], steps: int | None = None) -> Array:
    """Return A (S·A, S·A) with A R = Q_h(s, π(s)) − Q_h(s, a), for any reward R.

    Args:
        mdp: The MDP.
        policy: `(S,)` what is done after the first action.
        steps: How many rewards of the policy follow the first one; `None` is all of them.
    """
    n_states, n_actions = mdp.R.shape
    follow = mdp.gamma * transitions(mdp, one_hot(policy, n_actions))
    eye = np.eye(n_states)
    if steps is None:
        later = np.linalg.inv(eye - follow)
    else:
        later = np.zeros_like(follow)
        for _ in range(steps):
            later = eye + follow @ later
    chosen = np.arange(n_states) * n_actions + policy
    q = np.eye(n_states * n_actions)
    q[:, chosen] += mdp.gamma * successors(mdp) @ later
    gaps: Array = np.repeat(q[chosen], n_actions, axis=0) - q
    return gaps


def successors(mdp: TabularMDP) -> Array:
    """Return T as (S·A, S'), pairs in C order."""
    return mdp.T.transpose(0, 2, 1).reshape(mdp.R.size, -1)


def one_hot(policy: npt.NDArray[np.int64], n_actions: int) -> Array:
    """Return a deterministic policy (S,) as probabilities (S, A)."""
    probabilities: Array = np.eye(n_actions)[policy]
    return probabilities


def table(mdp: TabularMDP, values: npt.ArrayLike, name: str = "reward") -> Array:
    """Return `values` as a table (S, A) of this MDP, or say what is wrong with them."""
    made = np.asarray(values, dtype=np.float64)
    if made.shape != mdp.R.shape:
        raise UsageError(
            f"{name} has shape {made.shape}, this MDP needs (states, actions) = {mdp.R.shape}"
        )
    if not np.isfinite(made).all():
        s, a = np.argwhere(~np.isfinite(made))[0]
        raise UsageError(f"{name} is {made[s, a]} at state {s}, action {a}; it must be finite")
    return made


def stochastic(mdp: TabularMDP, policy: npt.ArrayLike) -> Array:
    """Return `policy` as probabilities (S, A), or say which row does not sum to 1."""
    made = table(mdp, policy, "policy")
    sums = made.sum(axis=1)
    wrong = np.flatnonzero((np.abs(sums - 1.0) > 1e-6) | (made < 0).any(axis=1))
    if len(wrong):
        raise UsageError(
            f"policy row {wrong[0]} is {made[wrong[0]]} with sum {sums[wrong[0]]:.6g}; every row "
            "must be probabilities of that state's actions"
        )
    return made
