"""Cubes on a table: lift one, bring one to a point, stack one on another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardlab.envs.scene import Array
from rewardlab.envs.tabletop import oracle
from rewardlab.envs.tabletop.arm import N_ROBOT, ArmEnv, arm_schema
from rewardlab.envs.tabletop.grasp import pressed
from rewardlab.envs.tabletop.panda import FINGER_RANGE
from rewardlab.envs.tabletop.scene import (
    GOAL_HEIGHT,
    HALF_SIZE,
    LiftCubeScene,
    PickCubeScene,
    RigidObject,
    StackCubeScene,
)
from rewardlab.envs.tabletop.world import OBJECT
from rewardlab.program.schema import Schema

SPREAD = 0.1
"""Cubes and goals lie within this of the origin, in x and in y [m]."""

APART = 0.08
"""Least distance between two cubes [m]: room for a finger between them."""

GOAL_APART = 0.05
"""Least distance between cube and goal at a reset [m]."""

NEAR_GOAL = 0.025
"""Largest distance of a cube that was brought to its goal [m]."""

ON_TOP_XY, ON_TOP_Z = math.hypot(HALF_SIZE, HALF_SIZE) + 0.005, 0.005
"""Largest errors of a cube on another, level and in height [m]."""

LIFT_SCHEMA = arm_schema(LiftCubeScene, n_obs=N_ROBOT + 10)
PICK_SCHEMA = arm_schema(PickCubeScene, n_obs=N_ROBOT + 16)
STACK_SCHEMA = arm_schema(StackCubeScene, n_obs=N_ROBOT + 20)


def _cube(name: str, colour: str) -> str:
    return f"""
<body name="{name}">
  <freejoint name="{name}"/>
  <geom type="box" size="{HALF_SIZE} {HALF_SIZE} {HALF_SIZE}" mass=".064" friction="1 .005 .0001"
    rgba="{colour}" {OBJECT}/>
