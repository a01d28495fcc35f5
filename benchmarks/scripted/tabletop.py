"""Policies that solve the tabletop tasks; those that drive stand in `mobile`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from rewardlab.envs.scene import Array
from rewardlab.envs.tabletop.cubes import LiftCube, PickCube, StackCube
from rewardlab.envs.tabletop.faucet import TARGET, TurnFaucet
from rewardlab.envs.tabletop.scene import GOAL_HEIGHT, HALF_SIZE
from scripted import mobile
from scripted.plan import CLOSED, OPEN, UP, Plan

GAIN = 25.0
"""Action per metre of the way left [1/m]: a step covers about a third of what is asked."""

TURN_GAIN = 15.0
"""Action per radian of the turn left."""

CLEAR = 0.1
"""How far above a cube the hand travels [m]."""


def _lift(env: LiftCube) -> Plan:
    yield from _grasp(env)
    x, y, _ = env.cube.tolist()
    while True:
        yield _towards(env, (x, y, GOAL_HEIGHT + 0.05), CLOSED)


def _pick(env: PickCube) -> Plan:
    yield from _grasp(env)
    while True:
        yield _towards(env, env.goal + env.tool - env.cube, CLOSED)


def _stack(env: StackCube) -> Plan:
    yield from _grasp(env)
    over = env.base + 2 * HALF_SIZE * UP
    high = over + CLEAR * UP
    x, y, _ = env.cube.tolist()
    yield from _reach(env, lambda: (x, y, high[2]), CLOSED)
    yield from _reach(env, lambda: high + env.tool - env.cube, CLOSED, within=0.004)
    yield from _reach(env, lambda: over + env.tool - env.cube, CLOSED, within=0.003)
    for _ in range(8):
        yield _action(np.zeros(3), 0.0, OPEN)
    up = env.tool + CLEAR * UP
    while True:
        yield _towards(env, up, OPEN)


def _turn(env: TurnFaucet) -> Plan:
    """Push the lever from behind its side, the gripper closed."""

    def behind(by: float, above: float = 0.0) -> Array:
        axes = _axes(env, "handle")
        beside: Array = env.handle + 0.02 * axes[:, 0] - by * axes[:, 1]
        beside[2] += above
        return beside

    yield from _reach(env, lambda: behind(0.09, 0.08), CLOSED)
    yield from _reach(env, lambda: behind(0.07), CLOSED)
    while env.qpos < TARGET + 0.05:
        yield _towards(env, behind(-0.03), CLOSED)
    while True:
        yield _action(np.zeros(3), 0.0, CLOSED)


def _grasp(env: Any) -> Plan:
    """Take cube A from above, the fingers along its sides."""
    yaw = _yaw(env)
    yield from _reach(env, lambda: env.cube + CLEAR * UP, OPEN, yaw)
    yield from _reach(env, lambda: env.cube, OPEN, yaw, within=0.004)
    for _ in range(4):
        yield _action(np.zeros(3), 0.0, CLOSED)


def _yaw(env: Any) -> Callable[[], float]:
    """Return what is left to turn until the fingers are square to the cube [rad]."""

    def left() -> float:
        cube, hand = _axes(env, "cubeA")[:, 0], _axes(env, "hand")[:, 0]
        angle = math.atan2(cube[1], cube[0]) - math.atan2(hand[1], hand[0])
        quarter = math.pi / 2
        return (angle + quarter / 2) % quarter - quarter / 2

    return left


def _reach(
    env: Any,
    where: Callable[[], Any],
    gripper: float,
    yaw: Callable[[], float] = lambda: 0.0,
    *,
    within: float = 0.01,
) -> Plan:
    """Move the tool to a point, and turn it, until both are near enough or 60 steps are over."""
    for _ in range(60):
        target, turn = where(), yaw()
        if math.dist(target, env.tool) < within and abs(turn) < 0.05:
            return
        yield _towards(env, target, gripper, turn)


def _towards(env: Any, target: Any, gripper: float, turn: float = 0.0) -> Array:
    down = _axes(env, "hand")[:, 2]  # its cross product with (0, 0, -1) brings it upright
    return _action(GAIN * (np.asarray(target) - env.tool), turn, gripper, (-down[1], down[0]))


def _axes(env: Any, body: str) -> Array:
    """Return a body's orientation as a matrix: its axes are the columns."""
    axes: Array = env.data.body(body).xmat.reshape(3, 3)
    return axes


def _action(move: Array, turn: float, gripper: float, tilt: Any = (0.0, 0.0)) -> Array:
    """Return an action `(7,)`: shortened as a whole to [-1, 1], the hand kept upright."""
    move = move / max(1.0, np.abs(move).max())
    rotation = (*(TURN_GAIN * t for t in tilt), TURN_GAIN * turn)
    bounded: Array = np.clip(np.array([*move, *rotation, gripper]), -1.0, 1.0)
    return bounded


PLANS: dict[str, Callable[[Any], Plan]] = {
    "lift-cube": _lift,
    "pick-cube": _pick,
    "stack-cube": _stack,
    "turn-faucet": _turn,
    "open-cabinet-door": mobile.opening,
    "open-cabinet-drawer": mobile.opening,
    "push-chair": mobile.pushing,
}
