"""Open a cabinet's door or drawer with one arm on a base that drives."""

from __future__ import annotations

from math import acos, cos, pi, sin

import numpy as np

from rewardlab.envs.scene import Array
from rewardlab.envs.tabletop import mobile_oracle as oracle
from rewardlab.envs.tabletop.cabinet import DOOR, DRAWER, Cabinet
from rewardlab.envs.tabletop.grasp import Grasp
from rewardlab.envs.tabletop.ground import MobileEnv
from rewardlab.envs.tabletop.mobile import FORWARD, SINGLE, UPRIGHT_FINGERS
from rewardlab.envs.tabletop.scene import MOBILE_ACTION, OpenCabinetScene
from rewardlab.envs.tabletop.surfaces import Surface, tabletop_schema
from rewardlab.program.schema import Schema

CAMERA = 'pos="-2.3 -2.5 1.9" xyaxes=".88 -.48 0 .17 .31 .94" fovy="45"'
N_OBS = 41
N_HANDLE_POINTS, N_LINK_POINTS = 100, 512

DISTANCE = (1.6, 1.8)
"""From the cabinet's middle to the base at a reset [m]."""

AROUND, TURNED = 0.1 * pi, 0.05 * pi
"""Largest angle of the base around the cabinet, and of its heading off the cabinet [rad]."""

TORSO = 0.1
"""How far the torso is lifted at a reset [m]: the hand is 0.07 m above the handle."""


def opening_schema(cabinet: Cabinet) -> Schema:
    """Return the schema of opening a cabinet."""
    unit = "rad" if cabinet.joint == "hinge" else "m"
    surfaces = {
        "cabinet": Surface(cabinet.surface, N_LINK_POINTS, unit=unit, limit=cabinet.limit),
        "cabinet.handle": Surface(
            ((cabinet.handle,),),
            N_HANDLE_POINTS,
            unit=unit,
            target=cabinet.target_qpos,
            limit=cabinet.limit,
        ),
    }
    return tabletop_schema(OpenCabinetScene, MOBILE_ACTION, surfaces, n_obs=N_OBS)


DOOR_SCHEMA, DRAWER_SCHEMA = opening_schema(DOOR), opening_schema(DRAWER)


