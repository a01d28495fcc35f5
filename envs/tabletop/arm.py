"""A Panda fixed to a table: what the four arm tasks share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardlab.envs.scene import Array, Scene
from rewardlab.envs.tabletop.control import ToolControl
from rewardlab.envs.tabletop.env import TabletopEnv
from rewardlab.envs.tabletop.grasp import Grasp
from rewardlab.envs.tabletop.panda import FINGER, FINGER_RANGE, N_JOINTS, REST, panda
from rewardlab.envs.tabletop.scene import ARM_ACTION
from rewardlab.envs.tabletop.surfaces import Surface, tabletop_schema
from rewardlab.envs.tabletop.world import world
from rewardlab.program.schema import Schema

BASE = "-.615 0 0"
"""Where the arm stands: at rest its tool is at about (0, 0, 0.17)."""

CAMERA = 'pos=".72 -.68 .6" xyaxes=".625 .781 0 -.227 .181 .957" fovy="50"'
N_ROBOT = 25
"""First entries of every observation: joint positions (7), fingers (2), velocities of both (9),
tool position (3) and orientation wxyz (4)."""

NOISE = 0.02
"""Standard deviation of the joints at a reset [rad]."""

N_FINGER_POINTS = 256


def arm_schema(
    scene: type[Scene], *, n_obs: int, surfaces: dict[str, Surface] | None = None
) -> Schema:
    """Return the schema of a task of the arm; `surfaces` are those of its objects."""
    finger = Surface(((FINGER,),), N_FINGER_POINTS)
    fingers = {"robot.lfinger": finger, "robot.rfinger": finger}
    return tabletop_schema(scene, ARM_ACTION, {**fingers, **(surfaces or {})}, n_obs=n_obs)


class ArmEnv(TabletopEnv):
    """The arm, its control, and its part of observation and scene.

    Args:
        body: The objects, as MJCF for `<worldbody>`.
        schema: Of the task.
        rest: Joint angles with which episodes begin, up to noise [rad].
        render_mode: `"rgb_array"` for pictures.
        native_reward: Compute the task's own reward.
    """

    def __init__(
        self,
        body: str,
        schema: Schema,
        *,
        rest: Sequence[float] = REST,
        render_mode: str | None = None,
        native_reward: bool = True,
    ) -> None:
        robot = panda(visual=render_mode is not None)
        super().__init__(
            world(robot, place=BASE, body=body, camera=CAMERA),
            schema,
            render_mode=render_mode,
            native_reward=native_reward,
        )
        self._rest = np.array(rest)
        self._control = ToolControl(self.model, self.data, rest=rest)
        first = self.model.joint("joint1")
        end = N_JOINTS + 2
        self._joints = self.data.qpos[first.qposadr[0] :][:end]
        self._rates = self.data.qvel[first.dofadr[0] :][:end]
        self._tool = self.data.site_xpos[self.model.site("tool").id]
        self._hand_quat = self.data.xquat[self.model.body("hand").id]
        self._fingers = [self.model.body(f"{side}_finger").id for side in ("left", "right")]

    @property
    def tool(self) -> Array:
        """Position of the tool centre `(3,)` [m]; a view."""
        tool: Array = self._tool
        return tool

    def grasp_of(self, body: str) -> Grasp:
        """Return what reads the fingers' grasp of a body."""
        return Grasp(self.model, self.data, self.model.body(body).id)

    def _place(self, rng: np.random.Generator) -> None:
        self._joints[:N_JOINTS] = self._rest + rng.normal(scale=NOISE, size=N_JOINTS)
        self._joints[N_JOINTS:] = FINGER_RANGE

    def _hold(self) -> None:
        self._control.hold()

    def _act(self, action: Any) -> None:
        self._control.apply(action)

    def _robot(self) -> tuple[Array, ...]:
        """Return the robot's part of the observation, in pieces."""
        return self._joints, self._rates, self._tool, self._hand_quat

    def _read_robot(self, out: Array) -> None:
        """Write the robot into a scene block."""
        at, joints, rates = self._at, self._joints, self._rates
        out[at["robot.ee_pose.p"]] = self._tool
        out[at["robot.ee_pose.q"]] = self._hand_quat
        out[at["robot.qpos"]] = joints[:N_JOINTS]
        out[at["robot.qvel"]] = rates[:N_JOINTS]
        for i, name in enumerate(("robot.lfinger", "robot.rfinger")):
            self._read_body(self._fingers[i], name, out)
            out[at[f"{name}.qpos"]] = min(max(joints[N_JOINTS + i], 0.0), FINGER_RANGE)
            out[at[f"{name}.qvel"]] = rates[N_JOINTS + i]
            out[at[f"{name}._cloud"]] = self.cloud_seed
        opened = (joints[N_JOINTS] + joints[N_JOINTS + 1]) / (2 * FINGER_RANGE)
        out[at["robot.gripper_openness"]] = min(max(opened, 0.0), 1.0)
