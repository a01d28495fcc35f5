"""Exact answers for a `TabularMDP`: optimal values, values of policies, returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rewardlab.envs.tabular.mdp import Array, TabularMDP
from rewardlab.errors import ConfigError

Mask = npt.NDArray[np.bool_]


class Values(NamedTuple):
    """Values of a policy.

    Attributes:
        Q: `(S, A)` discounted return of an action and the policy from then on.
        V: `(S,)` discounted return of the policy.
    """

    Q: Array
    V: Array


def value_iteration(mdp: TabularMDP, *, tol: float = 1e-10) -> Values:
    """Return the optimal values.

    Iterates V <- max_a (R + gamma T V) until no value changes by more than `tol`, then evaluates
    the greedy policy exactly, so that actions that are equally good are so to rounding.
    """
    step, v = _backup(mdp), np.zeros(mdp.n_states)
    while True:
        q = step(v)
        new = q.max(axis=1)
        if np.abs(new - v).max() <= tol:
            q = evaluate(mdp, greedy(q)).Q
            return Values(q, q.max(axis=1))
        v = new


def evaluate(mdp: TabularMDP, policy: Array, *, reward: Array | None = None) -> Values:
    """Return the values of `policy (S, A)`, by a linear solve.

    Args:
        mdp: Where it acts.
        policy: Probabilities of the actions in each state.
        reward: `(S, A)` paid instead of `mdp.R`.
    """
    paid = _reward(mdp, reward)
    onward = transitions(mdp, policy)
    identity = np.eye(mdp.n_states)
    v = np.linalg.solve(identity - mdp.gamma * onward, (policy * paid).sum(axis=1))
    q = paid + mdp.gamma * np.einsum("sza,z->sa", mdp.T, v)
    return Values(q, v)


def expected_return(
    mdp: TabularMDP, policy: Array, *, reward: Array | None = None, horizon: int | None = None
) -> float:
    """Return J, the expected discounted return of `policy (S, A)` from the initial states.

    Args:
        mdp: Where it acts.
        policy: Probabilities of the actions in each state.
        reward: `(S, A)` paid instead of `mdp.R`.
        horizon: Steps that count; all if not given.
    """
    if horizon is None:
        return float(mdp.initial @ evaluate(mdp, policy, reward=reward).V)
    onward = transitions(mdp, policy)
    paid = (policy * _reward(mdp, reward)).sum(axis=1)
    v = np.zeros(mdp.n_states)
    for _ in range(horizon):
        v = paid + mdp.gamma * onward @ v
    return float(mdp.initial @ v)


def optimal_return(mdp: TabularMDP, *, horizon: int | None = None) -> float:
    """Return J*, the largest expected discounted return from the initial states.

    Args:
        mdp: Where to act.
        horizon: Steps that count, with policies that know how many are left; all if not given.
    """
    if horizon is None:
        return float(mdp.initial @ value_iteration(mdp).V)
    step, v = _backup(mdp), np.zeros(mdp.n_states)
    for _ in range(horizon):
        v = step(v).max(axis=1)
    return float(mdp.initial @ v)


def greedy(q: Array) -> Array:
    """Return the policy `(S, A)` that takes the best action of `q (S, A)`, of equals the first."""
    policy: Array = np.eye(q.shape[1])[q.argmax(axis=1)]
    return policy


def transitions(mdp: TabularMDP, policy: Array) -> Array:
    """Return the probabilities `(S, S)` of going from s to s' in one step of `policy (S, A)`."""
    if np.shape(policy) != mdp.R.shape:
        raise ConfigError(f"the policy has shape {np.shape(policy)}: give {mdp.R.shape}")
    onward: Array = np.einsum("sza,sa->sz", mdp.T, policy)
    return onward


def reachable(mdp: TabularMDP) -> Mask:
    """Return whether some policy may visit a state, `(S,)`."""
    edges = mdp.T.sum(axis=2) > 0
    reached, further = np.zeros(mdp.n_states, bool), mdp.initial > 0
    while further.any():
        reached |= further
        further = edges[further].any(axis=0) & ~reached
    return reached


def _reward(mdp: TabularMDP, reward: Array | None) -> Array:
    if reward is None:
        return mdp.R
    if np.shape(reward) != mdp.R.shape:
        raise ConfigError(f"the reward has shape {np.shape(reward)}: give {mdp.R.shape}")
    return reward


def _backup(mdp: TabularMDP) -> Callable[[Array], Array]:
    """Return the map V -> Q = R + gamma T V, with T laid out once so that each is one product."""
    rows = mdp.gamma * mdp.T.transpose(0, 2, 1).reshape(mdp.R.size, mdp.n_states)
    return lambda v: mdp.R + (rows @ v).reshape(mdp.R.shape)