class _OpenCabinet(MobileEnv):
    """A cabinet in front of a robot.

    Observation (41): base position (2), cosine and sine of its yaw (2), its velocity in its own
    axes (2), rate of the yaw, torso; joint positions (7) and velocities (7), openness; in the
    base's axes tool centre (3) and handle (3) from the base, handle from the tool centre (3), the
    direction in which the hand points (3) and that in which its fingers open (3); position and
    velocity of the handle's joint, and what its position lacks to the target (3).

    Args:
        cabinet: `DOOR` or `DRAWER`.
        schema: Of the task.
        render_mode: `"rgb_array"` for pictures.
        native_reward: Compute the task's own reward.
    """

    def __init__(
        self,
        cabinet: Cabinet,
        schema: Schema,
        *,
        render_mode: str | None = None,
        native_reward: bool = True,
    ) -> None:
        super().__init__(
            cabinet.mjcf(),
            SINGLE,
            schema,
            rest=FORWARD if cabinet.joint == "hinge" else UPRIGHT_FINGERS,
            camera=CAMERA,
            render_mode=render_mode,
            native_reward=native_reward,
        )
        self.cabinet = cabinet
        joint = self.model.joint("handle")
        self._joint, self._dof = joint.qposadr[0], joint.dofadr[0]
        self._bodies = [self.model.body(name).id for name in ("cabinet", "handle")]
        self.handle = self.data.xpos[self._bodies[1]]
        self._hand = self.model.body("hand").id
        self._rotation = self.data.xmat[self._hand].reshape(3, 3)
        self._grasp = Grasp(self.model, self.data, self._bodies[1])
        self._fits = np.array(cabinet.grasp)
        self.tool = self.data.site_xpos[self.model.site("tool").id]
        self._grasp_poses = np.array(cabinet.grasp_poses).ravel()

    @property
    def qpos(self) -> float:
        """Position of the joint [rad or m]."""
        return float(self.data.qpos[self._joint])

    @property
    def qvel(self) -> float:
        """Velocity of the joint [rad/s or m/s]."""
        return float(self.data.qvel[self._dof])

    def _place(self, rng: np.random.Generator) -> None:
        distance = rng.uniform(*DISTANCE)
        around = rng.uniform(-AROUND, AROUND)
        yaw = around + rng.uniform(-TURNED, TURNED)
        self.robot.place(-distance * cos(around), -distance * sin(around), yaw, torso=TORSO)
        self.model.dof_damping[self._dof] = rng.uniform(*self.cabinet.damping)

    def _look(self) -> None:
        robot = self.robot
        foot = np.append(robot.base_position, 0.0)
        hand = self._rotation
        columns = (self.tool - foot, self.handle - foot, self.handle - self.tool)
        self._seen = (np.stack((*columns, hand[:, 2], hand[:, 1])) @ robot.turn.T).ravel()
        self._pressed = self._grasp.read()

    def _observe(self) -> Array:
        qpos = self.qpos
        joint = (qpos, self.qvel, max(self.cabinet.target_qpos - qpos, 0.0))
        return np.concatenate((*self._proprioception(), self._seen, joint))

    def _solved(self) -> bool:
        return self.qpos >= self.cabinet.target_qpos

    def _reward(self, solved: bool) -> float:
        return oracle.opening(
            distance=float(np.linalg.norm(self.handle - self.tool)),
            misfit=self._misfit(),
            opened=self.qpos / self.cabinet.target_qpos,
            speed=self.qvel / self.cabinet.limit,
            solved=solved,
        )

    def _misfit(self) -> float:
        """Return the least angle from the hand to an orientation that fits the handle [rad]."""
        w = np.abs(self._fits @ self._hand_in_handle())
        return 2.0 * acos(min(float(w.max()), 1.0))

    def _hand_in_handle(self) -> Array:
        """Return the hand's orientation in the handle's frame, a quaternion (4,)."""
        back, quat = np.empty(4), np.empty(4)
        self._mujoco.mju_negQuat(back, self.data.xquat[self._bodies[1]])
        self._mujoco.mju_mulQuat(quat, back, self.data.xquat[self._hand])
        return quat

    def read(self, obs: Array, out: Array) -> None:
        """Write robot and cabinet into `out`."""
        at = self._at
        self._read_robot(out)
        out[at["robot.ee_pose.p"]] = self.data.xpos[self._hand]
        out[at["robot.ee_pose.q"]] = self.data.xquat[self._hand]
        out[at["robot.gripper_openness"]] = self.robot.openness
        self._read_body(self._bodies[0], "cabinet", out)
        self._read_body(self._bodies[1], "cabinet.handle", out)
        for part in ("cabinet", "cabinet.handle"):
            out[at[f"{part}.qpos"]] = self.qpos
            out[at[f"{part}.qvel"]] = self.qvel
            out[at[f"{part}._cloud"]] = self.cloud_seed
        out[at["cabinet._links"]] = self._poses(self._bodies)
        out[at["cabinet.handle.target_qpos"]] = self.cabinet.target_qpos
        out[at["cabinet.handle.target_grasp_poses"]] = self._grasp_poses
        out[at["cabinet.handle._grasp"]] = self._pressed
        out[at["obs"]] = obs


class OpenCabinetDoor(_OpenCabinet):
    """Open a door that turns about its left edge, by a vertical handle."""

    def __init__(self, *, render_mode: str | None = None, native_reward: bool = True) -> None:
        super().__init__(DOOR, DOOR_SCHEMA, render_mode=render_mode, native_reward=native_reward)


class OpenCabinetDrawer(_OpenCabinet):
    """Open a drawer by a horizontal handle."""

    def __init__(self, *, render_mode: str | None = None, native_reward: bool = True) -> None:
        super().__init__(
            DRAWER, DRAWER_SCHEMA, render_mode=render_mode, native_reward=native_reward
        )
