"""Critics of SAC and TD3 with mixtures of experts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from stable_baselines3.common.policies import ContinuousCritic
from stable_baselines3.common.preprocessing import get_action_dim
from torch import Tensor, nn

from rewardlab.policies.sb3.network import Blueprint


class MoeCritic(ContinuousCritic):
    """SB3's critic with a mixture in each of its networks.

    Where actions come from an actor that learns by them, its own parameters are constants: SAC and
    TD3 throw the gradients away which an actor's loss would give them, a third of that pass.

    Args:
        net_arch: Widths of hidden layers.
        features_dim: Width of features.
        n_critics: Number of networks.
        blueprint: How each of them is built.
        **kwargs: Of `ContinuousCritic`.
    """

    def __init__(
        self,
        *,
        net_arch: list[int],
        features_dim: int,
        n_critics: int = 2,
        blueprint: Blueprint,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            net_arch=net_arch, features_dim=features_dim, n_critics=n_critics, **kwargs
        )
        dim = features_dim + get_action_dim(self.action_space)
        self.q_networks = [blueprint.mlp(dim, net_arch, 1) for _ in range(n_critics)]
        for i, network in enumerate(self.q_networks):
            self.add_module(f"qf{i}", network)

    def forward(self, obs: Tensor, actions: Tensor) -> tuple[Tensor, ...]:
        """Return the Q-value `(B, 1)` of each network."""
        with constant(self, when=actions.requires_grad):
            return super().forward(obs, actions)

    def q1_forward(self, obs: Tensor, actions: Tensor) -> Tensor:
        """Return the Q-value `(B, 1)` of the first network."""
        with constant(self, when=actions.requires_grad):
            return super().q1_forward(obs, actions)


@contextmanager
def constant(module: nn.Module, *, when: bool) -> Iterator[None]:
    """Let no gradient of what is computed here reach the module's parameters."""
    learned = [p for p in module.parameters() if p.requires_grad] if when else []
    for parameter in learned:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learned:
            parameter.requires_grad_(True)
