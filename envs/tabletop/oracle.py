"""The tasks' own dense rewards: staged, bounded, 0 to 6 per step, with 6 where the task is solved.

Each stage is worth more than all before it, so that going on always pays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

from rewardlab.envs.scene import Array

Point: TypeAlias = Array | Sequence[float]

STEEPNESS = 5.0
"""Of closeness [1/m]: half of it is lost at 0.11 m."""

SOLVED = 6.0


def closeness(a: Point, b: Point) -> float:
    """Return 1 - tanh(5 |a - b|): 1 at the point, 0 far away."""
    return 1.0 - math.tanh(STEEPNESS * math.dist(a, b))


def lift(tool: Array, cube: Array, grasped: bool, half: float, height: float) -> float:
    """Return the reward of LiftCube: reach (1), grasp (1), height while grasped (3), solved (6)."""
    raised = (float(cube[2]) - half) / height
    if raised >= 1.0:
        return SOLVED
    reward = closeness(tool, cube)
    if grasped:
        reward += 1.0 + 3.0 * max(raised, 0.0)
    return reward


def pick(tool: Array, cube: Array, grasped: bool, goal: Array, solved: bool) -> float:
    """Return the reward of PickCube: reach (1), grasp (1), near the goal (3), solved (6)."""
    if solved:
        return SOLVED
    reward = closeness(tool, cube)
    if grasped:
        reward += 1.0 + 3.0 * closeness(cube, goal)
    return reward


def stack(
    tool: Array,
    cube: Array,
    grasped: bool,
    base: Array,
    half: float,
    on_top: bool,
    opened: float,
    speed: float,
    solved: bool,
) -> float:
    """Return the reward of StackCube: reach, grasp, near its place, let go on top, solved (6).

    Args:
        tool: Tool centre [m].
        cube: Cube A [m].
        grasped: Whether it is grasped.
        base: Cube B [m].
        half: Half the length of an edge [m].
        on_top: Whether cube A is where it would lie.
        opened: How far the gripper is open, 0 to 1.
        speed: Of cube A [m/s].
        solved: Whether all holds.
    """
    if solved:
        return SOLVED
    if on_top:
        let_go = opened if grasped else 1.0
        return 3.5 + 1.5 * let_go + 0.5 * (1.0 - math.tanh(10.0 * speed))
    reward = closeness(tool, cube)
    if grasped:
        x, y, z = base.tolist()
        place = (x, y, z + 2 * half)
        reward += 0.5 + 2.0 * closeness(cube, place)
    return reward


def turn(tool: Array, handle: Array, turned: float, solved: bool) -> float:
    """Return the reward of TurnFaucet: reach (1), part of the way turned (4), solved (6).

    Args:
        tool: Tool centre [m].
        handle: Middle of the lever [m].
        turned: Part of the way from where the handle began to its target, 1 at the target.
        solved: Whether it is turned far enough.
    """
    if solved:
        return SOLVED
    return closeness(tool, handle) + 4.0 * min(max(turned, 0.0), 1.0)
