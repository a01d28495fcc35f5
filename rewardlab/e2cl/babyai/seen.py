"""What the agent of BabyAI sees: the 7x7 cells before it, and what it carries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rewardlab.e2cl.world import Tried, View

SIDE = 7
TYPES = ("door", "key", "ball", "box")
COLORS = ("blue", "green", "grey", "purple", "red", "yellow")
CLASSES = tuple(f"{color} {kind}" for color in COLORS for kind in TYPES)
N_FEATURES = 2 * SIDE + 8
N_CONTEXT = 4 + len(TYPES) + len(COLORS) + 4 + len(TYPES) + 2 * SIDE * SIDE


class Seen(NamedTuple):
    """An object in the agent's view; `at` (column, row) with the agent at (3, 6) facing row 0."""

    cell: Any
    at: tuple[int, int]


def view(env: Any, words: tuple[str, ...], history: Sequence[Tried]) -> View:
    """Return what the agent sees; an object's id is the number of its cell in the grid."""
    grid, visible = env.gen_obs_grid()
    seen = list(_objects(grid, visible))
    features = np.zeros((len(seen), N_FEATURES), np.float32)
    for row, each in zip(features, seen, strict=True):
        row[:] = _features(each, words, env.carrying)
    names = tuple(f"{each.cell.color} {each.cell.type}" for each in seen)
    return View(
        task="",
        words=words,
        ids=tuple(_number(env, each.at) for each in seen),
        names=names,
        classes=np.array([CLASSES.index(name) for name in names], np.int64),
        features=features,
        context=_context(env, grid, visible),
        history=tuple(history),
    )


def _objects(grid: Any, visible: npt.NDArray[np.bool_]) -> Iterator[Seen]:
    for row in range(SIDE):
        for column in range(SIDE):
            cell = grid.get(column, row)
            if visible[column, row] and cell is not None and cell.type in TYPES:
                yield Seen(cell, (column, row))


def _number(env: Any, at: tuple[int, int]) -> int:
    """Return the number of a cell in the whole grid; the agent's own is what it carries."""
    column, row = at
    place = env.agent_pos + env.dir_vec * (SIDE - 1 - row) + env.right_vec * (column - SIDE // 2)
    return int(place[1]) * int(env.width) + int(place[0])


def _features(seen: Seen, words: tuple[str, ...], carried: Any) -> list[float]:
    cell, (column, row) = seen
    is_door = cell.type == "door"
    state = (
        [float(cell.is_open), float(not cell.is_open), float(cell.is_locked)]
        if is_door
        else [0.0, 0.0, 0.0]
    )
    named = " ".join(words).find(f"{cell.color} {cell.type}")
    mention = [
        float(cell.type in words),
        float(cell.color in words),
        float(named >= 0),
        named / 100 if named >= 0 else 0.0,
    ]
    place = np.eye(SIDE)[column].tolist() + np.eye(SIDE)[row].tolist()
    return [*place, *state, *mention, float(cell is carried)]


def _context(env: Any, grid: Any, visible: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    ahead = grid.get(SIDE // 2, SIDE - 2)
    held = env.carrying
    front = [
        ahead is None,
        ahead is not None and ahead.type == "wall",
        ahead is not None and ahead.type == "door" and ahead.is_open,
        ahead is not None and ahead.type == "door" and ahead.is_locked,
        *(ahead is not None and ahead.type == kind for kind in TYPES),
    ]
    free = np.array(
        [
            [grid.get(i, j) is None or grid.get(i, j).can_overlap() for j in range(SIDE)]
            for i in range(SIDE)
        ]
    )
    return np.concatenate(
        [
            np.eye(4)[env.agent_dir],
            [held is not None and held.type == kind for kind in TYPES],
            [held is not None and held.color == color for color in COLORS],
            front,
            (free & visible).ravel(),
            (~free & visible).ravel(),
        ]
    ).astype(np.float32)
