"""Transitions for tests of shapers that learn from them."""

import gymnasium as gym
import numpy as np
import torch

from rewardlab.shapers.base import Transitions

BOX = gym.spaces.Box(-np.inf, np.inf, (3,), np.float64)


def transitions(obs, action, next_obs, r_ext=None, terminated=None, truncated=None):
    """Return a batch with defaults for what a test does not speak of."""
    n = len(action)
    none = np.zeros(n, np.bool_)
    return Transitions(
        obs=obs,
        action=np.asarray(action),
        r_ext=np.zeros(n) if r_ext is None else np.asarray(r_ext, np.float64),
        next_obs=next_obs,
        terminated=none if terminated is None else np.asarray(terminated),
        truncated=none if truncated is None else np.asarray(truncated),
        env_id=np.arange(n),
        t=np.zeros(n, np.int64),
        success=none,
    )


def bound(shaper, observation_space=BOX, action_space=None, n_envs=4, seed=0):
    """Return a shaper after `bind`."""
    action_space = action_space or gym.spaces.Discrete(2)
    shaper.bind(observation_space, action_space, gamma=0.99, n_envs=n_envs, seed=seed)
    return shaper


def rollout(rng, n_steps=64, n_envs=4, centre=0.0, scale=1.0):
    """Return steps at random places around a centre."""
    shape = (n_steps, n_envs, 3)
    obs, next_obs = (centre + scale * rng.normal(size=shape) for _ in range(2))
    action = rng.integers(2, size=shape[:2])
    return [transitions(*step) for step in zip(obs, action, next_obs, strict=True)]


def learn(shaper, steps, times=1):
    """Let a shaper see the same steps again and again, and learn after each time."""
    for _ in range(times):
        for batch in steps:
            shaper.observe(batch)
        shaper.update(None)
    return shaper


def same(one, two):
    """Say whether two nested states are equal bit for bit."""
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(same(one[k], two[k]) for k in one)
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, torch.Tensor):
        return torch.equal(one, two)
    return bool(np.array_equal(one, two))
