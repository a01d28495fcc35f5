"""A faucet whose lever is to be turned."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from rewardlab.envs.scene import Array
from rewardlab.envs.tabletop import oracle
from rewardlab.envs.tabletop.arm import N_ROBOT, ArmEnv, arm_schema
from rewardlab.envs.tabletop.boxes import Box, geoms
from rewardlab.envs.tabletop.scene import TurnFaucetScene
from rewardlab.envs.tabletop.surfaces import Surface
from rewardlab.envs.tabletop.world import OBJECT

RANGE = (0.0, math.pi / 2)
"""Of the lever's hinge [rad]; an episode begins at the lower end."""

TARGET = RANGE[0] + 0.9 * (RANGE[1] - RANGE[0])

SPREAD = 0.05
"""The faucet stands within this of the origin, in x and in y [m] …"""

TURNED = math.pi / 12
"""… and is turned by at most this [rad]."""

REST = (0.0, -0.35, 0.0, -2.45, 0.0, 2.1, 0.7854)
"""Joint angles at the beginning: the tool behind and above the faucet [rad]."""

LEVER = Box((0.0, 0.0, 0.0), (0.06, 0.012, 0.01))
"""In the lever's frame: its middle, x away from the hinge, z up."""

HINGE = (-0.05, 0.0, 0.0)
LEVER_PLACE = (-0.05, 0.0, 0.205)
"""Middle of the lever at qpos 0 in the faucet's frame; there it points to the arm [m]."""

BODY = (
    Box((0.0, 0.0, 0.008), (0.045, 0.045, 0.008)),
    Box((0.0, 0.0, 0.1), (0.02, 0.02, 0.085)),
    Box((0.07, 0.0, 0.14), (0.065, 0.013, 0.012)),
    Box((0.122, 0.0, 0.115), (0.013, 0.013, 0.025)),
)
"""Foot, column, spout and its end, in the faucet's frame."""

GRASPS = ((0, 0, 0, 0, 1, 0, 0), (0, 0, 0, 0, 0, 1, 0))
"""The hand from above, its fingers on the lever's two sides."""

N_POINTS = 256
SCHEMA = arm_schema(
    TurnFaucetScene,
    n_obs=N_ROBOT + 13,
    surfaces={
        "faucet": Surface((BODY, (LEVER,)), N_POINTS, limit=RANGE[1]),
        "faucet.handle": Surface(((LEVER,),), N_POINTS, target=TARGET, limit=RANGE[1]),
    },
)


def _mjcf() -> str:
    chrome = 'contype="0" conaffinity="0" mass="0" rgba=".74 .77 .80 1"'
    x, y, z = LEVER_PLACE
    return f"""
<body name="faucet">
  {geoms(BODY, f'{OBJECT} group="3"')}
  <geom type="cylinder" pos="0 0 .008" size=".046 .008" {chrome}/>
  <geom type="cylinder" pos="0 0 .1" size=".021 .085" {chrome}/>
  <geom type="capsule" fromto="0 0 .14 .122 0 .14" size=".0135" {chrome}/>
  <geom type="cylinder" pos=".122 0 .115" size=".0135 .025" {chrome}/>
  <geom type="cylinder" pos="0 0 .19" size=".014 .006" {chrome}/>
  <body name="handle" pos="{x} {y} {z}" quat="0 0 0 1">
    <joint name="handle" type="hinge" axis="0 0 1" pos="{HINGE[0]} {HINGE[1]} {HINGE[2]}"
      range="{RANGE[0]} {RANGE[1]}" damping=".5" frictionloss=".3" armature=".002"
      solreflimit=".01 1"/>
    {LEVER.geom(f'{OBJECT} mass=".15" friction=".6" rgba=".88 .30 .18 1"')}
  </body>
</body>"""


class TurnFaucet(ArmEnv):
    """Turn a lever. Observation (38): robot, lever pose, tool to lever, qpos, qvel, way left."""

    def __init__(self, *, render_mode: str | None = None, native_reward: bool = True) -> None:
        super().__init__(
            _mjcf(), SCHEMA, rest=REST, render_mode=render_mode, native_reward=native_reward
        )
        self._faucet = self.model.body("faucet").id
        self._handle = self.model.body("handle").id
        joint = self.model.joint("handle")
        self._qpos = self.data.qpos[joint.qposadr[0] :][:1]
        self._qvel = self.data.qvel[joint.dofadr[0] :][:1]
        self._grasp = self.grasp_of("handle")
        self._felt: Sequence[float] = ()
        self.handle = self.data.xpos[self._handle]

    @property
    def qpos(self) -> float:
        """Angle of the lever's hinge [rad]."""
        return float(self._qpos[0])

    def _place(self, rng: np.random.Generator) -> None:
        super()._place(rng)
        half_turn = rng.uniform(-TURNED, TURNED) / 2
        self.model.body_pos[self._faucet, :2] = rng.uniform(-SPREAD, SPREAD, size=2)
        self.model.body_quat[self._faucet] = (math.cos(half_turn), 0, 0, math.sin(half_turn))

    def _look(self) -> None:
        self._felt = self._grasp.read()

    def _observe(self) -> Array:
        return np.concatenate(
            (
                *self._robot(),
                self.handle,
                self.data.xquat[self._handle],
                self.handle - self.tool,
                self._qpos,
                self._qvel,
                TARGET - self._qpos,
            )
        )

    def _solved(self) -> bool:
        return self.qpos > TARGET

    def _reward(self, solved: bool) -> float:
        turned = (self.qpos - RANGE[0]) / (TARGET - RANGE[0])
        return oracle.turn(self.tool, self.handle, turned, solved)

    def read(self, obs: Array, out: Array) -> None:
        """Write the scene."""
        self._read_robot(out)
        at, qpos, qvel = self._at, self._qpos, self._qvel
        self._read_body(self._faucet, "faucet", out)
        self._read_body(self._handle, "faucet.handle", out)
        links = out[at["faucet._links"]]
        links[:7] = out[at["faucet.pose"]]
        links[7:] = out[at["faucet.handle.pose"]]
        out[at["faucet.qpos"]] = out[at["faucet.handle.qpos"]] = qpos
        out[at["faucet.qvel"]] = out[at["faucet.handle.qvel"]] = qvel
        out[at["faucet._cloud"]] = out[at["faucet.handle._cloud"]] = self.cloud_seed
        out[at["faucet.handle.target_qpos"]] = TARGET
        out[at["faucet.handle.target_grasp_poses"]] = _FLAT_GRASPS
        out[at["faucet.handle._grasp"]] = self._felt
        out[at["obs"]] = obs


_FLAT_GRASPS = np.array(GRASPS, dtype=np.float64).ravel()
