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
from torch.nn.functional import softplus

from rewardlab.errors import UsageError

NODES, WEIGHTS = (
    torch.as_tensor(part, dtype=torch.float32) for part in np.polynomial.hermite_e.hermegauss(16)
)
"""Of the Gauss-Hermite quadrature over a standard normal variable; the weights sum to √(2π)."""


@dataclass(frozen=True)
class ModelValue:
    """V(s) of an algorithm's own networks; the same observation gives the same answer.

    DQN: max_a of the target network. TD3 and DDPG: the smallest target critic at the actor's
    action. SAC: the smallest target critic at the actor's mean action, plus αH(π(·|s)), since
    V = E[Q − α log π] (Haarnoja et al., *Soft Actor-Critic*, ICML 2018, equation 3); the entropy is
    that of the squashed actions, the mean of Q is taken at the mean action. PPO, A2C: the value
    function.

    It is in the unit of the rewards before `VecNormalize`, whose clipping cannot be undone.

    Attributes:
        policy: Whose networks are asked.
        normalizer: Normalises observations and rewards as the algorithm sees them.
        log_alpha: log α of SAC.
    """

    policy: BasePolicy
    normalizer: VecNormalize | None
    log_alpha: torch.Tensor | None = None

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
        return cls(model.policy, model.get_vec_normalize_env(), _log_alpha(model))

    def frozen(self) -> ModelValue:
        """Return it as it is now, whatever the algorithm learns later."""
        with torch.random.fork_rng():
            policy = type(self.policy)(**self.policy._get_constructor_parameters())
        policy.load_state_dict(self.policy.state_dict())
        log_alpha = None if self.log_alpha is None else self.log_alpha.detach().clone()
        return ModelValue(policy.to(self.policy.device), copy.deepcopy(self.normalizer), log_alpha)

    def __call__(self, obs: Any) -> npt.NDArray[np.float64]:
        """Return V `(B,)` of raw observations `(B, …)`."""
        seen = obs if self.normalizer is None else self.normalizer.normalize_obs(obs)
        with torch.no_grad():
            values = self._values(self.policy.obs_to_tensor(seen)[0])
        return values.cpu().numpy().astype(np.float64) / reward_scale(self.normalizer)

    def _values(self, obs: Any) -> torch.Tensor:
        policy: Any = self.policy
        if isinstance(policy, ActorCriticPolicy):
            return policy.predict_values(obs)[:, 0]
        if isinstance(policy, DQNPolicy):
            q: torch.Tensor = policy.q_net_target(obs)
            return q.max(dim=1).values
        action = policy._predict(obs, deterministic=True)
        values = torch.cat(policy.critic_target(obs, action), dim=1).min(dim=1).values
        if self.log_alpha is None:
            return values
        return values + self.log_alpha.exp() * _entropy(policy.actor, obs)


def reward_scale(normalizer: VecNormalize | None) -> float:
    """Return what `VecNormalize` multiplies rewards by, its clipping apart."""
    if normalizer is None or not normalizer.norm_reward:
        return 1.0
    return float(1.0 / np.sqrt(normalizer.ret_rms.var + normalizer.epsilon))


def _log_alpha(model: Any) -> torch.Tensor | None:
    """Return log α of SAC, the very tensor that it learns if it does."""
    if not isinstance(model.policy, SACPolicy):
        return None
    learned: torch.Tensor | None = model.log_ent_coef
    return torch.log(model.ent_coef_tensor) if learned is None else learned


def _entropy(actor: Any, obs: Any) -> torch.Tensor:
    """Return H `(B,)` of actions tanh(u), u normal: Σ H(u) + E log(1 − tanh²(u))."""
    mean, log_std, given = actor.get_action_dist_params(obs)
    normal = actor.action_dist.proba_distribution(mean, log_std, **given).distribution
    u = normal.mean[..., None] + normal.stddev[..., None] * NODES.to(mean.device)
    slope = 2.0 * (np.log(2.0) - u - softplus(-2.0 * u))
    expected = slope @ WEIGHTS.to(mean.device) / np.sqrt(2.0 * np.pi)
    found: torch.Tensor = (normal.entropy() + expected).sum(dim=1)
    return found
