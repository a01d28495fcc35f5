"""The published MDPs by name, one for each version: `mdp("room-2021")`."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

from rewardlab.config import check_keys
from rewardlab.envs.tabular import chain, linek, rooms
from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.errors import ConfigError, UnknownName

PUBLISHED: dict[str, Callable[..., TabularMDP]] = {
    "room-2021": rooms.room_2021,
    "room-2022": rooms.room_2022,
    "room-2024": rooms.room_2024,
    "linek-2021": linek.linek_2021,
    "linek-2021-ground": linek.linek_2021_ground,
    "linek-2022": linek.linek_2022,
    "linek-2024": linek.linek_2024,
    "chain-2022": chain.chain_2022,
}
"""Names, each with the year of the paper whose noise, goal and horizon it has."""


def mdp(name: str, *, goal_down: int = 42, **switches: Any) -> TabularMDP:
    """Return a published MDP.

    Args:
        name: One of `PUBLISHED`.
        goal_down: Where "down" leads at the goal of a room: 42, the slip of all published codes
            (index -8 of 50 states), or 41, the cell below it. Other MDPs do not have it.
        **switches: Of that MDP, e.g. `distractor=True` for `room-2022`.

    Raises:
        UnknownName: No such MDP; names the closest.
        ConfigError: It has no such switch, or refuses its value.
    """
    if name not in PUBLISHED:
        raise UnknownName("mdp", name, PUBLISHED)
    if goal_down not in (41, 42):
        raise ConfigError(f"goal_down={goal_down!r}: give 42 (as published) or 41 (repaired)")
    build = PUBLISHED[name]
    known = [p for p in signature(build).parameters if p != "goal_down"]
    check_keys(switches, known, f"switches of {name}")
    if "goal_down" in signature(build).parameters:
        switches["goal_down"] = goal_down
    return build(**switches)
