"""Episodes of real environments with a shaper around them."""

from dataclasses import dataclass

import gymnasium as gym
import numpy as np
from gymnasium.wrappers import TimeLimit
from stable_baselines3.common.vec_env import DummyVecEnv

from rewardlab.training.shaped import ShapedVecEnv


class Corridor(gym.Env):
    """Walk on a line from 0: beyond 1 it ends; pays the square of the place."""

    observation_space = gym.spaces.Box(-10.0, 10.0, (2,), np.float64)
    action_space = gym.spaces.Box(-1.0, 1.0, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x = self.np_random.uniform(-0.5, 0.5)
        return self._obs(), {}

    def step(self, action):
        self.x += 0.3 * float(np.ravel(action)[0])
        return self._obs(), self.x**2, self.x > 1.0, False, {}

    def _obs(self):
        return np.array([self.x, 1.0])


@dataclass
class Episode:
    """First and last observation, and per step the extrinsic reward and what was added."""

    first: np.ndarray
    last: np.ndarray
    terminated: bool
    r_ext: np.ndarray
    f: np.ndarray


def venv(n_envs=2, horizon=12, env=Corridor):
    """Return environments that end by themselves or after `horizon` steps."""
    return DummyVecEnv([lambda: TimeLimit(env(), horizon) for _ in range(n_envs)])


def walk(shaper, *, gamma, n_steps=60, between=lambda: None, seed=0):
    """Walk at random, the first environment mostly upwards; return the episodes that ended."""
    rng = np.random.default_rng(seed)
    made = ShapedVecEnv(venv(), shaper, gamma=gamma)
    made.seed(seed)
    obs, ended = made.reset(), []
    firsts, rows = [o.copy() for o in obs], [[], []]
    for _ in range(n_steps):
        action = rng.uniform([[-0.3], [-1.3]], [[1.7], [0.7]])
        obs, _, dones, infos = made.step(action.clip(-1, 1).astype(np.float32))
        for i, info in enumerate(infos):
            rows[i].append((info["reward/env"], info["reward/shaped"] - info["reward/env"]))
            if dones[i]:
                r_ext, f = np.array(rows[i]).T
                cut = info["TimeLimit.truncated"]
                ended.append(Episode(firsts[i], info["terminal_observation"], not cut, r_ext, f))
                firsts[i], rows[i] = obs[i].copy(), []
        between()
    return ended
