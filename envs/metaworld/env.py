"""A MetaWorld environment as a seeded episode with a scene, a success flag and a time limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, SupportsFloat

import gymnasium as gym
import numpy as np
from gymnasium.utils import seeding

from rewardlab.envs import simulator
from rewardlab.envs.metaworld.scene import N_OBS, reader, schema
from rewardlab.envs.metaworld.table import ROWS, Near, Row
from rewardlab.envs.recording import SceneRecorder
from rewardlab.envs.scene import Array

MAX_HORIZON = 500
CAMERA = "corner2"
HAND_LOW, HAND_HIGH = np.array([-0.525, 0.348, -0.0525]), np.array([0.525, 1.025, 0.7])
"""Where the hand can be [m]: the bounds to which MetaWorld clips its observation."""

RESETS_TWICE = {
    *("box-close", "dial-turn", "disassemble", "door-lock", "door-unlock", "handle-press"),
    *("handle-press-side", "handle-pull", "handle-pull-side", "peg-unplug-side"),
    *("window-open", "window-close"),
}
"""Tasks whose reset reads what the last one left, so that, as MetaWorld does for all, it has to
run twice; for the others the second run gives the same state."""


def make(
    name: str,
    horizon: int,
    *,
    seed: int | None,
    render_mode: str | None,
    native_reward: bool,
) -> gym.Env[Any, Any]:
    """Build the environment of `metaworld/<name>`."""
    simulator.prepare(render_mode)
    from metaworld.env_dict import ALL_V3_ENVIRONMENTS

    row = ROWS[name]
    sawyer = ALL_V3_ENVIRONMENTS[f"{name}-v3"](render_mode=render_mode, camera_name=CAMERA)
    simulator.fast_rendering(sawyer)
    env = SawyerEpisode(sawyer, row, horizon=horizon, seed=seed, native_reward=native_reward)
    return SceneRecorder(env, schema(row), reader(row.order, row.order2))


class SawyerEpisode(gym.Wrapper[Any, Any, Any, Any]):
    """One MetaWorld environment with a random goal per episode.

    Physics, success and reward are the environment's own, bit for bit. What differs: the goal
    follows from the seed and is observed (entries 36 to 38, which MetaWorld hides by default); an
    episode's first observation is taken after the objects were moved (the original's still shows
    some of them where the last episode left them); `success` is a `bool`; the time limit is ours,
    and stepping past it raises nothing; pictures are upright.

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
        import mujoco
        from gymnasium.envs.mujoco import MujocoEnv

        super().__init__(sawyer)
        self.observation_space = observation_space()
        self._sawyer, self._horizon = sawyer, horizon
        self._resets_twice = row.name in RESETS_TWICE
        self._steps = 0
        self._frame = np.zeros(18)
        self._fingers = [sawyer.model.body(name).id for name in ("rightclaw", "leftclaw")]
        self._hand = sawyer.model.body("hand").id
        self._mj_step, self._mj_forward = mujoco.mj_step, mujoco.mj_forward
        self._mj_kinematics, self._reset_model = mujoco.mj_kinematics, MujocoEnv.reset
        sawyer._freeze_rand_vec = False
        sawyer._set_task_called = True
        sawyer.seeded_rand_vec = True
        sawyer.touching_object = _touching(sawyer)
        self._seed(seed)
        if native_reward:
            self._evaluate = sawyer.evaluate_state
        else:
            self._evaluate = success_rule(sawyer, row.scored)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Start an episode with a new goal; a seed fixes it and those that follow."""
        if seed is not None:
            self._seed(seed)
        self._steps = 0
        sawyer = self._sawyer
        if self._resets_twice:
            sawyer.reset_model()
            sawyer._freeze_rand_vec = True
        self._reset_model(sawyer)
        sawyer._freeze_rand_vec = False
        self._mj_kinematics(sawyer.model, sawyer.data)
        self._frame = self._look()
        return self._observation(self._frame), {}

    def step(self, action: Any) -> tuple[Array, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step; `info["success"]` is the environment's own flag."""
        sawyer = self._sawyer
        model, data = sawyer.model, sawyer.data
        target = data.mocap_pos[0] + np.minimum(np.maximum(action[:3], -1), 1) * sawyer.action_scale
        data.mocap_pos[0] = np.minimum(np.maximum(target, sawyer.mocap_low), sawyer.mocap_high)
        data.mocap_quat[0] = (1.0, 0.0, 1.0, 0.0)
        data.ctrl[:] = (action[3], -action[3])
        self._mj_step(model, data, nstep=sawyer.frame_skip)
        self._mj_forward(model, data)
        frame = self._look()
        np.minimum(np.maximum(frame[:3], HAND_LOW), HAND_HIGH, out=frame[:3])
        obs = self._observation(frame)
        self._frame = frame
        reward, info = self._evaluate(obs, action)
        info["success"] = bool(info["success"])
        self._steps += 1
        return obs, reward, False, self._steps >= self._horizon, info

    def render(self) -> Any:
        """Return the picture, upright: the camera hangs upside down."""
        frame = self._sawyer.render()
        return np.ascontiguousarray(frame[::-1, ::-1]) if frame is not None else None

    def _seed(self, seed: int | None) -> None:
        self._sawyer.np_random, _ = seeding.np_random(seed)

    def _look(self) -> Array:
        """Return hand `(3,)`, openness and up to two objects `(7,)`: half a frame stack `(18,)`."""
        sawyer = self._sawyer
        where = sawyer.data.xpos
        right, left = self._fingers
        gap = where[right] - where[left]
        frame = np.zeros(18)
        frame[:3] = where[self._hand]
        frame[3] = min(np.sqrt(gap.dot(gap)) / 0.1, 1.0)
        positions, quaternions = sawyer._get_pos_objects(), sawyer._get_quat_objects()
        frame[4:7], frame[7:11] = positions[:3], quaternions[:4]
        if len(positions) > 3:
            frame[11:14], frame[14:18] = positions[3:], quaternions[4:]
        return frame

    def _observation(self, frame: Array) -> Array:
        """Stack a frame, the one before and the goal `(39,)`."""
        return np.concatenate((frame, self._frame, self._sawyer._target_pos))


