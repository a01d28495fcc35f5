"""A mixture of experts in the Q-network of DQN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stable_baselines3.dqn.policies import DQNPolicy, QNetwork
from torch import nn
from torch.optim import Optimizer

from rewardlab.errors import UsageError
from rewardlab.policies.sb3.network import Blueprint
from rewardlab.policies.sb3.policy import MoePolicy


class MoeQNetwork(QNetwork):
    """SB3's Q-network with a mixture in it.

    Args:
        net_arch: Widths of hidden layers.
        features_dim: Width of features.
        blueprint: How it is built.
        **kwargs: Of `QNetwork`.
    """

    def __init__(
        self, *, net_arch: list[int], features_dim: int, blueprint: Blueprint, **kwargs: Any
    ) -> None:
        super().__init__(net_arch=net_arch, features_dim=features_dim, **kwargs)
        if blueprint.experts:
            self.q_net = nn.Sequential(blueprint.pretrained(features_dim))
        else:
            self.q_net = blueprint.mlp(features_dim, net_arch, int(self.action_space.n))


class MoeDQNPolicy(MoePolicy, DQNPolicy):
    """`MoePolicy` of DQN: its one network both acts and values, and is the actor's."""

    family = DQNPolicy

    def make_q_net(self) -> QNetwork:
        """Return a new Q-network."""
        if "critic" in self.moe.given or self.moe.actor is None:
            raise UsageError(
                "DQN has one network, which acts: its mixture is moe's actor, so leave out critic "
                "and do not switch the actor off"
            )
        kwargs = self._update_features_extractor(self.net_args, features_extractor=None)
        return MoeQNetwork(**kwargs, blueprint=self._blueprint("actor", "DQN")).to(self.device)

    def _networks(self) -> Iterator[tuple[nn.Module, nn.Module | None, Optimizer]]:
        yield self.q_net, self.q_net_target, self.optimizer
