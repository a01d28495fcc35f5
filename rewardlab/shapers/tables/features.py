"""Features F of designed rewards R = F w, as published in *Informativeness of Reward Functions*."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.shapers.base import Array

ROOM_SQUARES = ((0, 0), (3, 0), (4, 0), (0, 3), (0, 4), (3, 3), (3, 4), (4, 3), (4, 4))
LINEK_KEY = 1  # the cell with the key


def published(mdp: TabularMDP) -> Array:
    """Return the published features (S·A, d) of an MDP; one for each pair where there are none."""
    if mdp.name.startswith("room-"):
        return room_squares(mdp)
    if mdp.name == "linek-2024":
        return linek_tree(mdp)
    return np.eye(mdp.R.size)


def room_squares(mdp: TabularMDP) -> Array:
    """Return nine overlapping 3×3 squares and the goal, each with every action: (S·A, 40)."""
    x, y = np.arange(mdp.terminal) % 7, np.arange(mdp.terminal) // 7
    squares = [(x >= a) & (x < a + 3) & (y >= b) & (y < b + 3) for a, b in ROOM_SQUARES]
    return per_action(mdp, [*squares, np.isin(np.arange(mdp.terminal), mdp.goal_states)])


def linek_tree(mdp: TabularMDP) -> Array:
    """Return the five leaves of the published tree, each with every action: (S·A, 15).

    The leaves: without the key elsewhere, at the goal (where no state is), at the key; with the
    key before the goal, at the goal.
    """
    s = np.arange(mdp.terminal)
    has_key, at_goal = s >= mdp.terminal // 2, np.isin(s, mdp.goal_states)
    at_key = s == LINEK_KEY
    elsewhere = ~(has_key | at_goal | at_key)
    leaves = [
        elsewhere,
        ~has_key & at_goal & ~at_key,
        at_key,
        has_key & ~at_goal,
        has_key & at_goal,
    ]
    return per_action(mdp, leaves)


def per_action(mdp: TabularMDP, groups: Iterable[npt.ArrayLike]) -> Array:
    """Return a feature for each group of states and each action.

    Args:
        mdp: The MDP.
        groups: Masks `(S − 1,)` over the states before the terminal one.
    """
    masks = np.array([np.append(np.asarray(group, dtype=bool), False) for group in groups])
    return np.kron(masks.T, np.eye(mdp.n_actions))
