"""Gymnasium's toy-text environments (FrozenLake, Taxi, CliffWalking) as a `TabularMDP`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np

from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.envs.tabular.solve import Mask, reachable
from rewardlab.errors import UsageError


def from_toy_text(env: gym.Env[Any, Any], *, gamma: float = 0.99) -> TabularMDP:
    """Return the MDP of an environment that exposes `P[s][a]` and `initial_state_distrib`.

    States keep their numbers, and one is appended: the terminal state, into which every transition
    leads that ends an episode. Rewards are expected ones, R[s, a] = sum_p p r. The goal states are
    those from which an episode may end at its best. The horizon is the environment's own limit.

    Args:
        env: Any environment around one such, e.g. `gymnasium.make("FrozenLake-v1")`.
        gamma: Discount, which these environments leave open.

    Raises:
        UsageError: The environment does not expose them, or `P` is malformed.
        ConfigError: A row of `P` is no distribution; names the row and its sum.
    """
    bare: Any = env.unwrapped
    initial = getattr(bare, "initial_state_distrib", None)
    if not hasattr(bare, "P") or initial is None:
        raise UsageError(
            f"{type(bare).__name__} does not expose P[s][a] and initial_state_distrib; "
            "FrozenLake, Taxi and CliffWalking of gymnasium do"
        )
    n_states, n_actions = len(bare.P), len(bare.P[0])
    transitions = np.zeros((n_states + 1, n_states + 1, n_actions))
    transitions[-1, -1] = 1.0
    reward = np.zeros((n_states + 1, n_actions))
    ends = []
    for entry in _entries(bare.P, n_states, n_actions):
        to = n_states if entry.ends else entry.to
        transitions[entry.s, to, entry.a] += entry.probability
        reward[entry.s, entry.a] += entry.probability * entry.reward
        if entry.ends and entry.probability > 0:
            ends.append(entry)
    made = TabularMDP(
        transitions,
        reward,
        gamma,
        np.append(initial, 0.0),
        env.spec.max_episode_steps if env.spec else None,
        name=env.spec.id if env.spec else type(bare).__name__,
    )
    return replace(made, goal_states=_goals(ends, reachable(made)))


class _Entry(NamedTuple):
    """One entry of `P[s][a]`."""

    s: int
    a: int
    probability: float
    to: int
    reward: float
    ends: bool


def _entries(table: Any, n_states: int, n_actions: int) -> Iterator[_Entry]:
    for s in range(n_states):
        for a in range(n_actions):
            try:
                for probability, to, reward, ends in table[s][a]:
                    entry = _Entry(s, a, float(probability), int(to), float(reward), bool(ends))
                    if not 0 <= entry.to < n_states:
                        raise ValueError(f"state {to} is not one of 0 to {n_states - 1}")
                    yield entry
            except (KeyError, IndexError, TypeError, ValueError) as error:
                raise UsageError(
                    f"P[{s}][{a}] is no list of (probability, state, reward, terminated): {error!r}"
                ) from error


def _goals(ends: list[_Entry], reached: Mask) -> tuple[int, ...]:
    ends = [entry for entry in ends if reached[entry.s]]
    best = max((entry.reward for entry in ends), default=0.0)
    return tuple(sorted({entry.s for entry in ends if entry.reward == best}))
