"""A corridor whose best policy and values are known, and PPO with weights set by hand."""

import gymnasium as gym
import numpy as np
import torch
from gymnasium.wrappers import TimeLimit
from stable_baselines3 import PPO

GAMMA = 0.9


class Corridor(gym.Env):
    """From x in [0, 1] walk to the right end; every step costs 1. Beside x it shows noise."""

    observation_space = gym.spaces.Box(-10.0, 10.0, (2,), np.float64)
    action_space = gym.spaces.Box(-2.0, 2.0, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x = self.np_random.uniform(0.0, 0.9)
        return self._obs(), {}

    def step(self, action):
        self.x = max(self.x + 0.05 * float(np.ravel(action)[0]), 0.0)
        return self._obs(), -1.0, self.x >= 1.0, False, {}

    def _obs(self):
        return np.array([self.x, self.np_random.normal()])


def make():
    """Return one that is cut off after 40 steps."""
    return TimeLimit(Corridor(), 40)


def policy(push=2.0, worth=5.0, log_std=-3.0):
    """Return PPO that pushes always, and values x at `worth` times x."""
    model = PPO(
        "MlpPolicy",
        make(),
        gamma=GAMMA,
        n_steps=64,
        learning_rate=3e-3,
        seed=0,
        device="cpu",
        policy_kwargs={"net_arch": [], "log_std_init": log_std},
    )
    with torch.no_grad():
        model.policy.action_net.weight.zero_()
        model.policy.action_net.bias.fill_(push)
        model.policy.value_net.weight.copy_(torch.tensor([[worth, 0.0]]))
        model.policy.value_net.bias.fill_(-worth)
    return model


gym.register("rewardlab-tests/Corridor-v0", Corridor, max_episode_steps=40)
