from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.envs.recording import SceneRecorder
from rewardlab.envs.scene import Scene, field
from rewardlab.envs.tasks import Task
from rewardlab.program.specs import ActionSpec


class LineScene(Scene):
    """A point on a line."""

    position: float = field("where it is", unit="m")


class Line(gym.Env):
    """Push a point to 0: reward -|x|, solved below 0.1, lost (terminated) beyond 2."""

    def __init__(self, *, seed=None, horizon=20, discrete=False, native_reward=True):
        self.observation_space = gym.spaces.Box(-5.0, 5.0, (2,), np.float64)
        box = gym.spaces.Box(-1.0, 1.0, (1,), np.float32)
        self.action_space = gym.spaces.Discrete(3) if discrete else box
        self.horizon, self.discrete, self.native_reward = horizon, discrete, native_reward
        self.reset(seed=seed)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x, self.t = self.np_random.uniform(-1.0, 1.0), 0
        return self._obs(), {}

    def step(self, action):
        self.t += 1
        push = action - 1 if self.discrete else np.clip(np.ravel(action)[0], -1.0, 1.0)
        self.x += 0.2 * float(push)
        reward = -abs(self.x) if self.native_reward else 0.0
        info = {"success": abs(self.x) < 0.1}
        return self._obs(), reward, abs(self.x) > 2.0, self.t >= self.horizon, info

    def _obs(self):
        return np.array([self.x, self.t / self.horizon])


def line_task(*, horizon=20, discrete=False, success=True, oracle=True, success_program=None):
    action = ActionSpec(1, discrete=3 if discrete else 0)
    schema = LineScene.schema(action=action, dt=0.1)

    def read(env):
        def write(obs, out):
            out[0] = env.x

        return write

    def make(*, seed, render_mode, native_reward):
        env = Line(seed=seed, horizon=horizon, discrete=discrete, native_reward=native_reward)
        return SceneRecorder(env, schema, read(env))

    return Task(
        id="gym/Line",
        suite="gym",
        goal="Push the point to the middle.",
        scene=schema,
        success="closer than 0.1 m" if success else None,
        oracle="minus the distance" if oracle else None,
        env_id="Line",
        horizon=horizon,
        make=make,
        success_program=success_program,
    )


@pytest.fixture
def make_task():
    return line_task


@pytest.fixture
def task():
    return line_task()
