"""Every gate in every algorithm, in an environment that costs nothing."""

import gymnasium as gym
import numpy as np
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.vec_env.base_vec_env import VecEnv

import rewardlab.policies  # noqa: F401  (registers MoePolicy)

GATES = {
    "softmax": {"gate": "softmax", "top_k": 2},
    "switch": {"gate": "softmax", "top_k": 1, "balance_rate": 0.05},
    "prototype": {"gate": "prototype", "n_prototypes": 2},
    "expert_choice": {"gate": "expert_choice"},
    "sigmoid": {"gate": "sigmoid", "top_k": 2, "n_shared": 1, "balance_rate": 0.05},
    "modified_softmax": {"gate": "modified_softmax", "top_k": 2},
    "dts": {"gate": "dts", "spawn_at": 0.3},
    "dynmole": {"gate": "dynmole", "top_k": 1},
    "released": {"gate": "dynmole", "rule": "released"},
    "soft": {"gate": "soft", "n_tokens": 2},
    "dense": {"gate": "dense"},
}
"""Options of `moe` that may act, by the name of a test case."""

OFF = {"learning_starts": 64, "batch_size": 32, "buffer_size": 2000, "train_freq": 16}
ALGORITHMS = {
    PPO: {"n_steps": 16, "batch_size": 64, "n_epochs": 2},
    A2C: {"n_steps": 8},
    SAC: {**OFF, "gradient_steps": 1},
    TD3: {**OFF, "gradient_steps": 2},
    DQN: {**OFF, "gradient_steps": 1, "target_update_interval": 32},
}
DIM = 6


class Stream(VecEnv):
    """Random observations in episodes of 25 steps; pays for the first action."""

    def __init__(self, n_envs=16, *, discrete=False, dim=DIM):
        box = gym.spaces.Box(-1.0, 1.0, (2,), np.float32)
        observation = gym.spaces.Box(-np.inf, np.inf, (dim,), np.float32)
        super().__init__(n_envs, observation, gym.spaces.Discrete(3) if discrete else box)
        self.random = np.random.default_rng(0)
        self.t = 0

    def reset(self):
        self.t = 0
        return self._obs()

    def step_async(self, actions):
        self.paid = np.ravel(actions.reshape(self.num_envs, -1)[:, 0]).astype(np.float32)

    def step_wait(self):
        self.t += 1
        obs, over = self._obs(), self.t % 25 == 0
        infos = [{} for _ in range(self.num_envs)]
        if over:
            infos = [{"terminal_observation": one, "TimeLimit.truncated": True} for one in obs]
        return obs, self.paid, np.full(self.num_envs, over), infos

    def _obs(self):
        return self.random.normal(size=(self.num_envs, *self.observation_space.shape)).astype("f4")

    def close(self):
        pass

    def env_is_wrapped(self, wrapper_class, indices=None):
        return [False] * self.num_envs

    def get_attr(self, attr_name, indices=None):
        return [None] * self.num_envs

    def set_attr(self, attr_name, value, indices=None):
        pass

    def env_method(self, method_name, *args, indices=None, **kwargs):
        return [None] * self.num_envs


def build(algorithm, moe, *, seed=0, net_arch=(16, 16), dim=DIM, **more):
    """Return an algorithm with a mixture of four experts unless `moe` says another number."""
    discrete = more.pop("discrete", algorithm is DQN)
    return algorithm(
        "MoePolicy",
        Stream(discrete=discrete, dim=dim),
        seed=seed,
        device="cpu",
        policy_kwargs={"net_arch": list(net_arch), "moe": {"n_experts": 4, **moe}},
        **{**ALGORITHMS[algorithm], **more},
    )


def probe(n=64, dim=DIM, seed=1):
    """Return observations `(n, dim)`."""
    return np.random.default_rng(seed).normal(size=(n, dim)).astype("f4")
