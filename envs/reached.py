"""What it takes that a task is nearly done: no random action gets there, but rewards must."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

from rewardlab.envs.scene import Array
from rewardlab.envs.varying import GRASPS, grasps
from rewardlab.program.schema import Schema, Slot

Change: TypeAlias = list[tuple[Slot, Any]]
"""What to write where in a scene."""


def reached(base: Array, schema: Schema, points: dict[str, Slot]) -> Iterator[tuple[str, Change]]:
    """Yield changes of a scene that put things where they belong, with their names.

    Args:
        base: The row that is to be changed.
        schema: Its scene.
        points: Where positions stand, by path.
    """
    yield from _put(base, schema, points)
    yield from _turned(base, schema)


def _put(base: Array, schema: Schema, points: dict[str, Slot]) -> Iterator[tuple[str, Change]]:
    """Yield what it takes that a thing is held by the hand, or lies, where another point is."""
    hand = [slot for path, slot in points.items() if path.startswith("robot.")]
    for path, grasp in grasps(schema).items():
        thing = path.rpartition(".")[0]
        for other, place in points.items():
            if f"{thing}.pose.p" in points and not other.startswith((f"{thing}.", "robot.")):
                where = base[place.start : place.stop]
                there = [(points[f"{thing}.pose.p"], where)]
                held = [(slot, where) for slot in hand]
                yield f"{thing} held at {other}", [*there, *held, (grasp, GRASPS["grasped"])]
                yield f"{thing} lies at {other}", [*there, (grasp, GRASPS["not touched"])]


def _turned(base: Array, schema: Schema) -> Iterator[tuple[str, Change]]:
    """Yield what it takes that a number is what another one, called its target, wants, and more."""
    for path, slot in schema.described.items():
        if ".target_" in path and path.replace(".target_", ".") in schema.layout:
            name = path.replace(".target_", ".")
            goal = base[slot.start : slot.stop]
            yield f"{name} at its target", [(schema.layout[name], goal)]
            yield f"{name} beyond its target", [(schema.layout[name], goal + 0.1 * np.abs(goal))]
