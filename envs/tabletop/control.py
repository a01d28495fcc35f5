"""How an action moves a Panda: after "pd_ee_delta_pose" of ManiSkill2, in the base's axes.

An action of 7 entries in [-1, 1] asks for a step of the tool from where it is now:

    0-2  translation by up to 0.1 m along the axes of the arm's base
    3-5  rotation by up to 0.1 rad about those axes, through the tool centre (a rotation vector)
    6    gripper, -1 closed to +1 open

Once per control step (20 Hz) damped least squares turn the step into joint targets; between them
position actuators follow. In one control step the arm covers 20 to 40 % of what was asked, so that
holding +1 moves the tool at 0.4 to 0.8 m/s; 0 stops it at once. As targets start from where the arm
is, not from the last target, a blocked arm winds nothing up.

A step that would drive joints faster than Franka allows is shortened as a whole. Targets stop at
joint limits: there the tool follows only as far as the other joints can take it. Redundancy is
used to draw the joints towards their rest without moving the tool.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardlab.envs.scene import Array
from rewardlab.envs.tabletop.panda import FINGER_RANGE, LIMITS, N_JOINTS, REST

STEP = 0.1
"""Translation [m] and rotation [rad] asked for by an entry of 1."""

LEAD = 0.1 * np.array([2.175] * 4 + [2.61] * 3)
"""Joint targets lead by at most this [rad]: Franka's speed limits times the drives' time constant
(`kv / kp` of the actuators)."""

DAMPING = 0.05
"""Of the least squares: what singular directions are damped against."""

PULL = 0.2
"""Part of the way to rest that redundancy takes per control step."""

SQUEEZE = 0.01
"""Closed, the fingers' target lies behind their stop [m]: so they press on what is thin too."""

_LOW, _HIGH = np.array(LIMITS).T


class ToolControl:
    """Writes the joint targets of one arm.

    Args:
        model: With the pieces of `panda(prefix)`.
        data: Its state; joint positions, kinematics and `mj_comPos` must be up to date.
        prefix: Of the arm's names.
        rest: Joint angles that redundancy draws to [rad].
    """

    def __init__(
        self, model: Any, data: Any, prefix: str = "", *, rest: Sequence[float] = REST
    ) -> None:
        import mujoco

        joints = [model.joint(f"{prefix}joint{i}") for i in range(1, N_JOINTS + 1)]
        first = joints[0]
        self._jacobian = mujoco.mj_jacSite
        self._model, self._data = model, data
        self._rest = np.array(rest)
        self._site = model.site(f"{prefix}tool").id
        self._base = data.xmat[model.body(f"{prefix}link0").id].reshape(3, 3)
        # a chain's joints follow each other, in positions, velocities and actuators
        self._dofs = slice(first.dofadr[0], first.dofadr[0] + N_JOINTS)
        self._qpos = data.qpos[first.qposadr[0] : first.qposadr[0] + N_JOINTS]
        start = model.actuator(f"{prefix}joint1").id
        self._target = data.ctrl[start : start + N_JOINTS]
        self._gripper = data.ctrl[start + N_JOINTS : start + N_JOINTS + 1]
        self._full = np.zeros((6, model.nv))

    def hold(self, openness: float = 1.0) -> None:
        """Make the present joint positions the targets; open the gripper by `openness`."""
        self._target[:] = self._qpos
        self._gripper[:] = openness * FINGER_RANGE

    def apply(self, action: Array) -> None:
        """Turn an action `(7,)` into joint targets."""
        bounded = np.minimum(np.maximum(action, -1.0), 1.0)
        half = 0.5 * (FINGER_RANGE + SQUEEZE)
        self._gripper[:] = half * (bounded[6] + 1.0) - SQUEEZE
        step = STEP * bounded[:6].reshape(2, 3) @ self._base.T
        target = self._qpos + self._lead(step.ravel())
        np.minimum(np.maximum(target, _LOW), _HIGH, out=self._target)

    def _lead(self, step: Array) -> Array:
        """Return the joint step `(7,)` for a tool step `(6,)`: translation, rotation vector.

        With the singular value decomposition J = U S V^T: sum over i of
        v_i s_i / (s_i^2 + damping^2) u_i . step, plus the pull to rest along the null vector.
        """
        if not step.any():
            return step[:1] * 0.0
        self._jacobian(self._model, self._data, self._full[:3], self._full[3:], self._site)
        u, s, v = np.linalg.svd(self._full[:, self._dofs])
        joints = (s / (s * s + DAMPING**2) * (step @ u)) @ v[:6]
        free = v[6]
        joints += PULL * (free @ (self._rest - self._qpos)) * free
        lead: Array = joints / max(1.0, (np.abs(joints) / LEAD).max())
        return lead
