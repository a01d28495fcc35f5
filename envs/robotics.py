"""What the suites of gymnasium-robotics share: a quiet import, and an arm read like the Panda.

Their fingers are turned, in what programs see, as the Panda's are: each opens along its own y axis,
and the hand points along its z axis, so that a program written for one arm reads another alike.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import redirect_stderr
from importlib import import_module
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from rewardlab.envs import simulator
from rewardlab.envs.recording import slices
from rewardlab.envs.scene import Array
from rewardlab.envs.tabletop.grasp import NOTHING, size_and_angle
from rewardlab.envs.tabletop.panda import HALF_TURN
from rewardlab.program.schema import Schema
from rewardlab.sandbox.helpers import qmult


def load(module: str, name: str) -> Any:
    """Return a class of gymnasium-robotics, without the notes that its import prints."""
    with redirect_stderr(io.StringIO()):
        return getattr(import_module(f"gymnasium_robotics.envs.{module}"), name)


class Arm(NamedTuple):
    """What an arm is called in its model.

    Attributes:
        joints: The seven of the arm.
        fingers: Bodies of the fingers, left and right; left is where the hand's y axis points.
        sliders: Joints of the fingers.
        tool: Site midway between the fingertips.
        hand: Body of the hand, turned as the fingers' bodies are.
        turn: From the hand's frame in the model to the one that programs see, wxyz.
        travel: How far each finger moves [m].
    """

    joints: tuple[str, ...]
    fingers: tuple[str, str]
    sliders: tuple[str, str]
    tool: str
    hand: str
    turn: tuple[float, float, float, float]
    travel: float


class ArmReader:
    """Writes the arm of a MuJoCo model into scene blocks.

    Positions and velocities are those that the environment's own observation and success use. Some
    environments stop after MuJoCo's step, which leaves places as they were one physics step ago.

    Args:
        model: The model.
        data: Its state.
        schema: With a `robot` of the Panda's members.
        arm: What it is called.
    """

    def __init__(self, model: Any, data: Any, schema: Schema, arm: Arm) -> None:
        import mujoco

        self._mujoco, self._model, self._data = mujoco, model, data
        self._at, self._arm = slices(schema), arm
        joints = [model.joint(name) for name in (*arm.joints, *arm.sliders)]
        self._qpos = [joint.qposadr[0] for joint in joints]
        self._qvel = [joint.dofadr[0] for joint in joints]
        self._tool = data.site_xpos[model.site(arm.tool).id]
        self._hand = data.xquat[model.body(arm.hand).id]
        self._fingers = [model.body(name).id for name in arm.fingers]

    @property
    def tool(self) -> Array:
        """Position of the tool centre `(3,)` [m]; a view."""
        tool: Array = self._tool
        return tool

    def read(self, out: Array, cloud: float) -> None:
        """Write the arm into a scene block; `cloud` is the episode's seed of points."""
        at, n, travel = self._at, len(self._arm.joints), self._arm.travel
        angles, rates = self._data.qpos[self._qpos], self._data.qvel[self._qvel]
        hand = qmult(self._hand, self._arm.turn)
        self._mujoco.mj_comVel(self._model, self._data)  # velocities of the present `qvel`
        out[at["robot.ee_pose.p"]] = self._tool
        out[at["robot.ee_pose.q"]] = hand
        out[at["robot.qpos"]], out[at["robot.qvel"]] = angles[:n], rates[:n]
        turns = (hand, qmult(hand, HALF_TURN))
        for i, name in enumerate(("robot.lfinger", "robot.rfinger")):
            self.read_body(name, self._fingers[i], out, turns[i])
            out[at[f"{name}.qpos"]] = min(max(angles[n + i], 0.0), travel)
            out[at[f"{name}.qvel"]] = rates[n + i]
            out[at[f"{name}._cloud"]] = cloud
        opened = angles[n:].sum() / (2 * travel)
        out[at["robot.gripper_openness"]] = min(max(opened, 0.0), 1.0)

    def read_body(self, path: str, body: int, out: Array, quat: Any = None) -> None:
        """Write pose and velocities of a body into a scene block, its frame turned to `quat`."""
        at, data = self._at, self._data
        out[at[f"{path}.pose.p"]] = data.xpos[body]
        out[at[f"{path}.pose.q"]] = data.xquat[body] if quat is None else quat
        self.read_velocity(path, self._mujoco.mjtObj.mjOBJ_XBODY, body, out)

    def read_velocity(self, path: str, kind: Any, index: int, out: Array) -> None:
        """Write velocities of a body or site into a scene block."""
        velocity = np.empty(6)
        self._mujoco.mj_objectVelocity(self._model, self._data, kind, index, velocity, 0)
        out[self._at[f"{path}.velocity"]] = velocity[3:]
        out[self._at[f"{path}.angular_velocity"]] = velocity[:3]

    def felt(self, things: Sequence[int]) -> tuple[float, float, float, float]:
        """Return what the fingers feel of a thing, given its bodies: a scene's `_grasp`."""
        pairs = self._model.geom_bodyid[self._data.contact.geom].reshape(-1, 2)
        touched = np.isin(pairs, things).any(axis=1)
        if not (touched & np.isin(pairs, self._fingers).any(axis=1)).any():
            return NOTHING
        opening = self._axes()[:, 1]
        left, right = (
            self._press(np.flatnonzero(touched & (pairs == finger).any(axis=1)), pairs, finger, way)
            for finger, way in zip(self._fingers, (opening, -opening), strict=True)
        )
        return left[0], right[0], left[1], right[1]

    def _axes(self) -> Array:
        matrix = np.empty(9)
        self._mujoco.mju_quat2Mat(matrix, qmult(self._hand, self._arm.turn))
        return matrix.reshape(3, 3)

    def _press(
        self, contacts: npt.NDArray[np.intp], pairs: Array, finger: int, opening: Array
    ) -> tuple[float, float]:
        """Return the impulse on a finger [N s] and its angle to the opening direction [deg]."""
        force, wrench = np.zeros(3), np.zeros(6)
        for i in contacts:
            self._mujoco.mj_contactForce(self._model, self._data, i, wrench)
            sign = 1.0 if pairs[i, 1] == finger else -1.0  # MuJoCo's acts on the second geom
            force += sign * (wrench[:3] @ self._data.contact.frame[i].reshape(3, 3))
        size, angle = size_and_angle(force, opening)
        return size * self._model.opt.timestep, angle


class FlatEpisode(gym.Wrapper[Array, Any, Any, Any]):
    """An environment of gymnasium-robotics whose observation is one array, for training.

    Args:
        env: The environment, its observations nested dictionaries of arrays.
    """

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        simulator.fast_rendering(getattr(env, "robot_env", env))
        n = sum(map(len, _pieces(env.observation_space.sample())))
        self.observation_space = gym.spaces.Box(-np.inf, np.inf, (n,), np.float64)
        self._clouds = np.random.default_rng()
        self.cloud = 0.0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Start an episode; a seed fixes it and those that follow."""
        if seed is not None:
            self._clouds = np.random.default_rng(seed)
        self.cloud = float(self._clouds.integers(2**32))
        obs, _ = self.env.reset(seed=seed, options=options)
        return flat(obs), {}


def flat(obs: Any) -> Array:
    """Return observation, achieved goal and desired goal of a goal environment as one array."""
    return np.concatenate(_pieces(obs))


def _pieces(obs: Any) -> list[Array]:
    goals = (obs[f"{name}_goal"] for name in ("achieved", "desired"))
    each = [piece for g in goals for piece in (g.values() if isinstance(g, dict) else [g])]
    return [obs["observation"], *each]
