"""Mixtures of experts in the policy and the value network of PPO and A2C."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import torch
from stable_baselines3.common.distributions import DiagGaussianDistribution
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.type_aliases import Schedule
from torch import nn
from torch.optim import Optimizer

from rewardlab.policies.sb3.network import Blueprint, rescale
from rewardlab.policies.sb3.policy import MoePolicy

_GAINS = {"action_net": 0.01, "value_net": 1.0}
"""SB3's gains of output layers with `ortho_init`."""


class MoeActorCriticPolicy(MoePolicy, ActorCriticPolicy):
    """`MoePolicy` of PPO and A2C."""

    family = ActorCriticPolicy
    optimizer_defaults: ClassVar[Mapping[str, Any]] = {"eps": 1e-5}

    def _blueprint_of(self, part: str) -> Blueprint:
        init = "orthogonal" if self.ortho_init else "kaiming"
        return self._blueprint(part, "PPO or A2C", init=init)

    def _build_mlp_extractor(self) -> None:
        super()._build_mlp_extractor()
        arch = self.net_arch
        pi, vf = (
            (arch.get("pi", []), arch.get("vf", [])) if isinstance(arch, dict) else (arch, arch)
        )
        if self.moe.experts:
            self.mlp_extractor.policy_net = nn.Sequential()
            self.mlp_extractor.latent_dim_pi = self.features_dim
        else:
            self.mlp_extractor.policy_net = self._blueprint_of("actor").mlp(self.features_dim, pi)
        self.mlp_extractor.value_net = self._blueprint_of("critic").mlp(self.features_dim, vf)

    def _build(self, lr_schedule: Schedule) -> None:
        super()._build(lr_schedule)
        if self.moe.experts:
            self.action_net = self._blueprint_of("actor").pretrained(self.features_dim)
            self._begin_with_experts_std()
        elif self.moe.place == "head":
            self._build_heads()
        self.optimizer = self.optimizer_class(
            self.parameters(),
            lr=lr_schedule(1),  # type: ignore[call-arg]
            **self.optimizer_kwargs,
        )

    def _build_heads(self) -> None:
        for name, part in (("action_net", "actor"), ("value_net", "critic")):
            dense: Any = getattr(self, name)
            if getattr(self.moe, part) is not None:
                head = self._blueprint_of(part).head(dense.in_features, dense.out_features)
                rescale(head, _GAINS[name] / math.sqrt(2) if self.ortho_init else 1.0)
                setattr(self, name, head)

    def _begin_with_experts_std(self) -> None:
        learned = [expert.log_std for expert in self.moe.experts]
        if isinstance(self.action_dist, DiagGaussianDistribution) and None not in learned:
            mean = torch.stack([std for std in learned if std is not None]).mean(dim=0)
            self.log_std.data.copy_(mean)

    def _networks(self) -> Iterator[tuple[nn.Module, nn.Module | None, Optimizer]]:
        yield self, None, self.optimizer
