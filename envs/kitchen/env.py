"""The kitchen with one subtask as a seeded episode with a scene, a success flag and a reward."""

from __future__ import annotations

import math
from typing import Any, SupportsFloat

import mujoco
import numpy as np

from rewardlab.envs.kitchen.scene import ARM
from rewardlab.envs.kitchen.table import Row
from rewardlab.envs.recording import slices
from rewardlab.envs.robotics import ArmReader, FlatEpisode, flat
from rewardlab.envs.scene import Array
from rewardlab.envs.tabletop import oracle


class KitchenEpisode(FlatEpisode):
    """One subtask of the kitchen.

    Physics, noise and completion are the environment's own. What differs: observations are arrays
    (observation, achieved goal, desired goal); `success` says whether the subtask is complete at
    this moment; episodes do not end with it; the reward is dense, and ours.

    Args:
        env: The environment, fresh, with this subtask alone.
        row: The subtask.
        native_reward: Compute our dense reward; without it rewards are 0.
    """

    def __init__(self, env: Any, row: Row, *, native_reward: bool) -> None:
        super().__init__(env)
        self.arm = ArmReader(env.model, env.data, row.schema, ARM)
        self._at, self._row, self._kitchen = slices(row.schema), row, env
        self._native_reward = native_reward
        model = env.model
        site = model.site(row.place)
        self._site, self._handle = int(site.id), env.data.site_xpos[site.id]
        self._kettle = model.body("kettle").id
        self._bodies = _subtree(model, int(site.bodyid[0]))
        first, last = row.joints
        self._joints = slice(first, last + 1)
        self._target = np.array(row.target)
        self._sign = np.sign(row.target[row.moved])
        self._left_at_first = 1.0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Start an episode; a seed fixes the noise of this one and those that follow."""
        obs, info = super().reset(seed=seed, options=options)
        self._left_at_first = self._left()
        return obs, info

    def step(self, action: Any) -> tuple[Array, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step; `info["success"]` says whether the environment counts the subtask as complete."""
        obs, _, _, _, info = self.env.step(action)
        solved = self._row.name in info["step_task_completions"]
        reward = self._reward(solved) if self._native_reward else 0.0
        return flat(obs), reward, False, False, {"success": solved}

    def read(self, obs: Array, out: Array) -> None:
        """Write the scene into `out`."""
        at, member = self._at, self._row.member
        self.arm.read(out, self.cloud)
        if member == "kettle":
            self.arm.read_body("kettle", self._kettle, out)
            out[at["kettle._grasp"]] = self.arm.felt(self._bodies)
            out[at["goal_position"]] = self._target[:3]
            out[at["goal_quaternion"]] = self._target[3:]
        else:
            self._read_fixture(member, out)
        out[at["obs"]] = obs

    def _read_fixture(self, member: str, out: Array) -> None:
        at, data, moved = self._at, self._kitchen.data, self._row.moved
        handle = f"{member}.handle"
        turned = np.empty(4)
        mujoco.mju_mat2Quat(turned, data.site_xmat[self._site])
        out[at[f"{handle}.pose.p"]], out[at[f"{handle}.pose.q"]] = self._handle, turned
        self.arm.read_velocity(handle, mujoco.mjtObj.mjOBJ_SITE, self._site, out)
        out[at[f"{handle}._grasp"]] = self.arm.felt(self._bodies)
        # each of these joints has one position and one velocity, and no free joint comes before
        numbers = {
            "qpos": data.qpos[self._joints],
            "qvel": data.qvel[self._joints],
            "target_qpos": self._target,
        }
        for name, values in numbers.items():
            out[at[f"{member}.{name}"]] = values
            out[at[f"{handle}.{name}"]] = self._sign * values[moved]

    def _left(self) -> float:
        """Return the distance to the goal that the environment scores."""
        return math.dist(self._kitchen.data.qpos[self._joints], self._target)

    def _reward(self, solved: bool) -> float:
        turned = 1.0 - self._left() / self._left_at_first
        return oracle.turn(self.arm.tool, self._handle, turned, solved)


def _subtree(model: Any, root: int) -> list[int]:
    """Return a body and those that hang on it; bodies come after their parents."""
    found = [root]
    for body in range(root + 1, model.nbody):
        if model.body_parentid[body] in found:
            found.append(body)
    return found
