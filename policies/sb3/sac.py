"""Mixtures of experts in the actor and the critics of SAC."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stable_baselines3.common.policies import ContinuousCritic
from stable_baselines3.common.preprocessing import get_action_dim
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.sac.policies import Actor, SACPolicy
from torch import Tensor, nn
from torch.optim import Optimizer

from rewardlab.errors import UsageError
from rewardlab.policies.sb3.critic import MoeCritic
from rewardlab.policies.sb3.network import Blueprint
from rewardlab.policies.sb3.policy import MoePolicy


class MoeSACActor(Actor):
    """SB3's actor of SAC with a mixture in it; as the head it is that of the means alone.

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
            if self.use_sde:
                raise UsageError("experts cannot be mixed with gSDE: leave use_sde out")
            self.latent_pi = nn.Sequential(blueprint.pretrained(features_dim))
            self.mu, self.log_std = _Half(0), _Half(1)  # type: ignore[assignment]
            return
        self.latent_pi = blueprint.mlp(features_dim, net_arch)
        if blueprint.place != "head":
            return
        last = net_arch[-1] if net_arch else features_dim
        means = blueprint.head(last, get_action_dim(self.action_space))
        if isinstance(self.mu, nn.Sequential):  # with gSDE means are clipped behind it
            self.mu[0] = means
        else:
            self.mu = means


class _Half(nn.Module):
    """One half of the last dimension: experts give means and log standard deviations."""

    def __init__(self, which: int) -> None:
        super().__init__()
        self.which = which

    def forward(self, x: Tensor) -> Tensor:
        return x.chunk(2, dim=-1)[self.which]


class MoeSACPolicy(MoePolicy, SACPolicy):
    """`MoePolicy` of SAC."""

    family = SACPolicy

    def make_actor(self, features_extractor: BaseFeaturesExtractor | None = None) -> Actor:
        """Return a new actor."""
        kwargs = self._update_features_extractor(self.actor_kwargs, features_extractor)
        return MoeSACActor(**kwargs, blueprint=self._blueprint("actor", "SAC")).to(self.device)

    def make_critic(
        self, features_extractor: BaseFeaturesExtractor | None = None
    ) -> ContinuousCritic:
        """Return new critics."""
        kwargs = self._update_features_extractor(self.critic_kwargs, features_extractor)
        return MoeCritic(**kwargs, blueprint=self._blueprint("critic", "SAC")).to(self.device)

    def _networks(self) -> Iterator[tuple[nn.Module, nn.Module | None, Optimizer]]:
        yield self.actor, None, self.actor.optimizer
        yield self.critic, self.critic_target, self.critic.optimizer
