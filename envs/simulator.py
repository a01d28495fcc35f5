"""MuJoCo behind one door: its graphics are chosen before it is imported, its pictures are cheap."""

from __future__ import annotations

from typing import Any, SupportsFloat

import gymnasium as gym

from rewardlab.envs.gl import choose, require

SIZE = 480
"""Width and height of pictures [pixels]."""


def prepare(render_mode: str | None = None) -> None:
    """Choose the graphics back end; to be called before anything imports mujoco.

    Raises:
        RenderError: Pictures are asked for and cannot be drawn here.
    """
    if render_mode:
        require()
    else:
        choose()


def has_model(env: Any) -> bool:
    """Whether an environment is one of MuJoCo's: it has a model and its data."""
    return type(getattr(env, "model", None)).__name__ == "MjModel" and hasattr(env, "data")


def fast_rendering(env: Any) -> None:
    """Make pictures of a MuJoCo environment cheap: no shadows, reflections or multisampling."""
    visual = env.model.vis
    visual.global_.offwidth = getattr(env, "width", SIZE)
    visual.global_.offheight = getattr(env, "height", SIZE)
    visual.quality.offsamples = 0
    visual.quality.shadowsize = 0
    env.model.mat_reflectance[:] = 0.0
    env.model.light_castshadow[:] = False


class Episode(gym.Wrapper[Any, Any, Any, Any]):
    """A time limit, and a seed given once that fixes the sequence of resets.

    Args:
        env: The environment.
        horizon: Steps after which the episode is truncated.
        seed: Used at the first reset that does not bring its own.
        native_reward: Pass the environment's own reward on; without it rewards are 0.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        horizon: int,
        seed: int | None,
        native_reward: bool = True,
    ) -> None:
        super().__init__(env)
        self._native_reward = native_reward
        self._horizon = horizon
        self._seed = seed
        self._steps = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start an episode."""
        seed = self._seed if seed is None else seed
        self._seed = None
        self._steps = 0
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step; at the horizon the episode is truncated."""
        obs, reward, terminated, truncated, info = self.env.step(action)
        self._steps += 1
        if not self._native_reward:
            reward = 0.0
        return obs, reward, terminated, truncated or self._steps >= self._horizon, info
