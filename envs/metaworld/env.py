"""A MetaWorld environment as a seeded episode with a scene, a success flag and a time limit."""

from __future__ import annotations

from typing import Any, SupportsFloat

import gymnasium as gym
import numpy as np
from gymnasium.utils import seeding

from rewardlab.envs import simulator
from rewardlab.envs.metaworld.scene import schema, write
from rewardlab.envs.metaworld.table import ROWS, Near, Row
from rewardlab.envs.recording import SceneRecorder
from rewardlab.envs.scene import Array

MAX_HORIZON = 500
CAMERA = "corner2"


def make(
    name: str,
    horizon: int,
    *,
    seed: int | None,
    render_mode: str | None,
    native_reward: bool,
) -> gym.Env[Any, Any]:
    """Build the environment of `metaworld/<name>`."""
    simulator.prepare()
    from metaworld.env_dict import ALL_V3_ENVIRONMENTS

    row = ROWS[name]
    sawyer = ALL_V3_ENVIRONMENTS[f"{name}-v3"](render_mode=render_mode, camera_name=CAMERA)
    simulator.fast_rendering(sawyer)
    env = SawyerEpisode(sawyer, row, horizon=horizon, seed=seed, native_reward=native_reward)
    return SceneRecorder(env, schema(row), env.read_scene)


class SawyerEpisode(gym.Wrapper[Any, Any, Any, Any]):
    """One MetaWorld environment with a random goal per episode.

    Differences to the environment underneath: the goal follows from the seed; `success` is a
    `bool`; the time limit is ours and stepping past it raises nothing; the first observation of an
    episode is taken after the objects were moved, while the original's still shows some of them
    where the last episode left them; pictures are upright.

    Args:
        sawyer: The environment, fresh.
        row: Its task.
        horizon: Steps after which the episode is truncated.
        seed: Fixes the sequence of goals.
        native_reward: Compute the environment's own reward; without it rewards are 0.
    """

    def __init__(
        self, sawyer: Any, row: Row, *, horizon: int, seed: int | None, native_reward: bool
    ) -> None:
        super().__init__(sawyer)
        self._sawyer = sawyer
        self._row = row
        self._horizon = horizon
        self._steps = 0
        sawyer._freeze_rand_vec = False
        sawyer._set_task_called = True
        sawyer.seeded_rand_vec = True
        sawyer.max_path_length = np.inf
        self._seed(seed)
        if not native_reward:
            self._skip_native_reward()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Start an episode with a new goal; a seed fixes it and those that follow."""
        if seed is not None:
            self._seed(seed)
        self._steps = 0
        self._sawyer.reset()
        return self._settled_observation(), {}

    def step(self, action: Any) -> tuple[Array, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step; `info["success"]` is the environment's own flag."""
        obs, reward, _, _, info = self._sawyer.step(action)
        info["success"] = bool(info["success"])
        self._steps += 1
        return obs, reward, False, self._steps >= self._horizon, info

    def render(self) -> Any:
        """Return the picture, upright: the camera hangs upside down."""
        frame = self._sawyer.render()
        return frame[::-1, ::-1] if isinstance(frame, np.ndarray) else frame

    def read_scene(self, obs: Array, out: Array) -> None:
        """Write the scene of the current state."""
        write(out, obs, self._sawyer._target_pos, self._row.order, self._row.order2)

    def _seed(self, seed: int | None) -> None:
        self._sawyer.np_random, _ = seeding.np_random(seed)

    def _settled_observation(self) -> Array:
        """Observe after the objects were moved: `reset_model` leaves positions of before."""
        import mujoco

        sawyer = self._sawyer
        mujoco.mj_kinematics(sawyer.model, sawyer.data)
        frame = sawyer._get_curr_obs_combined_no_goal()
        sawyer._prev_obs = frame
        return np.hstack((frame, frame, np.zeros(3)))

    def _skip_native_reward(self) -> None:
        """Replace the reward by the success rule alone, where that rule is a plain distance."""
        sawyer, scored = self._sawyer, self._row.scored
        if isinstance(scored, Near):
            weights, limit = np.array(scored.weights), scored.within

            def evaluate(obs: Array, action: Any) -> tuple[float, dict[str, Any]]:
                error = weights * (obs[4:7] - sawyer._target_pos)
                return 0.0, {"success": error @ error <= limit * limit}
        else:
            native = sawyer.evaluate_state

            def evaluate(obs: Array, action: Any) -> tuple[float, dict[str, Any]]:
                return 0.0, {"success": native(obs, action)[1]["success"]}

        sawyer.evaluate_state = evaluate
