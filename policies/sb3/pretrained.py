"""Policies that were trained before, as experts of a new one."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.vec_env import VecNormalize
from stable_baselines3.dqn.policies import DQNPolicy
from stable_baselines3.sac.policies import SACPolicy
from stable_baselines3.td3.policies import TD3Policy
from torch import Tensor, nn

from rewardlab.errors import Caution, UsageError
from rewardlab.policies.layer import MoELayer
from rewardlab.policies.router import RouterOutput

FAMILIES: dict[type[BasePolicy], str] = {
    ActorCriticPolicy: "PPO and A2C",
    SACPolicy: "SAC",
    TD3Policy: "TD3",
    DQNPolicy: "DQN",
}
"""Policies whose outputs mean the same, and so can be mixed."""


class Expert(nn.Module):
    """A trained policy as a function of observations: what its actions are made of.

    Output `(T, o)`: means or logits of actions (PPO, A2C), means and log standard deviations
    before squashing (SAC), actions before squashing (TD3), or Q-values (DQN).

    Args:
        policy: The policy; it is copied.
        normalizer: Arrays `obs_mean`, `obs_var`, `epsilon` and `clip_obs` that it was trained
            with; from then on they stay.
        name: What errors call it.
    """

    def __init__(
        self, policy: BasePolicy, normalizer: Mapping[str, Any] | None = None, name: str = "expert"
    ) -> None:
        super().__init__()
        self.name = name
        self.family = _family(policy, name)
        if isinstance(policy.observation_space, gym.spaces.Dict):
            raise UsageError(f"{name} observes a Dict: experts observe one array")
        if isinstance(policy, SACPolicy) and policy.actor.use_sde:
            raise UsageError(f"{name} explores with gSDE: its standard deviations cannot be mixed")
        self.observation_space = policy.observation_space
        self.action_space = policy.action_space
        self.frozen = True
        self.network = copy.deepcopy(_network(policy))
        log_std = getattr(policy, "log_std", None)
        self.log_std = None if log_std is None else log_std.detach().clone()
        data = normalizer or {"obs_mean": 0.0, "obs_var": 1.0, "epsilon": 0.0, "clip_obs": np.inf}
        scale = np.sqrt(np.asarray(data["obs_var"]) + data["epsilon"])
        self.clip = float(data["clip_obs"])
        self.register_buffer("mean", torch.as_tensor(data["obs_mean"], dtype=torch.float32))
        self.register_buffer("scale", torch.as_tensor(scale, dtype=torch.float32))

    def forward(self, features: Tensor) -> Tensor:
        """Return `(T, o)` for observations `(T, d)` that are preprocessed and flattened."""
        shape = self.observation_space.shape
        if isinstance(self.observation_space, gym.spaces.Box) and shape:
            features = features.view(-1, *shape)
        x = (features - self.get_buffer("mean")) / self.get_buffer("scale")
        out: Tensor = self.network(x.clamp(-self.clip, self.clip))
        return out

    def train(self, mode: bool = True) -> Expert:
        """As torch's, but a frozen expert stays as it was evaluated."""
        return super().train(mode and not self.frozen)

    def copied(self, *, frozen: bool) -> Expert:
        """Return a copy that learns, or does not."""
        made = copy.deepcopy(self)
        made.frozen = frozen
        made.requires_grad_(not frozen)
        return made.train(not frozen)


class PretrainedMixture(MoELayer):
    """A mixture whose experts are trained policies: `y_t = Σ_e w_te π_e(x_t)`.

    All of them are run on every state, as there are few.

    Args:
        dim: Width of observations.
        experts: The policies; they are copied.
        frozen: Whether they stay as they are; else they go on learning.
        **options: Of `MoELayer`, shared (new) experts included.
    """

    def __init__(
        self, dim: int, experts: Sequence[Expert], *, frozen: bool = True, **options: Any
    ) -> None:
        device = experts[0].get_buffer("mean").device
        with torch.no_grad():
            out_dim = experts[0](torch.zeros(1, dim, device=device)).shape[1]
        super().__init__(dim, out_dim, n_experts=len(experts), **options)
        del self.experts
        self.policies = nn.ModuleList(expert.copied(frozen=frozen) for expert in experts)

    def _routed(self, x: Tensor, routed: RouterOutput) -> Tensor:
        outputs = torch.stack([policy(x) for policy in self.policies], dim=1)
        return (routed.weights.to(x.dtype)[..., None] * outputs).sum(dim=1)


