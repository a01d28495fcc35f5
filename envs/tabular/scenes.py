"""What reward programs see of the published MDPs: a few numbers for each state."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rewardlab.envs.scene import Array, Scene, field
from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.envs.tabular.rooms import SIDE


class RoomScene(Scene):
    """Four rooms on a grid of 7×7 cells of 1 m, where x and y are whole numbers.

    There are walls between y = 2 and 3, open at x = 1 and 5, and between x = 2 and 3, open at
    y = 1 and 5.
    """

    x: float = field("cells from the left", unit="m", low=0.0, high=6.0)
    y: float = field("cells from below", unit="m", low=0.0, high=6.0)
    ended: bool = field("whether the episode has ended; x and y are then 0")


class LineScene(Scene):
    """A line of 1 m with a key at its left end and the goal at its right end."""

    place: float = field("0 at the left end, 1 at the right end", unit="m", low=0.0, high=1.0)
    has_key: bool = field("whether a key is held")
    has_right_key: bool = field("whether it is the one that is needed at the goal")
    ended: bool = field("whether the episode has ended; all else is then 0")


class ChainScene(Scene):
    """A chain of places 1 m apart, the goal at its right end."""

    place: float = field("from the left end", unit="m", low=0.0)
    ended: bool = field("whether the episode has ended; place is then 0")


class Seen(NamedTuple):
    """How the states of an MDP are seen.

    Attributes:
        scene: The class of the scene.
        rows: `(S, size)` scene of each state.
    """

    scene: type[Scene]
    rows: Array


def seen(mdp: TabularMDP) -> Seen:
    """Return how the states of a published MDP are seen."""
    s = np.arange(mdp.terminal)
    ended = np.zeros(mdp.terminal)
    family = mdp.name.partition("-")[0]
    if family == "room":
        return Seen(RoomScene, _closed(s % SIDE, s // SIDE, ended))
    if family == "chain":
        return Seen(ChainScene, _closed(s, ended))
    n_keys = 3 if mdp.name == "linek-2022" else 2
    n_places = mdp.terminal // n_keys
    place, key = (s % n_places) / (n_places - 1), s // n_places
    return Seen(LineScene, _closed(place, key > 0, key == 1, ended))


def _closed(*columns: npt.NDArray[Any]) -> Array:
    """Return the columns as rows, and one for the terminal state."""
    rows = np.stack(columns, axis=1).astype(np.float64)
    return np.vstack([rows, [0.0] * (len(columns) - 1) + [1.0]])
