"""What a shaper may ask the policy that is being trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.distributions import CategoricalDistribution
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.dqn import DQN

from rewardlab.errors import UsageError
from rewardlab.shapers.model_value import ModelValue

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PolicyView:
    """The current policy of any SB3 algorithm, asked with raw observations.

    Observations are normalised here as the algorithm's `VecNormalize` does it.

    Attributes:
        model: The algorithm, for shapers that differentiate through its policy.
    """

    model: BaseAlgorithm

    def probs(self, obs: Any) -> Array:
        """Return π(a|s) `(B, A)`; DQN's is ε-greedy with its current ε.

        Raises:
            UsageError: Actions are not discrete.
        """
        space = self.model.action_space
        if not isinstance(space, gym.spaces.Discrete):
            raise UsageError(f"probabilities need discrete actions, not {space}")
        with torch.no_grad():
            if isinstance(self.model, DQN):
                q = self.model.q_net(self.tensor(obs)).cpu().numpy()
                epsilon = self.model.exploration_rate
                greedy = np.eye(q.shape[1])[q.argmax(axis=1)]
                return np.asarray(epsilon / q.shape[1] + (1.0 - epsilon) * greedy)
            distribution = self._actor_critic().get_distribution(self.tensor(obs))
            assert isinstance(distribution, CategoricalDistribution)
            return np.asarray(distribution.distribution.probs.cpu().numpy(), np.float64)

    def log_prob(self, obs: Any, action: npt.NDArray[Any]) -> Array:
        """Return log π(a|s) `(B,)`.

        Raises:
            UsageError: The algorithm's policy has no density.
        """
        if isinstance(self.model.action_space, gym.spaces.Discrete):
            taken = self.probs(obs)[np.arange(len(action)), np.ravel(action).astype(int)]
            return np.asarray(np.log(np.maximum(taken, 1e-12)))
        with torch.no_grad():
            actions = torch.as_tensor(np.asarray(action), device=self.model.device)
            _, found, _ = self._actor_critic().evaluate_actions(self.tensor(obs), actions)
        return np.asarray(found.cpu().numpy(), np.float64)

    def sample(self, obs: Any, k: int) -> npt.NDArray[Any]:
        """Return k actions per observation `(k, B, …)`, as environments take them."""
        raw = self._normalized(obs)
        return np.stack([self.model.predict(raw, deterministic=False)[0] for _ in range(k)])

    def best(self, obs: Any) -> npt.NDArray[Any]:
        """Return the action `(B, …)` that the policy takes when nothing is drawn."""
        return self.model.predict(self._normalized(obs), deterministic=True)[0]

    def value(self, obs: Any) -> Array:
        """Return the learned value `(B,)`, see `rewardlab.shapers.model_value.ModelValue`.

        It is in the unit of the rewards before `VecNormalize`.

        Raises:
            UsageError: The algorithm's critic is not known.
        """
        return ModelValue.of(self.model)(obs)

    def tensor(self, obs: Any) -> Any:
        """Return observations as the policy's networks take them, normalised."""
        return self.model.policy.obs_to_tensor(self._normalized(obs))[0]

    def _normalized(self, obs: Any) -> Any:
        venv = self.model.get_vec_normalize_env()
        return obs if venv is None else venv.normalize_obs(obs)

    def _actor_critic(self) -> ActorCriticPolicy:
        policy = self.model.policy
        if not isinstance(policy, ActorCriticPolicy):
            raise UsageError(
                f"{type(self.model).__name__} has no density of actions; use PPO or A2C"
            )
        return policy