def expert(trained: Any, name: str) -> Expert:
    """Return a trained policy as an expert.

    Args:
        trained: A model of Stable-Baselines3, whose `VecNormalize` comes along; one of its
            policies, as `load` returns it; a pair of either and the `VecNormalize` that it was
            trained with; a run of rewardlab, or its loaded policy.
        name: What errors call it.

    Raises:
        UsageError: It is none of these, or of an algorithm whose policies cannot be mixed.
    """
    if isinstance(trained, Expert):
        return trained
    if hasattr(trained, "load_policy"):  # a run, which this package does not know
        trained = trained.load_policy()
    if isinstance(trained, tuple) and len(trained) == 2 and isinstance(trained[1], VecNormalize):
        policy: Any = getattr(trained[0], "policy", trained[0])
        return Expert(policy, arrays_of(trained[1]), name)
    if isinstance(trained, BaseAlgorithm):
        if trained.get_env() is None:
            warnings.warn(
                f"{name} comes without its environment, so how it normalises observations is not "
                "known; if it was trained with VecNormalize, give (model, VecNormalize.load(…))",
                Caution,
                stacklevel=2,
            )
        return Expert(trained.policy, arrays_of(trained.get_vec_normalize_env()), name)
    model = getattr(trained, "model", trained)
    if not isinstance(model, BasePolicy):
        hint = "; open it first, e.g. rewardlab.Run.open(…) or PPO.load(…)"
        raise UsageError(
            f"{name} is a trained model, its policy or a run, got {trained!r}"
            + hint * isinstance(trained, str)
        )
    return Expert(model, getattr(trained, "normalizer", None), name)


def arrays_of(venv: VecNormalize | None) -> dict[str, Any] | None:
    """Return the arrays with which a `VecNormalize` treats observations at present."""
    if venv is None or not venv.norm_obs:
        return None
    rms: Any = venv.obs_rms
    return {
        "obs_mean": rms.mean.copy(),
        "obs_var": rms.var.copy(),
        "epsilon": venv.epsilon,
        "clip_obs": venv.clip_obs,
    }


def check_fit(
    experts: Sequence[Expert],
    family: type[BasePolicy],
    observation: gym.Space[Any],
    action: gym.Space[Any],
) -> None:
    """Raise `UsageError` if an expert is of another family, or sees or does something else."""
    for expert in experts:
        if expert.family is not family:
            raise UsageError(
                f"{expert.name} is a policy of {FAMILIES[expert.family]}, whose outputs cannot be "
                f"mixed in one of {FAMILIES[family]}: use experts of {FAMILIES[family]}"
            )
        for what, mine, theirs in (
            ("observes", observation, expert.observation_space),
            ("acts in", action, expert.action_space),
        ):
            if not _same(mine, theirs, bounds=what == "acts in"):
                raise UsageError(
                    f"{expert.name} {what} {theirs}, the policy that it is to be part of {what} "
                    f"{mine}: experts must have the spaces of the new task"
                )


def _same(mine: gym.Space[Any], theirs: gym.Space[Any], *, bounds: bool) -> bool:
    """Return whether two spaces mean the same; bounds of observations do not matter."""
    if not (isinstance(mine, gym.spaces.Box) and isinstance(theirs, gym.spaces.Box)):
        return mine == theirs
    pairs = ((mine.low, theirs.low), (mine.high, theirs.high))
    return mine.shape == theirs.shape and (not bounds or all(np.allclose(*p) for p in pairs))


def _family(policy: BasePolicy, name: str) -> type[BasePolicy]:
    recurrent = hasattr(policy, "lstm_actor")  # also an ActorCriticPolicy, with a memory
    for family in FAMILIES:
        if isinstance(policy, family) and not recurrent:
            return family
    raise UsageError(
        f"{name} is a {type(policy).__name__}; experts are policies of PPO, A2C, SAC, TD3 or DQN"
    )


def _network(policy: Any) -> nn.Module:
    """Return the part of a policy that leads from observations to what its actions are made of."""
    if isinstance(policy, DQNPolicy):
        return nn.Sequential(policy.q_net.features_extractor, policy.q_net.q_net)
    if isinstance(policy, TD3Policy):
        mu: Any = policy.actor.mu
        return nn.Sequential(policy.actor.features_extractor, mu[:-1])
    if isinstance(policy, SACPolicy):
        return _Gaussian(policy.actor)
    return nn.Sequential(
        policy.pi_features_extractor, policy.mlp_extractor.policy_net, policy.action_net
    )


class _Gaussian(nn.Module):
    """Mean and log standard deviation of SAC's actor, side by side."""

    def __init__(self, actor: Any) -> None:
        super().__init__()
        self.features_extractor, self.latent_pi = actor.features_extractor, actor.latent_pi
        self.mu, self.log_std = actor.mu, actor.log_std

    def forward(self, x: Tensor) -> Tensor:
        latent = self.latent_pi(self.features_extractor(x))
        return torch.cat([self.mu(latent), self.log_std(latent)], dim=-1)
