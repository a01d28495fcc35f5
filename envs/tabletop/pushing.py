"""Push a swivel chair to a place on the ground with two arms on a base that drives."""

from __future__ import annotations

from math import acos, cos, hypot, pi, sin

import numpy as np

from rewardlab.envs.scene import Array
from rewardlab.envs.tabletop import chair
from rewardlab.envs.tabletop import mobile_oracle as oracle
from rewardlab.envs.tabletop.ground import MobileEnv
from rewardlab.envs.tabletop.mobile import DUAL, OVER_CHAIR
from rewardlab.envs.tabletop.scene import DUAL_ACTION, PushChairScene
from rewardlab.envs.tabletop.surfaces import Surface, tabletop_schema

CAMERA = 'pos="-3.6 -3.6 3.6" xyaxes=".707 -.707 0 .385 .385 .838" fovy="40"'
N_OBS = 62
N_LINK_POINTS = 512

NEAR, UPRIGHT = 0.15, 0.05 * pi
"""The chair is there at less than this from its target [m], and stands at less tilt [rad]."""

TARGET = 0.5
"""The target lies within this of the origin, in x and in y [m]."""

FROM_TARGET, FROM_CHAIR = (0.8, 1.2), (0.8, 1.2)
"""Of the chair from its target, and of the base from the chair, at a reset [m]."""

OFF_TARGET, AROUND, TURNED = 0.4 * pi, 0.2 * pi, 0.05 * pi
"""Largest angles at a reset [rad]: between the seat's front and the target, of the base around the
chair's back, of its heading off the chair."""

TORSO = 0.3
"""How far the torso is lifted at a reset [m]: the hands are just above the chair."""

SCHEMA = tabletop_schema(
    PushChairScene,
    DUAL_ACTION,
    {"chair": Surface(chair.SURFACE, N_LINK_POINTS)},
    n_obs=N_OBS,
)
_MARK = (
    f'<geom name="target" type="cylinder" size="{NEAR} .002" rgba=".8 .2 .2 .8" contype="0" '
    'conaffinity="0"/>'
)


class PushChair(MobileEnv):
    """A chair between a robot and a target.

    Observation (62): base position (2), cosine and sine of its yaw (2), its velocity in its own
    axes (2), rate of the yaw, torso; joint positions (14) and velocities (14), right then left,
    openness (2); in the base's axes: right and left tool centre (6) and chair (3) from the base,
    target from the chair (3), the chair's up direction (3), the seat's front direction (3),
    velocity (3) and angular velocity (3) of the chair.

    Args:
        render_mode: `"rgb_array"` for pictures.
        native_reward: Compute the task's own reward.
    """

    def __init__(self, *, render_mode: str | None = None, native_reward: bool = True) -> None:
        super().__init__(
            _MARK + chair.mjcf(),
            DUAL,
            SCHEMA,
            rest=OVER_CHAIR,
            camera=CAMERA,
            render_mode=render_mode,
            native_reward=native_reward,
        )
        self._links = [self.model.body(name).id for name in chair.LINKS]
        self._free, self._swivel = self.data.joint("chair"), self.data.joint("swivel")
        self.chair = self.data.xpos[self._links[0]]
        self._axes = self.data.xmat[self._links[0]].reshape(3, 3)
        self._seat_at = self.data.xpos[self._links[1]]
        self._seat_axes = self.data.xmat[self._links[1]].reshape(3, 3)
        self._sites = [self.model.site(f"{m.prefix}tool").id for m in DUAL]
        self._mark = self.model.geom("target").id
        upper = np.array([box.row for box in (*chair.SEAT, *chair.BACK)])
        self._middles, self._halves = upper[:, :3], upper[:, 7:]
        self.target = np.zeros(2)

    @property
    def distance(self) -> float:
        """Of the chair from its target on the ground [m]."""
        x, y = self.target - self.chair[:2]
        return hypot(x, y)

    @property
    def tilt(self) -> float:
        """Of the chair: the angle between its z axis and the vertical [rad]."""
        return acos(max(-1.0, min(1.0, float(self._axes[2, 2]))))

    def _place(self, rng: np.random.Generator) -> None:
        self.target[:] = rng.uniform(-TARGET, TARGET, size=2)
        self.model.geom_pos[self._mark, :2] = self.target
        away, around = rng.uniform(*FROM_TARGET), rng.uniform(-pi, pi)
        x, y = self.target + away * np.array([cos(around), sin(around)])
        front = around + pi + rng.uniform(-OFF_TARGET, OFF_TARGET)
        self._free.qpos[:] = x, y, 0.0, cos(front / 2), 0.0, 0.0, sin(front / 2)
        behind = front + pi + rng.uniform(-AROUND, AROUND)
        off = rng.uniform(*FROM_CHAIR)
        yaw = behind + pi + rng.uniform(-TURNED, TURNED)
        self.robot.place(x + off * cos(behind), y + off * sin(behind), yaw, torso=TORSO)

    def _look(self) -> None:
        velocity = self.velocity(self._links[0])
        self._turning, self._moving = velocity[:3], velocity[3:]

    def _observe(self) -> Array:
        robot = self.robot
        foot = np.append(robot.base_position, 0.0)
        rows = np.empty((8, 3))
        rows[:2] = self.data.site_xpos[self._sites] - foot
        rows[2] = self.chair - foot
        rows[3, :2], rows[3, 2] = self.target - self.chair[:2], 0.0
        rows[4], rows[5] = self._axes[:, 2], self._seat_axes[:, 0]
        rows[6], rows[7] = self._moving, self._turning
        return np.concatenate((*self._proprioception(), (rows @ robot.turn.T).ravel()))

    def _solved(self) -> bool:
        return self.distance < NEAR and self.tilt < UPRIGHT

    def _reward(self, solved: bool) -> float:
        distance = self.distance
        to_target = (self.target - self.chair[:2]) / max(distance, 1e-6)
        return oracle.pushing(
            hands=self._reach(),
            distance=distance,
            towards=float(self._moving[:2] @ to_target),
            tilt=self.tilt,
            solved=solved,
        )

    def _reach(self) -> float:
        """Return the mean distance of the fingertips from seat and back [m]."""
        local = (self.robot.tips - self._seat_at) @ self._seat_axes
        beyond = np.abs(local[:, None] - self._middles) - self._halves
        apart = np.linalg.norm(np.maximum(beyond, 0.0), axis=2).min(axis=1)
        return float(apart.mean())

    def read(self, obs: Array, out: Array) -> None:
        """Write robot, chair and target into `out`."""
        at = self._at
        self._read_robot(out)
        self._read_body(self._links[0], "chair", out)
        out[at["chair.qpos"]] = self._swivel.qpos
        out[at["chair.qvel"]] = self._swivel.qvel
        out[at["chair._cloud"]] = self.cloud_seed
        out[at["chair._links"]] = self._poses(self._links)
        out[at["target_xy"]] = self.target
        out[at["obs"]] = obs
