"""What PPO or A2C is about to learn from, and how, without touching it."""

from __future__ import annotations

from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
import torch
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from torch import nn
from torch.func import functional_call

from rewardlab.shapers.base import Array
from rewardlab.shapers.metagradient import Batch, Params


class Plan(NamedTuple):
    """How an algorithm will step: learning rate, clip range, minibatch size, epochs."""

    lr: float
    clip: float
    batch_size: int
    n_epochs: int


def plan(model: OnPolicyAlgorithm) -> Plan:
    """Return what PPO will do next; A2C takes one step with the whole rollout, unclipped."""
    progress = model._current_progress_remaining
    clip: Any = getattr(model, "clip_range", lambda progress: np.inf)
    return Plan(
        float(model.lr_schedule(progress)),
        float(clip(progress)),
        getattr(model, "batch_size", model.n_steps * model.n_envs),
        getattr(model, "n_epochs", 1),
    )


def rollout(model: OnPolicyAlgorithm) -> Batch:
    """Return the last rollout `(T·E, …)`, time first; both advantages are the algorithm's.

    Its actions are the policy's own, before they were clipped to the action space.
    """
    buffer: Any = model.rollout_buffer
    actions = _flat(buffer.actions)
    if isinstance(model.action_space, gym.spaces.Discrete):
        actions = actions.long().flatten()
    advantages = _flat(buffer.advantages)
    return Batch(_flat(buffer.observations), actions, _flat(buffer.log_probs), *[advantages] * 2)


def goes_on(model: OnPolicyAlgorithm) -> Array:
    """Return `(E, T)` 1 where a step's episode goes on within the rollout, else 0."""
    starts = model.rollout_buffer.episode_starts.T
    return np.concatenate([1.0 - starts[:, 1:], np.zeros((len(starts), 1))], axis=1)


class Actor(nn.Module):
    """log π(a|s) of a policy with other parameters than its own.

    Args:
        policy: The policy of PPO or A2C.
    """

    def __init__(self, policy: Any) -> None:
        super().__init__()
        self.policy = policy

    def forward(self, obs: Any, actions: torch.Tensor) -> torch.Tensor:
        """Return log π(a|s) `(B,)`."""
        found: torch.Tensor = self.policy.get_distribution(obs).log_prob(actions)
        return found

    def log_prob(self, params: Params, obs: Any, actions: torch.Tensor) -> torch.Tensor:
        """Return log π(a|s; θ) `(B,)`."""
        found: torch.Tensor = functional_call(self, dict(params), (obs, actions))
        return found

    def params(self, batch: Batch) -> Params:
        """Return a copy of the parameters that the density of actions depends on."""
        named = {k: v.detach().clone().requires_grad_() for k, v in self.named_parameters()}
        first = rows(batch, torch.arange(1))
        density = self.log_prob(named, first.obs, first.actions).sum()
        found = torch.autograd.grad(density, list(named.values()), allow_unused=True)
        used = zip(named.items(), found, strict=True)
        return {name: value.detach() for (name, value), grad in used if grad is not None}


def rows(batch: Batch, at: torch.Tensor) -> Batch:
    """Return some rows of a batch."""
    obs = batch.obs
    some = {k: v[at] for k, v in obs.items()} if isinstance(obs, dict) else obs[at]
    return Batch(some, *(part[at] for part in batch[1:]))


def _flat(values: Any) -> Any:
    """Return `(T, E, …)` as `(T·E, …)`."""
    if isinstance(values, dict):
        return {key: _flat(part) for key, part in values.items()}
    return torch.as_tensor(values.reshape(-1, *values.shape[2:]))
