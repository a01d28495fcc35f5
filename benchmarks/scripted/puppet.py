"""Robots led like puppets: poses are set, speeds follow from them, contacts are MuJoCo's."""

from __future__ import annotations

from typing import Any

import numpy as np

from rewardlab.envs.scene import Array

DOWNWARDS = np.array([1.0, -1.0, -1.0, 1.0])
"""Sign of the Ant's ankle angles that bend the legs down, hips 1 to 4."""


def place(env: Any, pose: Array, before: Array) -> Any:
    """Set a robot's pose and the velocity that led to it within a control step.

    Args:
        env: One of Gymnasium's MuJoCo robots, bare.
        pose: `(nq,)` the pose.
        before: `(nq,)` that of the step before.

    Returns:
        What the robot observes.
    """
    import mujoco

    velocity = np.zeros(env.model.nv)
    mujoco.mj_differentiatePos(env.model, velocity, env.dt, before, pose)
    env.set_state(pose, velocity)
    return env._get_obs()


def hop(share: float, height: float) -> float:
    """Return how high a jump is when a share of its time is over, 0 to 1."""
    return 4.0 * height * share * (1.0 - share)
