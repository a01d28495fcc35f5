"""How the states of finite MDPs lie on paper: grids with walls, lines, or a plain table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from rewardlab.envs.tabular import TabularMDP
from rewardlab.envs.tabular.rooms import SIDE

Segment = tuple[tuple[float, float], tuple[float, float]]

ARROWS = {"up": "↑", "down": "↓", "left": "←", "right": "→"}


class Layout(NamedTuple):
    """Where states are drawn.

    Attributes:
        cell: `(S,)` cell of each state, -1 for one that is not drawn; row by row from the top.
            States that share a cell are averaged.
        rows: Of cells.
        columns: Of cells.
        actions: Names.
        walls: Segments in units of cells, from the upper left corner.
        marks: Letters in cells.
        row_names: Of the lines, where each row is a line of its own.
        clip: Largest magnitude that colours tell apart.
    """

    cell: npt.NDArray[np.int64]
    rows: int
    columns: int
    actions: tuple[str, ...]
    walls: tuple[Segment, ...] = ()
    marks: Mapping[int, str] = MappingProxyType({})
    row_names: tuple[str, ...] = ()
    clip: float | None = None

    @property
    def is_line(self) -> bool:
        """Whether rows are lines, drawn as bars, rather than a grid."""
        return bool(self.row_names)


def layout(mdp: TabularMDP) -> Layout:
    """Return how an MDP is drawn: published ones and toy text by their maps."""
    family = mdp.name.partition("-")[0]
    if family == "room":
        return _room(mdp)
    if family in ("linek", "chain"):
        return _line(mdp, family)
    for name, make in (("FrozenLake", _lake), ("CliffWalking", _cliff), ("Taxi", _taxi)):
        if mdp.name.startswith(name):
            return make(mdp)
    cells = np.append(np.arange(mdp.terminal), -1)
    return Layout(cells, 1, mdp.terminal, _numbered(mdp), row_names=("state",))


def _room(mdp: TabularMDP) -> Layout:
    s = np.arange(mdp.terminal)
    cell = np.append((SIDE - 1 - s // SIDE) * SIDE + s % SIDE, -1)
    openings = (1, 5)
    walls: list[Segment] = []
    for i in range(SIDE):
        if i not in openings:
            walls.append(((3.0, SIDE - 1.0 - i), (3.0, SIDE - float(i))))
            walls.append(((float(i), SIDE - 3.0), (i + 1.0, SIDE - 3.0)))
    marks = {int(cell[mdp.initial.argmax()]): "S", **{int(cell[g]): "G" for g in mdp.goal_states}}
    actions = ("up", "left", "down", "right")
    return Layout(cell, SIDE, SIDE, actions, tuple(walls), marks, clip=4.0)


def _line(mdp: TabularMDP, family: str) -> Layout:
    keys = {"linek-2022": ("no key", "the key", "a wrong key"), "chain": ("",)}
    names = keys.get(mdp.name, keys.get(family, ("no key", "with the key")))
    n = mdp.terminal // len(names)
    cell = np.append(np.arange(mdp.terminal), -1)
    actions: tuple[str, ...] = ("left", "right", "pick", "pick a wrong one")
    names = tuple(name or "place" for name in names)
    clip = 3.0 if family == "linek" else None
    return Layout(cell, len(names), n, actions[: mdp.n_actions], row_names=names, clip=clip)


def _cliff(mdp: TabularMDP) -> Layout:
    marks = {36: "S", 47: "G", **dict.fromkeys(range(37, 47), "C")}
    actions = ("up", "right", "down", "left")
    return Layout(np.append(np.arange(mdp.terminal), -1), 4, 12, actions, marks=marks)


def _lake(mdp: TabularMDP) -> Layout:
    """Return a square; with letters where the map is the environment's own."""
    bare: Any = gym.make(mdp.name).unwrapped
    letters = [letter.decode() for row in bare.desc for letter in row]
    marks = {i: letter for i, letter in enumerate(letters) if letter != "F"}
    ends = set(np.flatnonzero(mdp.T[: mdp.terminal, mdp.terminal].min(axis=1) == 1).tolist())
    if {i for i, letter in marks.items() if letter in "HG"} != ends:
        marks = {int(mdp.initial.argmax()): "S"}
    side = math.isqrt(mdp.terminal)
    shape = (side, side) if side**2 == mdp.terminal else (1, mdp.terminal)
    cells = np.append(np.arange(mdp.terminal), -1)
    return Layout(cells, *shape, ("left", "down", "right", "up"), marks=marks)


def _taxi(mdp: TabularMDP) -> Layout:
    s = np.arange(mdp.terminal)
    marks = {0: "R", 4: "G", 20: "Y", 23: "B"}
    actions = ("down", "up", "right", "left", "pick up", "drop off")
    walls: tuple[Segment, ...] = (
        ((2.0, 0.0), (2.0, 2.0)),
        ((1.0, 3.0), (1.0, 5.0)),
        ((3.0, 3.0), (3.0, 5.0)),
    )
    return Layout(np.append(s // 20, -1), 5, 5, actions, walls, marks)


def _numbered(mdp: TabularMDP) -> tuple[str, ...]:
    return tuple(f"action {a}" for a in range(mdp.n_actions))
