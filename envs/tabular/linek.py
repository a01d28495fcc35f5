"""LINEK: a line with a key at its left end, which is needed for the reward at its right end.

One walks left to fetch the key and then all the way right. Actions: left, right, pick. State
s = place + (places)·key, the last state is terminal.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rewardlab.envs.tabular.mdp import Array, TabularMDP

LEFT, RIGHT, PICK, PICK_WRONG = range(4)

POSITIONS = 100
"""Of the fine grid: place i is x = .005 + .01 i."""

CELLS = 20
"""Of the abstract line: five positions each."""


def linek_2021_ground() -> TabularMDP:
    """LINEK of ExpRD (NeurIPS 2021) on its grid of 100 positions, moved by 7 or 8 at a time."""
    moves = _line(POSITIONS, range(9, 20), jumps=(7, 8))
    transitions = _noisy(moves)
    goal = np.arange(90, POSITIONS)
    for s in (*goal, *(goal + POSITIONS)):
        transitions[s, :, RIGHT] = 0.0
        transitions[s, -1, RIGHT] = 1.0
    return _line_2021("linek-2021-ground", transitions, goal + POSITIONS, start=[49])


def linek_2021() -> TabularMDP:
    """The abstract LINEK of ExpRD, on whose 20 cells its rewards are designed."""
    moves = _line(CELLS, (2, 3), jumps=(1, 2))
    goal = np.array([18, 19])
    for s in (*goal, *(goal + CELLS)):
        moves[s, :, RIGHT] = 0.0
        moves[s, -1, RIGHT] = 1.0
    transitions = _noisy(moves)
    for s in (*goal, *(goal + CELLS)):
        transitions[s, :, RIGHT] = moves[s, :, RIGHT]
    return _line_2021("linek-2021", transitions, goal + CELLS, start=[10, 11])


def linek_2021_cells() -> npt.NDArray[np.int64]:
    """Return the abstract state `(201,)` of each ground state of LINEK-2021."""
    cell = np.arange(POSITIONS) // (POSITIONS // CELLS)
    return np.concatenate([cell, cell + CELLS, [2 * CELLS]])


def linek_2022(*, distractor: bool = False) -> TabularMDP:
    """LINEK of ExploRS (NeurIPS 2022), snapped to the grid of 100 positions: for exact values.

    The environment itself is continuous: `rewardlab/Linek-2022-v0`. Here a key is none, the right
    one or a wrong one (`s = i + 100·key`), since the nine wrong ones lead to the same.

    Args:
        distractor: Without the right key, moving right at the goal pays .01 instead of 0.
    """
    n, goal = POSITIONS, np.arange(90, POSITIONS)
    moves = np.zeros((3 * n + 1, 3 * n + 1, 4))
    moves[-1, -1] = 1.0
    for key in range(3):
        part = slice(key * n, (key + 1) * n)
        moves[part, part, :2] = _walk(n, (7, 8))
        moves[part, part, 2:] = np.eye(n)[:, :, None]
    for i in range(10):
        moves[i, [i, i], [PICK, PICK_WRONG]] = 0.0
        moves[i, [n + i, 2 * n + i], [PICK, PICK_WRONG]] = 1.0
    transitions = moves.copy()
    transitions[:, :, :2] = 0.95 * moves[:, :, :2] + 0.05 * moves[:, :, [RIGHT, LEFT]]
    reward = np.zeros((3 * n + 1, 4))
    reward[goal + n, RIGHT] = 1.0
    if distractor:
        reward[[*goal, *(goal + 2 * n)], RIGHT] = 0.01
    initial = np.zeros(3 * n + 1)
    initial[30:40] = 0.1
    goals = tuple(int(s) for s in goal + n)
    return TabularMDP(
        transitions, reward, 0.99, initial, 61, goal_states=goals, r_max=1.0, name="linek-2022"
    )


def linek_2024(*, pick_teleports: bool = True) -> TabularMDP:
    """LINEK of ExpAdaRD (AAMAS 2024): 10 cells, one at a time, the other way in a tenth.

    Args:
        pick_teleports: The key is picked at cell 1 and one finds oneself at cell 0, as the
            published code has it; `False` stays at cell 1.
    """
    n, last = 10, 20
    moves = _line(n, (1,), jumps=(1,))
    if pick_teleports:
        moves[1, :, PICK] = np.eye(last + 1)[10]
    moves[0, :, LEFT] = np.eye(last + 1)[last]
    moves[19, :, RIGHT] = np.eye(last + 1)[last]
    transitions = moves.copy()
    transitions[:, :, :2] = 0.9 * moves[:, :, :2] + 0.1 * moves[:, :, [RIGHT, LEFT]]
    for s, a in ((0, LEFT), (19, RIGHT)):
        transitions[s, :, a] = moves[s, :, a]
    return _paying("linek-2024", transitions, [19], start=[5], horizon=30)


def _line(n: int, key_at: Any, *, jumps: tuple[int, ...]) -> Array:
    """Return the exact moves `(2n + 1, 2n + 1, 3)` on a line of `n` places, without and with key.

    Args:
        n: Places.
        key_at: Those in which the key can be picked.
        jumps: Places that a step goes, each as likely.
    """
    moves = np.zeros((2 * n + 1, 2 * n + 1, 3))
    moves[-1, -1] = 1.0
    for part in (slice(0, n), slice(n, 2 * n)):
        moves[part, part, :2] = _walk(n, jumps)
        moves[part, part, PICK] = np.eye(n)
    for i in key_at:
        moves[i, [i, n + i], PICK] = (0.0, 1.0)
    return moves


def _walk(n: int, jumps: tuple[int, ...]) -> Array:
    """Return the moves `(n, n, 2)` left and right, which end at the ends of the line."""
    walk = np.zeros((n, n, 2))
    for jump in jumps:
        for i in range(n):
            walk[i, max(i - jump, 0), LEFT] += 1 / len(jumps)
            walk[i, min(i + jump, n - 1), RIGHT] += 1 / len(jumps)
    return walk


def _noisy(moves: Array) -> Array:
    """Return T where each of the two other actions happens in a twentieth of the steps."""
    noisy: Array = 0.85 * moves + 0.05 * moves.sum(axis=2, keepdims=True)
    return noisy


def _line_2021(name: str, transitions: Array, goal: Any, *, start: list[int]) -> TabularMDP:
    return _paying(name, transitions, goal, start=start, horizon=52)


def _paying(
    name: str, transitions: Array, goal: Any, *, start: list[int], horizon: int
) -> TabularMDP:
    """Return the MDP that pays 10 for moving right at the goal with the key."""
    n_states = len(transitions)
    reward = np.zeros((n_states, 3))
    reward[goal, RIGHT] = 10.0
    initial = np.zeros(n_states)
    initial[start] = 1 / len(start)
    goals = tuple(int(s) for s in goal)
    return TabularMDP(
        transitions, reward, 0.95, initial, horizon, goal_states=goals, r_max=10.0, name=name
    )
