"""The mobile tasks' own dense rewards: what a person would write by hand, from 0 to 10 per step."""

from __future__ import annotations

from math import tanh

SOLVED = 10.0
"""Per step while the task is solved: more than any other step earns."""


def opening(*, distance: float, misfit: float, opened: float, speed: float, solved: bool) -> float:
    """Return the reward of opening: reach the handle, fit the hand to it, move it.

    Args:
        distance: Of the tool centre from the handle [m].
        misfit: Angle from the hand to an orientation that fits the handle [rad].
        opened: Position of the joint, 1 at the target.
        speed: Velocity of the joint in ranges per second.
        solved: Whether it is open.
    """
    if solved:
        return SOLVED
    near = 1.0 - tanh(2.0 * distance)
    close = 1.0 - tanh(15.0 * distance)
    fit = 1.0 - tanh(misfit)
    reward = near + close + 0.5 * fit
    reward += 4.0 * min(max(opened, 0.0), 1.0)
    return reward + (1.0 + close) * min(max(speed / 0.5, -1.0), 1.0)


def pushing(*, hands: float, distance: float, towards: float, tilt: float, solved: bool) -> float:
    """Return the reward of pushing a chair: hands at it, nearer to the target, upright.

    Args:
        hands: Mean distance of the fingertips from the chair [m].
        distance: Of the chair from its target [m].
        towards: The chair's speed to the target [m/s].
        tilt: Of the chair [rad].
        solved: Whether it stands on the target.
    """
    if solved:
        return SOLVED
    at_chair = 1.0 - tanh(3.0 * hands)
    upright = 1.0 - tanh(3.0 * tilt)
    near = 1.0 - tanh(1.5 * distance)
    moving = min(max(towards / 0.4, -1.0), 1.0)
    return upright * (at_chair + 5.0 * near + 2.0 * max(moving, 0.0)) + min(moving, 0.0) + 1.0
