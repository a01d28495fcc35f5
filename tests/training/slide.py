"""A small environment with bounds other than ±1, both endings, and what was really done in it."""

import gymnasium as gym
import numpy as np
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.env_util import make_vec_env

from rewardlab.shapers import Shaped, Shaper

LOW, HIGH = np.array([-2.0, 0.0], np.float32), np.array([6.0, 10.0], np.float32)
OFF = {"learning_starts": 20, "batch_size": 8, "buffer_size": 300, "train_freq": 4}
ALGORITHMS = {
    PPO: {"n_steps": 32, "batch_size": 32, "n_epochs": 2},
    A2C: {"n_steps": 8},
    DQN: {**OFF, "gradient_steps": 2},
    SAC: {**OFF, "gradient_steps": 2},
    TD3: {**OFF, "gradient_steps": 2},
}


class Slide(gym.Env):
    """Lost (terminated) below -3, cut off after 7 steps; pays where it stands."""

    def __init__(self, discrete=False, numbered=False):
        box = gym.spaces.Box(LOW, HIGH)
        self.action_space = gym.spaces.Discrete(3) if discrete else box
        wide = gym.spaces.Box(-100.0, 100.0, (2,), np.float32)
        self.observation_space = gym.spaces.Discrete(40) if numbered else wide
        self.discrete, self.numbered = discrete, numbered

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x, self.t = self.np_random.uniform(-2, 2), 0
        return self._obs(), {}

    def step(self, action):
        self.t += 1
        push = float(action) - 1.0 if self.discrete else float(action[0] - action[1]) / 4.0
        self.x += push + self.np_random.normal(0.0, 0.3)
        info = {"success": self.x > 1.0}
        return self._obs(), self.x, self.x < -3.0, self.t >= 7, info

    def _obs(self):
        if self.numbered:
            return int(np.clip(self.x + 20, 0, 39))
        return np.array([self.x, self.t], np.float32)


def build(algorithm, *, numbered=False, discrete=False, n_envs=2, seed=3, normalize=None, **more):
    """Return an algorithm on it."""
    given = {"discrete": discrete or algorithm is DQN, "numbered": numbered}
    venv = make_vec_env(Slide, n_envs, seed=seed, env_kwargs=given)
    if normalize:
        venv = normalize(venv)
    settings = {**ALGORITHMS[algorithm], "policy_kwargs": {"net_arch": [8]}, **more}
    return algorithm("MlpPolicy", venv, seed=seed, device="cpu", **settings)


class Remembers(Shaper):
    """Adds `paid` to what the environment pays, and keeps all that it was told."""

    def __init__(self, paid=0.0):
        self.paid, self.collected, self.asked, self.began = paid, [], [], []

    def begin(self, obs, env_id):
        self.began.append((obs, env_id))

    def shape(self, batch):
        self.asked.append(batch)
        bonus = np.full(len(batch.r_ext), float(self.paid))
        return Shaped(batch.r_ext + bonus, {"paid": bonus}, {"then": bonus.copy()})

    def observe(self, batch):
        self.collected.append(batch)

    def update(self, policy):
        self.paid += 1.0
        return {"updates": self.paid}

    def state_dict(self):
        return {"paid": self.paid}

    def load_state_dict(self, state):
        self.paid = state["paid"]