</body>"""


RED = _cube("cubeA", ".86 .22 .20 1")
GREEN = _cube("cubeB", ".25 .62 .38 1")
GOAL = '<site name="goal" pos=".1 .1 .3" size=".02" rgba=".2 .75 .35 .6"/>'


class _CubeEnv(ArmEnv):
    """A cube in reach of the arm, and its grasp."""

    def __init__(self, body: str, schema: Schema, **options: Any) -> None:
        super().__init__(body, schema, **options)
        self._cubes = [name for name in ("cubeA", "cubeB") if name in body]
        self._ids = [self.model.body(name).id for name in self._cubes]
        self._grasps = [self.grasp_of(name) for name in self._cubes]
        self._felt: list[Sequence[float]] = []
        self.cube = self.data.xpos[self._ids[0]]

    @property
    def grasped(self) -> bool:
        """Whether both fingers press cube A."""
        return pressed(self._felt[0])

    def _place(self, rng: np.random.Generator) -> None:
        super()._place(rng)
        for name, where in zip(self._cubes, _apart(rng, len(self._cubes)), strict=True):
            half_turn = rng.uniform(-math.pi, math.pi) / 2
            turn = (math.cos(half_turn), 0.0, 0.0, math.sin(half_turn))
            self.data.joint(name).qpos[:] = (*where, HALF_SIZE, *turn)

    def _look(self) -> None:
        self._felt = [grasp.read() for grasp in self._grasps]

    def _pose(self, i: int) -> tuple[Array, Array]:
        return self.data.xpos[self._ids[i]], self.data.xquat[self._ids[i]]

    def read(self, obs: Array, out: Array) -> None:
        """Write robot and cubes into `out`."""
        self._read_robot(out)
        for name, body, felt in zip(self._cubes, self._ids, self._felt, strict=True):
            self._read_body(body, name, out)
            out[self._at[f"{name}._grasp"]] = felt
        out[self._at["cube_half_size"]] = HALF_SIZE
        out[self._at["obs"]] = obs


def _apart(rng: np.random.Generator, n: int) -> Array:
    """Return places `(n, 2)` that are not near each other [m]."""
    while True:
        places = rng.uniform(-SPREAD, SPREAD, size=(n, 2))
        if n == 1 or np.linalg.norm(places[0] - places[1]) >= APART:
            return places


class LiftCube(_CubeEnv):
    """Lift a cube by 0.2 m. Observation (35): robot, cube pose, tool to cube."""

    def __init__(self, *, render_mode: str | None = None, native_reward: bool = True) -> None:
        super().__init__(RED, LIFT_SCHEMA, render_mode=render_mode, native_reward=native_reward)

    def _observe(self) -> Array:
        return np.concatenate((*self._robot(), *self._pose(0), self.cube - self.tool))

    def _solved(self) -> bool:
        return bool(self.cube[2] >= GOAL_HEIGHT + HALF_SIZE)

    def _reward(self, solved: bool) -> float:
        return oracle.lift(self.tool, self.cube, self.grasped, HALF_SIZE, GOAL_HEIGHT)

    def read(self, obs: Array, out: Array) -> None:
        """Write the scene."""
        super().read(obs, out)
        out[self._at["goal_height"]] = GOAL_HEIGHT


class PickCube(_CubeEnv):
    """Bring a cube to a point. Observation (41): as LiftCube, goal, cube to goal."""

    def __init__(self, *, render_mode: str | None = None, native_reward: bool = True) -> None:
        super().__init__(
            RED + GOAL, PICK_SCHEMA, render_mode=render_mode, native_reward=native_reward
        )
        self.goal = np.zeros(3)

    def _place(self, rng: np.random.Generator) -> None:
        super()._place(rng)
        cube = self.data.joint("cubeA").qpos[:3]
        while True:
            self.goal = np.append(
                rng.uniform(-SPREAD, SPREAD, size=2), HALF_SIZE + rng.uniform(0.0, 0.5)
            )
            if np.linalg.norm(self.goal - cube) >= GOAL_APART:
                break
        self.model.site("goal").pos[:] = self.goal

    def _observe(self) -> Array:
        to_cube, to_goal = self.cube - self.tool, self.goal - self.cube
        return np.concatenate((*self._robot(), *self._pose(0), to_cube, self.goal, to_goal))

    def _solved(self) -> bool:
        error = self.goal - self.cube
        return bool(error @ error <= NEAR_GOAL**2)

    def _reward(self, solved: bool) -> float:
        return oracle.pick(self.tool, self.cube, self.grasped, self.goal, solved)

    def read(self, obs: Array, out: Array) -> None:
        """Write the scene."""
        super().read(obs, out)
        out[self._at["goal_position"]] = self.goal


class StackCube(_CubeEnv):
    """Put a cube on another. Observation (45): as LiftCube, pose of cube B, cube A to cube B."""

    def __init__(self, *, render_mode: str | None = None, native_reward: bool = True) -> None:
        super().__init__(
            RED + GREEN, STACK_SCHEMA, render_mode=render_mode, native_reward=native_reward
        )
        self.base = self.data.xpos[self._ids[1]]

    @property
    def on_top(self) -> bool:
        """Whether cube A is where it would lie on cube B."""
        x, y, z = (self.cube - self.base).tolist()
        return math.hypot(x, y) <= ON_TOP_XY and abs(z - 2 * HALF_SIZE) <= ON_TOP_Z

    @property
    def static(self) -> bool:
        """Whether cube A is at rest."""
        velocity = self.velocity(self._ids[0])
        rate, speed = math.hypot(*velocity[:3]), math.hypot(*velocity[3:])
        most_speed, most_rate = RigidObject.constants["static"]
        return bool(speed <= most_speed and rate <= most_rate)

    def _observe(self) -> Array:
        to_cube, to_base = self.cube - self.tool, self.base - self.cube
        return np.concatenate((*self._robot(), *self._pose(0), to_cube, *self._pose(1), to_base))

    def _solved(self) -> bool:
        return self.on_top and self.static and not self.grasped

    def _reward(self, solved: bool) -> float:
        opened = float(self._joints[-2:].sum()) / (2 * FINGER_RANGE)
        speed = math.hypot(*self.velocity(self._ids[0])[3:])
        on_top = self.on_top
        return oracle.stack(
            self.tool, self.cube, self.grasped, self.base, HALF_SIZE, on_top, opened, speed, solved
        )
