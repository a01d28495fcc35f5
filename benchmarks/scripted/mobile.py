"""Policies that solve the mobile tasks.

They drive with the base and lift with the torso; the arms hold their pose. A chair is pushed at
its star by the front of the base.
"""

from __future__ import annotations

from math import atan2, cos, hypot, pi, sin
from typing import Any

import numpy as np

from rewardlab.envs.scene import Array
from rewardlab.envs.tabletop.drive import N_BASE
from rewardlab.envs.tabletop.mobile import BASE_SPEED
from scripted.plan import CLOSED, OPEN, Plan

GAIN = 5.0
"""Of the base's velocity on what is lacking [1/s]."""

TURN_RATE = 0.35
"""At which a door is opened [rad/s]."""

BESIDE, TOUCHING = 0.85, 0.5
"""From the chair to the base: when driving around it, and less than where they touch [m]."""


def opening(env: Any) -> Plan:
    """Open a cabinet: face it, drive the hand over the handle, close it, drive along its arc."""
    yield from _reach(env, off=0.12, within=0.02)
    yield from _reach(env, off=0.0, within=0.012)
    for _ in range(8):
        yield _drive(env, (0.0, 0.0), gripper=CLOSED)
    robot, cabinet = env.robot, env.cabinet
    hinge = np.add(cabinet.at, cabinet.anchor)[:2]
    while not env._solved():
        if cabinet.joint == "slide":
            yield _drive(env, (-0.4, 0.0), gripper=CLOSED)
        else:
            x, y = TURN_RATE * (robot.base_position - hinge)
            yield _drive(env, (y, -x), -TURN_RATE, gripper=CLOSED)
    while True:
        yield _drive(env, (0.0, 0.0), gripper=CLOSED)


def _reach(env: Any, *, off: float, within: float) -> Plan:
    """Bring the open hand before the handle, or over it, the base facing the cabinet."""
    for _ in range(100):
        error, yaw = env.handle - env.tool - (off, 0.0, 0.0), env.robot.yaw
        if np.linalg.norm(error) < within and abs(yaw) < 0.02:
            return
        yield _drive(env, GAIN * error[:2], -GAIN * yaw, GAIN * error[2])


def pushing(env: Any) -> Plan:
    """Push a chair: drive around it to the side away from the target, then against it."""
    while abs(_aside(env)) > 0.15:
        yield _around(env)
    while env.distance > 0.08:
        yield _against(env)
    while True:
        yield _drive(env, (0.0, 0.0))


def _aside(env: Any) -> float:
    """Return the angle around the chair from behind it, as seen from the target, to the base."""
    to_target, from_base = env.target - env.chair[:2], env.chair[:2] - env.robot.base_position
    angle = _heading(from_base) - _heading(to_target)
    return (angle + pi) % (2 * pi) - pi


def _around(env: Any) -> Array:
    """Drive on a circle around the chair, facing it, the hands above it."""
    inward = env.chair[:2] - env.robot.base_position
    radius = hypot(*inward)
    inward = inward / radius
    sideways = np.array([-inward[1], inward[0]])
    speed = GAIN * (radius - BESIDE) * inward + 2.0 * _aside(env) * radius * sideways
    # driving to the left of the chair turns the direction to it to the right
    return _drive(env, speed, _face(env, inward), GAIN * (0.5 - env.robot.torso))


def _against(env: Any) -> Array:
    """Drive the chair along the line to its target, slower as it gets near."""
    ahead = (env.target - env.chair[:2]) / env.distance
    lacking = env.chair[:2] - TOUCHING * ahead - env.robot.base_position
    across = lacking - (lacking @ ahead) * ahead
    speed = min(0.5, 0.12 + 0.8 * env.distance)
    return _drive(env, speed * ahead + GAIN * across, _face(env, ahead))


def _face(env: Any, direction: Array) -> float:
    """Return the rate of turning towards a direction [rad/s]."""
    error: float = _heading(direction) - env.robot.yaw
    return GAIN * ((error + pi) % (2 * pi) - pi)


def _heading(direction: Array) -> float:
    return atan2(direction[1], direction[0])


def _drive(
    env: Any, speed: Any, rate: float = 0.0, lift: float = 0.0, *, gripper: float = OPEN
) -> Array:
    """Return the action that moves the base with a velocity in the world [m/s, rad/s]."""
    c, s = cos(env.robot.yaw), sin(env.robot.yaw)
    x, y = speed
    wanted = np.array([c * x + s * y, c * y - s * x, rate, lift]) / BASE_SPEED
    wanted[:2] /= max(1.0, np.abs(wanted[:2]).max())
    action = np.zeros(env.action_space.shape)
    action[:N_BASE] = wanted
    action[N_BASE + 6 :: 7] = gripper
    return np.clip(action, -1.0, 1.0)
