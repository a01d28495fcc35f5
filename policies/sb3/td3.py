"""Mixtures of experts in the actor and the critics of TD3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stable_baselines3.common.policies import ContinuousCritic
from stable_baselines3.common.preprocessing import get_action_dim
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.td3.policies import Actor, TD3Policy
from torch import nn
from torch.optim import Optimizer

from rewardlab.policies.sb3.critic import MoeCritic
from rewardlab.policies.sb3.network import Blueprint
from rewardlab.policies.sb3.policy import MoePolicy


class MoeTD3Actor(Actor):
    """SB3's actor of TD3 with a mixture in it.

    Args:
        net_arch: Widths of hidden layers.
        features_dim: Width of features.
        blueprint: How it is built.
        **kwargs: Of `Actor`.
    """

    def __init__(
        self, *, net_arch: list[int], features_dim: int, blueprint: Blueprint, **kwargs: Any
    ) -> None:
        super().__init__(net_arch=net_arch, features_dim=features_dim, **kwargs)
        if blueprint.experts:
            network = nn.Sequential(blueprint.pretrained(features_dim))
        else:
            network = blueprint.mlp(features_dim, net_arch, get_action_dim(self.action_space))
        self.mu = network.append(nn.Tanh())


class MoeTD3Policy(MoePolicy, TD3Policy):
    """`MoePolicy` of TD3."""

    family = TD3Policy

    def make_actor(self, features_extractor: BaseFeaturesExtractor | None = None) -> Actor:
        """Return a new actor."""
        kwargs = self._update_features_extractor(self.actor_kwargs, features_extractor)
        return MoeTD3Actor(**kwargs, blueprint=self._blueprint("actor", "TD3")).to(self.device)

    def make_critic(
        self, features_extractor: BaseFeaturesExtractor | None = None
    ) -> ContinuousCritic:
        """Return new critics."""
        kwargs = self._update_features_extractor(self.critic_kwargs, features_extractor)
        return MoeCritic(**kwargs, blueprint=self._blueprint("critic", "TD3")).to(self.device)

    def _networks(self) -> Iterator[tuple[nn.Module, nn.Module | None, Optimizer]]:
        yield self.actor, self.actor_target, self.actor.optimizer
        yield self.critic, self.critic_target, self.critic.optimizer
