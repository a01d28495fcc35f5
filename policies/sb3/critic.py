"""Critics of SAC and TD3 with mixtures of experts."""

from __future__ import annotations

from typing import Any

from stable_baselines3.common.policies import ContinuousCritic
from stable_baselines3.common.preprocessing import get_action_dim

from rewardlab.policies.sb3.network import Blueprint


class MoeCritic(ContinuousCritic):
    """SB3's critic with a mixture in each of its networks.

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
