"""`MoePolicy` as a name that Stable-Baselines3's algorithms know."""

from __future__ import annotations

from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm

from rewardlab.policies.sb3.dqn import MoeDQNPolicy
from rewardlab.policies.sb3.on_policy import MoeActorCriticPolicy
from rewardlab.policies.sb3.policy import MoePolicy
from rewardlab.policies.sb3.sac import MoeSACPolicy
from rewardlab.policies.sb3.td3 import MoeTD3Policy

POLICIES: dict[type[BaseAlgorithm], type[MoePolicy]] = {
    A2C: MoeActorCriticPolicy,
    DQN: MoeDQNPolicy,
    PPO: MoeActorCriticPolicy,
    SAC: MoeSACPolicy,
    TD3: MoeTD3Policy,
}
"""Each algorithm's own `MoePolicy`."""


def register() -> None:
    """Let `policy="MoePolicy"` work in each of them."""
    for algorithm, policy in POLICIES.items():
        algorithm.policy_aliases["MoePolicy"] = policy
