"""What an algorithm has learned a state to be worth, as a function of raw observations."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.vec_env import VecNormalize
from stable_baselines3.dqn.policies import DQNPolicy
from stable_baselines3.sac.policies import SACPolicy
from stable_baselines3.td3.policies import TD3Policy

from rewardlab.errors import UsageError


@dataclass(frozen=True)
class ModelValue:
    """V(s) of an algorithm's own networks; the same observation gives the same answer.

    DQN: max_a of the target network. SAC, TD3 and DDPG: the smallest target critic at the actor's
    mean action (without SAC's entropy term). PPO, A2C: the value function.

    Attributes:
        policy: Whose networks are asked.
        normalizer: Normalises observations as the algorithm sees them.
    """

    policy: BasePolicy
    normalizer: VecNormalize | None

    @classmethod
    def of(cls, model: BaseAlgorithm) -> ModelValue:
        """Return that of an algorithm, which changes as that learns.

        Raises:
            UsageError: It has none that is known here.
        """
        if not isinstance(model.policy, ActorCriticPolicy | DQNPolicy | SACPolicy | TD3Policy):
            raise UsageError(
                f"the critic of {type(model).__name__} is not known; use DQN, SAC, TD3, DDPG, PPO "
                "or A2C"
            )
        return cls(model.policy, model.get_vec_normalize_env())

    def frozen(self) -> ModelValue:
        """Return it as it is now, whatever the algorithm learns later."""
        with torch.random.fork_rng():
            policy = type(self.policy)(**self.policy._get_constructor_parameters())
        policy.load_state_dict(self.policy.state_dict())
        return ModelValue(policy.to(self.policy.device), copy.deepcopy(self.normalizer))

    def __call__(self, obs: Any) -> npt.NDArray[np.float64]:
        """Return V `(B,)` of raw observations `(B, …)`."""
        seen = obs if self.normalizer is None else self.normalizer.normalize_obs(obs)
        with torch.no_grad():
            values = self._values(self.policy.obs_to_tensor(seen)[0])
        return values.cpu().numpy().astype(np.float64)

    def _values(self, obs: Any) -> torch.Tensor:
        policy: Any = self.policy
        if isinstance(policy, ActorCriticPolicy):
            return policy.predict_values(obs)[:, 0]
        if isinstance(policy, DQNPolicy):
            q: torch.Tensor = policy.q_net_target(obs)
            return q.max(dim=1).values
        action = policy._predict(obs, deterministic=True)
        return torch.cat(policy.critic_target(obs, action), dim=1).min(dim=1).values
