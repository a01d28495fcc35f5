"""A simulated robot that drives: its action, where it starts, and what is read of it."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, sin
from typing import Any

import numpy as np

from rewardlab.envs.scene import Array
from rewardlab.envs.tabletop.control import ToolControl
from rewardlab.envs.tabletop.mobile import BASE_JOINTS, BASE_SPEED, Mount
from rewardlab.envs.tabletop.panda import FINGER_RANGE, N_JOINTS
from rewardlab.envs.tabletop.scene import DT

N_BASE = 4
TIP = np.array([0.0, 0.0, 0.045])
"""A fingertip in the frame of its finger [m]: on the inner face, as high as the tool centre."""


class MobileRobot:
    """Moves a robot of `mobile(mounts)` and reads it.

    An action has 4 entries for the base and 7 for each arm, in [-1, 1]. The base's velocity along
    its own x and y axes is turned into the world's with the yaw it will have halfway through the
    control step; arms are moved by `ToolControl`, in the frame of the base that carries them.

    Args:
        model: With the pieces of `mobile(mounts)`.
        data: Its state.
        mounts: `SINGLE` or `DUAL`.
        rest: Joint angles of each arm with which episodes begin [rad].
    """

    def __init__(
        self, model: Any, data: Any, mounts: tuple[Mount, ...], *, rest: Sequence[float]
    ) -> None:
        self._data = data
        self._rest = np.tile(rest, len(mounts))
        self._arms = [ToolControl(model, data, mount.prefix, rest=rest) for mount in mounts]
        base = [model.joint(name) for name in BASE_JOINTS]
        self._base = np.array([joint.qposadr[0] for joint in base])
        self._base_rates = np.array([joint.dofadr[0] for joint in base])
        self._drives = np.array([model.actuator(name).id for name in BASE_JOINTS])
        firsts = [model.joint(f"{mount.prefix}joint1") for mount in mounts]
        self._qpos = np.concatenate([j.qposadr[0] + np.arange(N_JOINTS) for j in firsts])
        self._qvel = np.concatenate([j.dofadr[0] + np.arange(N_JOINTS) for j in firsts])
        names = [f"{m.prefix}finger_joint{i}" for m in mounts for i in (1, 2)]
        self._fingers = np.array([model.joint(name).qposadr[0] for name in names])
        bodies = [f"{m.prefix}{side}_finger" for m in mounts for side in ("left", "right")]
        self._tips = np.array([model.body(name).id for name in bodies])

    def place(self, x: float, y: float, yaw: float, *, torso: float) -> None:
        """Stand there [m, rad], with arms at rest and open grippers."""
        qpos = self._data.qpos
        qpos[self._base] = x, y, yaw, torso
        qpos[self._qpos] = self._rest
        qpos[self._fingers] = FINGER_RANGE

    def hold(self) -> None:
        """Make the present joint positions the arms' targets, open the grippers, stand still."""
        self._data.ctrl[self._drives] = 0.0
        for tool in self._arms:
            tool.hold()

    def apply(self, action: Array) -> None:
        """Turn an action `(4 + 7 n,)` into commands of all actuators."""
        base = np.minimum(np.maximum(action[:N_BASE], -1.0), 1.0) * BASE_SPEED
        yaw = self.yaw + 0.5 * DT * base[2]
        forward, left = base[:2]
        self._data.ctrl[self._drives] = (
            forward * cos(yaw) - left * sin(yaw),
            forward * sin(yaw) + left * cos(yaw),
            base[2],
            base[3],
        )
        for tool, entries in zip(self._arms, action[N_BASE:].reshape(-1, 7), strict=True):
            tool.apply(entries)

    @property
    def yaw(self) -> float:
        """Heading of the base, unwrapped [rad]."""
        return float(self._data.qpos[self._base[2]])

    @property
    def base_position(self) -> Array:
        """On the ground (2,) [m]."""
        position: Array = self._data.qpos[self._base[:2]]
        return position

    @property
    def base_velocity(self) -> Array:
        """On the ground, in the world (2,) [m/s]."""
        velocity: Array = self._data.qvel[self._base_rates[:2]]
        return velocity

    @property
    def turning(self) -> float:
        """Rate of the yaw [rad/s]."""
        return float(self._data.qvel[self._base_rates[2]])

    @property
    def torso(self) -> float:
        """How far the torso is lifted [m]."""
        return float(self._data.qpos[self._base[3]])

    @property
    def qpos(self) -> Array:
        """Angles of the arms' joints (7 n,) [rad]."""
        angles: Array = self._data.qpos[self._qpos]
        return angles

    @property
    def qvel(self) -> Array:
        """Their rates (7 n,) [rad/s]."""
        rates: Array = self._data.qvel[self._qvel]
        return rates

    @property
    def openness(self) -> Array:
        """Of each gripper (n,): 0 closed to 1 open."""
        widths = self._data.qpos[self._fingers].reshape(-1, 2).mean(axis=1)
        openness: Array = np.minimum(np.maximum(widths / FINGER_RANGE, 0.0), 1.0)
        return openness

    @property
    def tips(self) -> Array:
        """Fingertips in the world (2 n, 3) [m]."""
        turn = self._data.xmat[self._tips].reshape(-1, 3, 3)
        tips: Array = self._data.xpos[self._tips] + turn @ TIP
        return tips

    @property
    def turn(self) -> Array:
        """Rotation (3, 3) from the world's axes to the base's."""
        c, s = cos(self.yaw), sin(self.yaw)
        return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