def _touching(sawyer: Any) -> Callable[[int], bool]:
    """Return `touching_object` without its two loops over all contacts: half of a step."""
    pads = [sawyer.model.geom(name).id for name in ("leftpad_geom", "rightpad_geom")]

    def touching_object(geom: int) -> bool:
        """Whether both pads press on a geom."""
        data = sawyer.data  # looked up each time: a snapshot may have put another in its place
        contact = data.contact
        first, second = contact.geom.T
        touched = (first == geom) | (second == geom)
        for pad in pads:
            pressing = contact.efc_address[touched & ((first == pad) | (second == pad))]
            if not data.efc_force[pressing].sum() > 0:
                return False
        return True

    return touching_object


def success_rule(sawyer: Any, scored: Near | str) -> Any:
    """Return `evaluate_state` without the reward; also its cost saved if the rule is a distance."""
    if not isinstance(scored, Near):

        def evaluate(obs: Array, action: Any) -> tuple[float, dict[str, Any]]:
            return 0.0, {"success": sawyer.evaluate_state(obs, action)[1]["success"]}

        return evaluate

    axes = ["xyz".index(axis) for axis in scored.axes]
    columns = slice(4, 7) if len(axes) == 3 else [4 + axis for axis in axes]
    goals = slice(0, 3) if len(axes) == 3 else axes
    offset, limit = np.array(scored.offset)[goals], scored.within

    def near(obs: Array, action: Any) -> tuple[float, dict[str, Any]]:
        error = obs[columns] + offset - sawyer._target_pos[goals]
        return 0.0, {"success": np.sqrt(error.dot(error)) <= limit}

    return near


def observation_space() -> gym.spaces.Box:
    """Return the space of observations, the goal included."""
    low, high = np.full(N_OBS, -np.inf), np.full(N_OBS, np.inf)
    for start in (0, 18):
        low[start : start + 4] = (*HAND_LOW, 0.0)
        high[start : start + 4] = (*HAND_HIGH, 1.0)
    return gym.spaces.Box(low, high, dtype=np.float64)
