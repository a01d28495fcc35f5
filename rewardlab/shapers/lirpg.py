"""Intrinsic rewards learned by what they make of the policy that learns from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import gymnasium as gym
import numpy as np
import torch
from torch import nn

from rewardlab.shapers import options
from rewardlab.shapers.base import Array, Mode, Need, Shaped, Shaper, Transitions
from rewardlab.shapers.critic import ExtrinsicCritic
from rewardlab.shapers.lookahead import Actor, goes_on, plan, rollout, rows
from rewardlab.shapers.metagradient import (
    Batch,
    Moments,
    meta_step,
    no_moments,
    sums_ahead,
    sums_behind,
)
from rewardlab.shapers.model_value import reward_scale
from rewardlab.shapers.nets import ActionEncoder, Encoder, RunningMoments, minibatches, mlp
from rewardlab.shapers.steps import Steps
from rewardlab.shapers.view import PolicyView

_PARTS = ("reward", "optimizer", "critic", "seen", "steps")


class LIRPG(Shaper):
    """Learn a reward by what a policy that follows it earns: c_ex·r_ext + c_in·r_in(s, a; β).

    r_in is the tanh of a network. After each rollout the policy's steps to come are foreseen, for
    each minibatch: θ′ = θ + α∇J(c_ex·r_ext + c_in·r_in), one step of Adam; then
    β ← β + α_β ∇_{θ′}J_ex(θ′)·∂θ′/∂β, where J_ex weighs the same steps by π_θ′/π_θ and takes the
    advantages of r_ext by a value network of its own (Zheng, Oh, Singh, *On Learning Intrinsic
    Rewards for Policy Gradient Methods*, NeurIPS 2018, algorithm 1). J is PPO's clipped objective
    with generalised advantages, in which r_in is linear.

    With the paper's c_ex = 0 the policy never sees r_ext; `mode` is `"replace"` for any c_ex.

    Here it differs from the authors' code, where one optimiser steps policy and β in turn: the
    algorithm trains its policy by itself, after β has learned from a copy that takes the steps to
    come. That copy's steps have the algorithm's learning rate, minibatch size, epochs and clip
    range (PPO's defaults are the paper's; A2C takes one step with all) and Adam's moments of the
    copies before, but neither entropy and value losses nor a bound on the gradient. Observations
    are whitened by their running mean and deviation and clipped to ±5, bounded actions scaled to
    [−1, 1]. An update costs several
    times what the algorithm's own training does.

    Args:
        c_ex: Weight of the extrinsic reward.
        c_in: Weight of the learned reward.
        lr: α_β, also of the extrinsic value network.
        hidden: Units in both hidden layers of both networks.

    Raises:
        UsageError: A number is out of its range.
    """

    mode: ClassVar[Mode] = "replace"
    needs: frozenset[Need] = frozenset({"on_policy"})

    def __init__(
        self, *, c_ex: float = 0.0, c_in: float = 1.0, lr: float = 1e-4, hidden: int = 64
    ) -> None:
        options.finite("LIRPG", c_ex=c_ex, c_in=c_in)
        options.positive("LIRPG", lr=lr)
        options.whole("LIRPG", hidden=hidden)
        self._c_ex, self._c_in, self._lr, self._hidden = c_ex, c_in, lr, hidden

    def bind(
        self,
        observation_space: gym.Space[Any],
        action_space: gym.Space[Any],
        *,
        gamma: float,
        n_envs: int,
        seed: int,
    ) -> None:
        """Build the networks from the seed; rewards begin near 0, values at 0."""
        super().bind(observation_space, action_space, gamma=gamma, n_envs=n_envs, seed=seed)
        self._encode, self._encode_action = Encoder(observation_space), ActionEncoder(action_space)
        self._random = torch.Generator().manual_seed(seed)
        width, hidden = self._encode.width, (self._hidden, self._hidden)
        inputs = width + self._encode_action.width
        small = 0.01  # larger first rewards saturate the tanh before they have learned anything
        self._reward = mlp(
            [inputs, *hidden, 1], self._random, end=nn.Tanh, last_gain=small, activation=nn.Tanh
        )
        self._optimizer = torch.optim.Adam(self._reward.parameters(), lr=self._lr)
        self._critic = ExtrinsicCritic(width, self._random, hidden=hidden, lr=self._lr)
        self._seen, self._steps = RunningMoments(width), Steps()
        self._moments: Moments | None = None

    def shape(self, batch: Transitions) -> Shaped:
        """Return c_ex·r_ext + c_in·r_in."""
        learned = self._c_in * self.intrinsic(batch.obs, batch.action)
        return Shaped(self._c_ex * batch.r_ext + learned, {"intrinsic": learned})

    def intrinsic(self, obs: Any, action: Any) -> Array:
        """Return r_in(s, a) `(B,)`."""
        with torch.no_grad():
            found = self._reward(self._inputs(obs, action))[:, 0]
        return np.asarray(found.numpy(), np.float64)

    def observe(self, batch: Transitions) -> None:
        """Keep the step until the next update."""
        self._steps.add(batch)

    def update(self, policy: PolicyView) -> dict[str, float]:
        """Learn what the policy should learn from; its own parameters stay as they are."""
        model: Any = policy.model
        ahead, actor = plan(model), Actor(model.policy)
        known = self._known(model)
        params = actor.params(known.batch)
        self._moments = self._moments or no_moments(params)
        gains, losses = [], []
        n_steps = len(known.inputs)
        for at in minibatches(n_steps, ahead.batch_size, ahead.n_epochs, self._random):
            learned = self._reward(known.inputs)[:, 0]
            batch = rows(known.with_rewards(learned.detach()), at)
            step = meta_step(
                actor.log_prob, params, self._moments, batch, lr=ahead.lr, clip=ahead.clip
            )
            params, self._moments = step.params, step.moments
            self._ascend(learned, known.by_rewards(at, step.gradient))
            losses.append(self._critic.learn(known.obs[at], known.returns[at]))
            gains.append(step.objective)
        self._seen.update(known.rows)
        return {"extrinsic_gain": float(np.mean(gains)), "critic_loss": float(np.mean(losses))}

    def state_dict(self) -> dict[str, Any]:
        """Return networks, optimisers, moments and what is not yet learned from."""
        moments = self._moments
        return {
            "random": self._random.get_state(),
            "moments": None if moments is None else dict(moments._asdict()),
            **{name: getattr(self, f"_{name}").state_dict() for name in _PARTS},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        self._random.set_state(state["random"])
        self._moments = None if state["moments"] is None else Moments(**state["moments"])
        for name in _PARTS:
            getattr(self, f"_{name}").load_state_dict(state[name])

    def _known(self, model: Any) -> _Known:
        """Return what does not change while β learns from the last rollout."""
        steps = self._steps.take().last(model.n_steps)
        encoded = self._encode(steps.obs)
        obs, next_obs = self._whitened(encoded), self._whitened(self._encode(steps.next_obs))
        outer, returns = self._critic.advantages(steps, obs, next_obs, gamma=model.gamma)
        inputs = torch.cat([obs, self._actions(steps.action)], dim=1)
        with torch.no_grad():
            paid = self._reward(inputs)[:, 0]
        known = _Known(
            rollout(model)._replace(outer=_tensor(outer)),
            inputs,
            obs,
            _tensor(returns),
            encoded,
            model.gamma * model.gae_lambda * goes_on(model),
            self._c_in * reward_scale(model.get_vec_normalize_env()),
        )
        return known.without_rewards(paid)

    def _ascend(self, learned: torch.Tensor, gradient: torch.Tensor) -> None:
        """Let β go uphill, given the derivative by each learned reward."""
        self._optimizer.zero_grad()
        torch.autograd.backward(learned, -gradient)
        self._optimizer.step()

    def _inputs(self, obs: Any, action: Any) -> torch.Tensor:
        return torch.cat([self._whitened(self._encode(obs)), self._actions(action)], dim=1)

    def _whitened(self, encoded: Array) -> torch.Tensor:
        return torch.as_tensor(self._seen.whiten(encoded), dtype=torch.float32)

    def _actions(self, action: Any) -> torch.Tensor:
        return torch.as_tensor(self._encode_action(action), dtype=torch.float32)


class _Known(NamedTuple):
    """A rollout `(T·E, …)`, time first.

    Attributes:
        batch: Its steps; inner advantages are those of all rewards but the learned ones.
        inputs: Of r_in.
        obs: Whitened observations.
        returns: Extrinsic TD(λ) returns.
        rows: Observations.
        decay: `(E, T)` as `sums_ahead` takes it.
        weight: Of r_in in the reward that the algorithm sees.
    """

    batch: Batch
    inputs: torch.Tensor
    obs: torch.Tensor
    returns: torch.Tensor
    rows: Array
    decay: Array
    weight: float

    def with_rewards(self, rewards: torch.Tensor, sign: float = 1.0) -> Batch:
        """Return the steps with what rewards `(T·E,)` add to advantages."""
        sums = sums_ahead(self._by_env(rewards), self.decay)
        added = _tensor(sign * self.weight * sums.T)
        return self.batch._replace(inner=self.batch.inner + added)

    def without_rewards(self, rewards: torch.Tensor) -> _Known:
        """Return it without what these rewards added to advantages."""
        return self._replace(batch=self.with_rewards(rewards, -1.0))

    def by_rewards(self, at: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
        """Return the derivative by each reward `(T·E,)`, given those by some advantages."""
        whole = torch.zeros(len(self.inputs))
        whole[at] = gradient
        return _tensor(self.weight * sums_behind(self._by_env(whole), self.decay).T)

    def _by_env(self, values: torch.Tensor) -> Array:
        return values.double().numpy().reshape(self.decay.shape[::-1]).T


def _tensor(values: Array) -> torch.Tensor:
    return torch.as_tensor(values.ravel(), dtype=torch.float32)
