"""ROOM: four rooms of a 7×7 grid, from the lower left to the upper right.

State s = 7y + x with y upwards; actions up, left, down, right. A wall between y = 2 and 3 is open
at x = 1 and 5, a wall between x = 2 and 3 at y = 1 and 5. The start is (1, 1), the goal (6, 6);
state 49 is terminal.
"""

from __future__ import annotations

import numpy as np

from rewardlab.envs.tabular.mdp import Array, TabularMDP
from rewardlab.envs.tabular.moves import clean, mixed, with_distractor

SIDE = 7
START, GOAL, TERMINAL = 8, 48, 49
GATE_STATES = (15, 19, 9, 37)
"""Lower or left cell of each opening: (1, 2), (5, 2), (2, 1), (2, 5)."""

UP, LEFT, DOWN, RIGHT = range(4)
_STEPS = ((0, 1), (-1, 0), (0, -1), (1, 0))
_OPEN = (1, 5)


def room_2021(*, goal_down: int) -> TabularMDP:
    """ROOM of ExpRD (NeurIPS 2021): a tenth of the moves ends at another neighbour."""
    noise = 0.1
    moves = _with_ends(_moves(), goal_down, up=TERMINAL, right=TERMINAL)
    transitions = np.zeros((TERMINAL + 1, TERMINAL + 1, 4))
    transitions[TERMINAL, TERMINAL] = 1.0
    for s in range(TERMINAL):
        neighbours = sorted(set(moves[s]) - {s})
        for a, target in enumerate(moves[s]):
            others = [z for z in neighbours if z != target]
            transitions[s, target, a] += 1 - noise
            transitions[s, others, a] += noise / len(others)
    return _room("room-2021", transitions, gamma=0.95, horizon=51, pay=10.0)


def room_2022(*, goal_down: int, distractor: bool = False) -> TabularMDP:
    """ROOM of ExploRS (NeurIPS 2022): the goal pays 1 in each step and does not end the episode.

    Args:
        goal_down: Where "down" leads at the goal.
        distractor: ROOM⁺, where moving up next to the lower left corner pays .01.
    """
    moves = _with_ends(_moves(), goal_down, up=GOAL, right=GOAL)
    transitions = mixed(clean(moves), 0.05)
    mdp = _room("room-2022", transitions, gamma=0.99, horizon=30, pay=1.0)
    return with_distractor(mdp, 1, UP) if distractor else mdp


def room_2024(*, goal_down: int) -> TabularMDP:
    """ROOM of ExpAdaRD (AAMAS 2024): one move in twenty is a random one, not at the two ends."""
    exact = clean(_with_ends(_moves(), goal_down, up=GOAL, right=TERMINAL))
    transitions = mixed(exact, 0.05)
    transitions[[0, GOAL]] = exact[[0, GOAL]]
    return _room("room-2024", transitions, gamma=0.95, horizon=30, pay=10.0)


def _moves() -> list[list[int]]:
    """Return where each action leads from each cell; a wall keeps one where one is."""
    return [[_target(s % SIDE, s // SIDE, *step) for step in _STEPS] for s in range(SIDE**2)]


def _target(x: int, y: int, dx: int, dy: int) -> int:
    to_x, to_y = x + dx, y + dy
    inside = 0 <= to_x < SIDE and 0 <= to_y < SIDE
    wall = ({x, to_x} == {2, 3} and y not in _OPEN) or ({y, to_y} == {2, 3} and x not in _OPEN)
    return SIDE * to_y + to_x if inside and not wall else SIDE * y + x


def _with_ends(moves: list[list[int]], goal_down: int, *, up: int, right: int) -> list[list[int]]:
    moves[0] = [7, TERMINAL, TERMINAL, 1]
    moves[GOAL] = [up, GOAL - 1, goal_down, right]
    return moves


def _room(name: str, transitions: Array, *, gamma: float, horizon: int, pay: float) -> TabularMDP:
    reward = np.zeros((TERMINAL + 1, 4))
    reward[GOAL, RIGHT] = pay
    initial = np.eye(TERMINAL + 1)[START]
    return TabularMDP(
        transitions,
        reward,
        gamma,
        initial,
        horizon,
        goal_states=(GOAL,),
        r_max=pay,
        name=name,
        gate_states=GATE_STATES,
    )
