"""Policies that solve the Fetch tasks.

The puck of slide is hit once with a speed that fits the distance: that solves most episodes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from rewardlab.envs.scene import Array
from scripted.plan import CLOSED, OPEN, UP, Plan

GAIN = 16.0
"""Action per metre of the way left [1/m]."""

BEHIND, TOUCHING = 0.07, 0.04
"""From the hand to the middle of what it is about to push, or pushes [m]."""

SLIDING, FASTEST = 0.98, 0.75
"""How fast a puck slows down [m/s^2], how fast the hand moves at 1 [m/s]."""


def _reach(env: Any) -> Plan:
    while True:
        yield _towards(env, env.goal, CLOSED)


def _push(env: Any) -> Plan:
    """Go behind the block as seen from the goal and push it there; begin anew where it got lost."""
    while True:
        way = _way(env)
        yield from _go_behind(env, _thing(env) - BEHIND * way)
        while (_thing(env) - _tool(env)) @ way > 0.5 * TOUCHING:
            yield _towards(env, env.goal - TOUCHING * way, CLOSED)


def _go_behind(env: Any, behind: Array) -> Plan:
    x, y, z = _tool(env).tolist()
    yield from _move(env, lambda: np.array([x, y, z + 0.08]), within=0.03)
    yield from _move(env, lambda: behind + 0.08 * UP, within=0.02)
    yield from _move(env, lambda: behind, within=0.015)


def _slide(env: Any) -> Plan:
    """Hit the puck: it loses its speed to friction, v^2 = 2 mu g s."""
    way = _way(env)
    yield from _go_behind(env, _thing(env) - 0.12 * way)
    while (_thing(env) - _tool(env)) @ way > 0.02 and _left(env) > 0.05:
        way, needed = _way(env), math.sqrt(2.0 * SLIDING * _left(env))
        if env.data.body("object0").cvel[3:] @ way > needed:
            break
        aside = _thing(env) - _tool(env)
        aside -= (aside @ way) * way
        yield _action(needed / FASTEST * way + GAIN * aside * (1, 1, 0), CLOSED)
    while True:
        yield _action(-0.5 * way, CLOSED)


def _pick(env: Any) -> Plan:
    yield from _move(env, lambda: _thing(env) + 0.08 * UP, OPEN, within=0.02)
    yield from _move(env, lambda: _thing(env), OPEN, within=0.01)
    for _ in range(4):
        yield np.array([0.0, 0.0, 0.0, CLOSED])
    while True:
        yield _towards(env, env.goal + _tool(env) - _thing(env), CLOSED)


def _move(env: Any, where: Callable[[], Array], gripper: float = CLOSED, *, within: float) -> Plan:
    """Move the hand to a point until it is near enough or 25 steps are over."""
    for _ in range(25):
        target = where()
        if math.dist(target, _tool(env)) < within:
            return
        yield _towards(env, target, gripper)


def _towards(env: Any, target: Any, gripper: float) -> Array:
    return _action(GAIN * (np.asarray(target) - _tool(env)), gripper)


def _action(move: Array, gripper: float) -> Array:
    return np.array([*np.clip(move, -1.0, 1.0), gripper])


def _tool(env: Any) -> Array:
    tool: Array = env.data.site("robot0:grip").xpos
    return tool


def _thing(env: Any) -> Array:
    thing: Array = env.data.body("object0").xpos
    return thing


def _left(env: Any) -> float:
    return math.dist(env.goal[:2], _thing(env)[:2])


def _way(env: Any) -> Array:
    """Return the direction from what is moved to the goal, level."""
    way = env.goal - _thing(env)
    way[2] = 0.0
    unit: Array = way / max(float(np.linalg.norm(way)), 1e-6)
    return unit


PLANS: dict[str, Callable[[Any], Plan]] = {
    "reach": _reach,
    "push": _push,
    "slide": _slide,
    "pick-and-place": _pick,
}
