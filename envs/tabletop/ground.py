"""A robot that drives on a ground: what the three mobile tasks share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardlab.envs.scene import Array
from rewardlab.envs.tabletop.drive import MobileRobot
from rewardlab.envs.tabletop.env import TabletopEnv
from rewardlab.envs.tabletop.mobile import Mount, mobile
from rewardlab.envs.tabletop.world import world
from rewardlab.program.schema import Schema

_GROUND = """
<texture name="tiles" type="2d" builtin="checker" rgb1=".80 .80 .78" rgb2=".75 .75 .73"
  width="256" height="256"/>
<material name="tiles" texture="tiles" texrepeat="2 2" texuniform="true" specular=".1"/>
"""

_LIGHT = '<light directional="true" dir=".5 .4 -.8" diffuse=".35 .35 .35" specular="0 0 0"/>'


class MobileEnv(TabletopEnv):
    """A robot that drives, its control, and its part of observation and scene.

    Args:
        furniture: MJCF of what it works on.
        mounts: Of the robot's arms.
        schema: Of the task.
        rest: Joint angles of each arm with which episodes begin [rad].
        camera: Attributes of the camera.
        render_mode: `"rgb_array"` for pictures.
        native_reward: Compute the task's own reward.
    """

    def __init__(
        self,
        furniture: str,
        mounts: tuple[Mount, ...],
        schema: Schema,
        *,
        rest: Sequence[float],
        camera: str,
        render_mode: str | None,
        native_reward: bool,
    ) -> None:
        robot = mobile(mounts, visual=render_mode is not None)
        body = _LIGHT + furniture
        super().__init__(
            world(robot, place="0 0 0", body=body, asset=_GROUND, camera=camera, ground="tiles"),
            schema,
            render_mode=render_mode,
            native_reward=native_reward,
        )
        self.robot = MobileRobot(self.model, self.data, mounts, rest=rest)

    def _hold(self) -> None:
        self.robot.hold()

    def _act(self, action: Array) -> None:
        self.robot.apply(np.asarray(action, dtype=np.float64))

    def _proprioception(self) -> tuple[Array, ...]:
        """Return the robot's part of the observation in pieces (8 + 15 per arm entries).

        Base position (2), cosine and sine of its yaw (2), base velocity in its own axes (2), rate
        of the yaw, torso; joint positions and velocities, openness of the grippers.
        """
        robot = self.robot
        c, s = np.cos(robot.yaw), np.sin(robot.yaw)
        x, y = robot.base_velocity
        rest = (c, s, c * x + s * y, c * y - s * x, robot.turning, robot.torso)
        return robot.base_position, np.array(rest), robot.qpos, robot.qvel, robot.openness

    def _read_robot(self, out: Array) -> None:
        """Write what both robots have into a scene block."""
        at, robot = self._at, self.robot
        out[at["robot.base_position"]] = robot.base_position
        out[at["robot.base_velocity"]] = robot.base_velocity
        out[at["robot.qpos"]] = robot.qpos
        out[at["robot.qvel"]] = robot.qvel
        out[at["robot._ee_coords"]] = robot.tips.ravel()

    def _poses(self, bodies: Sequence[int]) -> Any:
        """Return positions and quaternions of bodies, one after the other (7 n,)."""
        places = self.data.xpos[bodies], self.data.xquat[bodies]
        return np.concatenate(places, axis=1).ravel()
