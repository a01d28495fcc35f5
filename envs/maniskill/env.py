"""A ManiSkill environment as a seeded episode with a scene and a success flag, in numpy."""

from __future__ import annotations

from typing import Any, SupportsFloat

import gymnasium as gym
import numpy as np

from rewardlab.envs.maniskill.novisuals import load
from rewardlab.envs.maniskill.table import Row
from rewardlab.envs.recording import slices
from rewardlab.envs.scene import Array
from rewardlab.envs.tabletop.grasp import size_and_angle
from rewardlab.envs.tabletop.panda import FINGER_RANGE, HALF_TURN, N_JOINTS
from rewardlab.errors import RenderError
from rewardlab.sandbox.helpers import qmult


def build(env_id: str, horizon: int, *, visuals: bool, render_mode: str | None) -> Any:
    """Return ManiSkill's environment with the published control mode.

    Raises:
        RenderError: Vulkan is missing, or pictures are asked for without visuals.
        ConfigError: This process began with the other choice of visuals.
    """
    if render_mode and not visuals:
        raise RenderError(f"maniskill/{env_id} without visuals (visuals=False) draws no pictures")
    load(visuals=visuals)
    hidden = {} if visuals else {"render_backend": "none"}
    try:
        return gym.make(
            env_id,
            obs_mode="state",
            reward_mode="dense",
            control_mode="pd_ee_delta_pose",
            sim_backend="physx_cpu",
            render_mode=render_mode,
            max_episode_steps=horizon,
            disable_env_checker=True,
            **hidden,
        )
    except RuntimeError as error:
        if "vk::" not in str(error) and "ulkan" not in str(error):
            raise
        raise RenderError(
            f"maniskill/{env_id} needs Vulkan, which does not work here ({error}); to describe or "
            "validate only, build the task with visuals=False; to train: tabletop/pick-cube and "
            "its like run without"
        ) from error


class ManiSkillEpisode(gym.Wrapper[Array, Any, Any, Any]):
    """One ManiSkill environment.

    Physics, goals, success and dense reward are its own. What differs: arrays instead of tensors;
    `success` is a `bool` and does not end an episode.

    Args:
        env: The environment, a single one on the CPU.
        row: Its task.
    """

    def __init__(self, env: Any, row: Row) -> None:
        super().__init__(env)
        self._at, self._row, self._env = slices(row.schema), row, env.unwrapped
        n = row.schema.layout["obs"].field.size
        self.observation_space = gym.spaces.Box(-np.inf, np.inf, (n,), np.float64)
        self.action_space = gym.spaces.Box(-1.0, 1.0, (row.schema.action.size,), np.float32)
        self._rng = np.random.default_rng()
        self._cloud = 0.0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Start an episode; a seed fixes it and those that follow."""
        if seed is not None:
            self._rng = np.random.default_rng(seed)
        self._cloud = float(self._rng.integers(2**32))
        obs, _ = self.env.reset(seed=int(self._rng.integers(2**31)), options=options)
        return _array(obs), {}

    def step(self, action: Any) -> tuple[Array, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step; `info["success"]` is the environment's own flag."""
        obs, reward, _, _, info = self.env.step(np.asarray(action, dtype=np.float32))
        return _array(obs), float(reward), False, False, {"success": bool(info["success"])}

    def render(self) -> Any:
        """Return the picture `(height, width, 3)`."""
        pictures: Any = self.env.render()
        return None if pictures is None else pictures[0].cpu().numpy()

    def read(self, obs: Array, out: Array) -> None:
        """Write the scene into `out`."""
        at, row, env = self._at, self._row, self._env
        self._read_robot(out)
        for path, name in row.things.items():
            thing = getattr(env, name)
            self._read_body(path, thing, out)
            out[at[f"{path}._grasp"]] = self._felt(thing)
        if row.place:
            out[at["goal_position"]] = _array(getattr(env, row.place).pose.p)
        for name, value in row.numbers.items():
            out[at[name]] = value
        out[at["obs"]] = obs

    def _read_robot(self, out: Array) -> None:
        at, agent = self._at, self._env.agent
        angles, rates = _array(agent.robot.get_qpos()), _array(agent.robot.get_qvel())
        out[at["robot.ee_pose"]] = _array(agent.tcp.pose.raw_pose)
        out[at["robot.qpos"]], out[at["robot.qvel"]] = angles[:N_JOINTS], rates[:N_JOINTS]
        for i, link in enumerate((agent.finger1_link, agent.finger2_link)):
            path = f"robot.{'lr'[i]}finger"
            self._read_body(path, link, out)
            out[at[f"{path}.qpos"]] = min(max(angles[N_JOINTS + i], 0.0), FINGER_RANGE)
            out[at[f"{path}.qvel"]] = rates[N_JOINTS + i]
            out[at[f"{path}._cloud"]] = self._cloud
        turned = at["robot.rfinger.pose.q"]
        out[turned] = qmult(out[turned], HALF_TURN)
        opened = float(angles[N_JOINTS:].sum()) / (2 * FINGER_RANGE)
        out[at["robot.gripper_openness"]] = min(max(opened, 0.0), 1.0)

    def _read_body(self, path: str, body: Any, out: Array) -> None:
        at = self._at
        out[at[f"{path}.pose"]] = _array(body.pose.raw_pose)
        out[at[f"{path}.velocity"]] = _array(body.linear_velocity)
        out[at[f"{path}.angular_velocity"]] = _array(body.angular_velocity)

    def _felt(self, thing: Any) -> tuple[float, ...]:
        """Return what the fingers feel of a thing: a scene's `_grasp`."""
        env = self._env
        fingers = (env.agent.finger1_link, env.agent.finger2_link)
        left, right = (
            size_and_angle(
                _array(env.scene.get_pairwise_contact_impulses(finger, thing)),
                way * _array(finger.pose.to_transformation_matrix())[:3, 1],
            )
            for finger, way in zip(fingers, (1.0, -1.0), strict=True)
        )
        return left[0], right[0], left[1], right[1]


def _array(tensor: Any) -> Array:
    """Return the first entry of a batch as numbers of double precision."""
    numbers: Array = tensor.detach().cpu().numpy()[0].astype(np.float64)
    return numbers
