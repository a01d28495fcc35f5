"""How far a thing has come: what is measured for a change, and when it is done."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from rewardlab.coders.base import Request
from rewardlab.coders.offline.arm_scene import ArmScene, Thing
from rewardlab.coders.offline.wish import Side

Kind = Literal["place", "spot", "joint", "height", "rest", "rise", "sink", "tip"]


@dataclass(frozen=True)
class Scored:
    """When a task counts as solved: `|axes * (thing - goal)| <= within`.

    Attributes:
        within: Distance [m], or [rad] of a joint.
        axes: Weight of each coordinate.
        stated: Whether the task says so; otherwise these are the composer's own.
    """

    within: float = 0.05
    axes: tuple[float, float, float] = (1.0, 1.0, 1.0)
    stated: bool = False


@dataclass(frozen=True)
class Measure:
    """What is measured.

    Attributes:
        kind: `place` and `spot`: distance to a goal in space or on the ground; `joint`: to its
            target; `height`: to a height; `rest`: down to the table; `rise` and `sink`: height
            gained or lost; `tip`: tilt.
        away: Whether more distance is better.
        names: Further members by role.
        scored: When it is done.
        options: Further options of the plan.
        release: Whether the thing must be let go in the end.
        tool: Whether the first of two things is a tool for the second.
    """

    kind: Kind
    away: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    scored: Scored = field(default_factory=Scored)
    options: Mapping[str, Any] = field(default_factory=dict)
    release: bool = False
    tool: bool = False

    @property
    def endless(self) -> bool:
        """Whether it has no end: the further the better."""
        return self.away or self.kind in ("rise", "sink", "tip")

    @property
    def sinks(self) -> bool:
        """Whether the thing goes down."""
        return self.kind in ("sink", "rest")


SPANS = {"joint": 0.5, "spot": 1.0}
"""How much further away is full pay, by kind; otherwise 0.2 m."""


def choose(
    request: Request,
    arm: ArmScene,
    things: tuple[Thing, ...],
    side: Side,
    wanted: frozenset[str],
    family: str,
) -> Measure | None:
    """Return what measures a wanted change, `None` if nothing does.

    Args:
        request: The request.
        arm: Its scene.
        things: Its things, the one that moves first.
        side: Whether the change is the task's own.
        wanted: The change.
        family: `reach`, `move` or `carry`.
    """
    if "tip" in wanted:
        return _made("tip", up=things[0].path) if things and things[0].turns else None
    if side == "own" or family == "reach":
        return _own(request, arm, things, away=side == "against", tool=family == "carry")
    if family == "carry" and wanted & {"up", "down", "release"} and "away" not in wanted:
        return _vertical(arm, up="up" in wanted)
    if side == "against" or "away" in wanted:
        return _own(request, arm, things, away=True, tool=family == "carry")
    return None


def _made(kind: Kind, *, away: bool = False, scored: Scored | None = None, **names: str) -> Measure:
    options = {"kind": kind, "away": away, "span": SPANS.get(kind, 0.2)}
    return Measure(kind, away, names, scored or Scored(), options)


def _own(
    request: Request, arm: ArmScene, things: tuple[Thing, ...], *, away: bool, tool: bool
) -> Measure | None:
    """Return the measure of what the task itself is about."""
    if things and things[0].jointed:
        path = things[0].path
        scored = Scored(0.0, stated=True)
        angle, target = f"{path}.qpos", f"{path}.target_qpos"
        return _made("joint", away=away, scored=scored, angle=angle, target=target)
    if arm.goal == "target_xy":
        scored = Scored(0.15, stated=True)
        return _made("spot", away=away, scored=scored, up=things[0].path if things else "")
    if arm.goal:
        scored = _scored(request.description)
        made = _made("place", away=away, scored=scored)
        return replace(made, tool=tool and len(things) > 1)
    if "goal_height" in arm.members:
        height = "goal_height + self.cube_half_size"
        scored = Scored(0.0, stated=True)
        return _vertical(arm, up=False) if away else _made("height", scored=scored, goal_z=height)
    if len(things) > 1:
        return _vertical(arm, up=False) if away else _stack(things[1])
    return None


def _stack(base: Thing) -> Measure:
    goal = f"{base.where} + np.array((0.0, 0.0, 2.0 * self.cube_half_size))"
    made = _made("place", scored=Scored(0.02), goal=goal)
    return replace(made, release=True)


def _vertical(arm: ArmScene, *, up: bool) -> Measure:
    if up or "cube_half_size" not in arm.members:
        return _made("rise" if up else "sink")
    rest = f"cube_half_size + {arm.table:g}" if arm.table else "cube_half_size"
    made = _made("rest", scored=Scored(0.01), rest_z=rest)
    return replace(made, release=True)


def _scored(text: str) -> Scored:
    """Find in a task's description when it counts as solved."""
    number = r"(\d+\.?\d*)"
    if found := re.search(rf"abs\(obj1\.position\[(\d)\] - \S+\) <= {number}", text):
        x, y, z = (float(i == int(found.group(1))) for i in range(3))
        return Scored(float(found.group(2)), (x, y, z), True)
    if found := re.search(rf"obj1\.position\[:2\] to goal_position\[:2\] <= {number}", text):
        return Scored(float(found.group(1)), (1.0, 1.0, 0.0), True)
    if found := re.search(rf"obj1\.position to goal_position <= {number}", text):
        return Scored(float(found.group(1)), (1.0, 1.0, 1.0), True)
    if found := re.search(rf"goal_position (?:less than|at most|<=) {number}", text):
        return Scored(float(found.group(1)), (1.0, 1.0, 1.0), True)
    return Scored()


def ways(arm: ArmScene) -> str:
    """Return where the things of a scene can go, for a message."""
    if any(thing.jointed for thing in arm.things):
        return "to the target of its joint or away from it (open, close, on, off)"
    free = "to the goal or away from it" if arm.goal else "onto another or off it"
    return f"{free}, up or down in the hand" if arm.openness and arm.grips else free
