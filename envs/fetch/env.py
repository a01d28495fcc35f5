"""A Fetch environment as a seeded episode with a scene, a success flag and a flat observation."""

from __future__ import annotations

from typing import Any, SupportsFloat

import mujoco
import numpy as np

from rewardlab.envs.fetch.scene import ARM
from rewardlab.envs.recording import slices
from rewardlab.envs.robotics import ArmReader, FlatEpisode, flat
from rewardlab.envs.scene import Array
from rewardlab.program.schema import Schema


class FetchEpisode(FlatEpisode):
    """One Fetch environment.

    Physics, goals, success and dense reward are the environment's own. What differs: observations
    are arrays (observation, achieved goal, desired goal), `success` is a `bool`, and pictures leave
    the simulation alone.

    Args:
        env: The environment, fresh.
        schema: Its scene.
    """

    def __init__(self, env: Any, schema: Schema) -> None:
        super().__init__(env)
        self.arm = ArmReader(env.model, env.data, schema, ARM)
        self._at, self._fetch = slices(schema), env
        self._block = env.model.body("object0").id if env.has_object else None
        half = schema.layout.get("cube_half_size")
        self._half = half.field.low if half else None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Start an episode with a new goal; a seed fixes it and those that follow."""
        obs, info = super().reset(seed=seed, options=options)
        self._mark()
        return obs, info

    def step(self, action: Any) -> tuple[Array, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step; `info["success"]` is the environment's own flag."""
        obs, reward, terminated, truncated, info = self.env.step(action)
        success = bool(info["is_success"])
        return flat(obs), float(reward), terminated, truncated, {"success": success}

    def render(self) -> Any:
        """Return the picture, without the environment's own step of the solver before it."""
        fetch = self._fetch
        return fetch.mujoco_renderer.render("rgb_array") if fetch.render_mode else None

    def read(self, obs: Array, out: Array) -> None:
        """Write the scene into `out`."""
        at = self._at
        self.arm.read(out, self.cloud)
        out[at["goal_position"]] = self._fetch.goal
        if self._block is not None:
            self.arm.read_body("cubeA", self._block, out)
            out[at["cubeA._grasp"]] = self.arm.felt([self._block])
            out[at["cube_half_size"]] = self._half
        out[at["obs"]] = obs

    def _mark(self) -> None:
        """Put the mark of the goal, which pictures show, where the goal is."""
        model, data = self._fetch.model, self._fetch.data
        place = data.xpos[model.site("target0").bodyid[0]]
        model.site("target0").pos[:] = np.asarray(self._fetch.goal) - place
        mujoco.mj_kinematics(model, data)
