"""The learned reward of ExploRS as a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from rewardlab.shapers.base import Array, Transitions
from rewardlab.shapers.critic import ExtrinsicCritic
from rewardlab.shapers.nets import ActionEncoder, Encoder, RunningMoments, minibatches, mlp
from rewardlab.shapers.steps import Collected, Steps
from rewardlab.shapers.view import PolicyView

N_SAMPLES = 8
"""Actions of the policy over which a continuous R_φ is averaged."""

EPOCHS, BATCH = 1, 256
"""Passes over what was observed since the last update, and steps per gradient."""

_PARTS = ("net", "optimizer", "critic", "seen", "steps")


class PhiNet:
    """R_φ = bound·tanh of a network, learned from segments between updates.

    Args:
        observations: Any space that `Encoder` takes.
        actions: `Discrete`: one output per action. Otherwise the action is an input.
        gamma: Discount.
        seed: Draws weights and minibatches.
        lr: Adam's step size for φ.
        critic_lr: Adam's step size for the extrinsic critic.
        bound: Of |R_φ|.
        hidden: Units of the one hidden layer of both networks.
    """

    def __init__(
        self,
        observations: gym.Space[Any],
        actions: gym.Space[Any],
        *,
        gamma: float,
        seed: int,
        lr: float,
        critic_lr: float,
        bound: float,
        hidden: int,
    ) -> None:
        self._gamma, self._bound = gamma, bound
        self._encode, self._encode_action = Encoder(observations), ActionEncoder(actions)
        self._discrete = isinstance(actions, gym.spaces.Discrete)
        self._random = torch.Generator().manual_seed(seed)
        width, n = self._encode.width, self._encode_action.width
        sizes = [width, hidden, n] if self._discrete else [width + n, hidden, 1]
        self._net = mlp(sizes, self._random, end=nn.Tanh, last_gain=0.0)
        self._optimizer = torch.optim.Adam(self._net.parameters(), lr=lr)
        self._critic = ExtrinsicCritic(
            width, self._random, hidden=(hidden,), lr=critic_lr, huber=True
        )
        self._seen, self._steps = RunningMoments(width), Steps()

    def rewards(self, obs: Any, action: Any) -> Array:
        """Return R_φ(s, a) `(B,)`."""
        with torch.no_grad():
            found = self._taken(self._whitened(self._encode(obs)), self._inputs(action))
        return self._bound * np.asarray(found.numpy(), np.float64)

    def begin(self, env_id: npt.NDArray[np.int64]) -> None:
        """Episodes start; what was left before its end, as when a run is stopped, is cut off."""
        self._steps.cut(env_id)

    def observe(self, batch: Transitions) -> None:
        """Keep the step."""
        self._steps.add(batch)

    def update(self, policy: PolicyView) -> dict[str, float]:
        """Learn φ and the critic from what was observed since the last time."""
        if not len(self._steps):
            return {}
        known = self._known(self._steps.take(), policy)
        found = [
            self._learn(known.at(rows))
            for rows in minibatches(len(known.obs), BATCH, EPOCHS, self._random)
        ]
        norm = sum(float(p.detach().square().sum()) for p in self._net.parameters()) ** 0.5
        agreement, loss = np.mean(found, axis=0).tolist()
        return {
            "phi_norm": norm,
            "agreement": agreement,
            "critic_loss": loss,
            "advantage": float(known.advantage.mean()),
        }

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must hold."""
        parts = {name: getattr(self, f"_{name}").state_dict() for name in _PARTS}
        return {"random": self._random.get_state(), **parts}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        self._random.set_state(state["random"])
        for name in _PARTS:
            getattr(self, f"_{name}").load_state_dict(state[name])

    def _known(self, steps: Collected, policy: PolicyView) -> _Known:
        """Return what does not change while φ learns."""
        rows = self._encode(steps.obs)
        self._seen.update(rows)
        obs, next_obs = self._whitened(rows), self._whitened(self._encode(steps.next_obs))
        advantage, returns = self._critic.advantages(steps, obs, next_obs, gamma=self._gamma)
        return _Known(
            obs,
            self._inputs(steps.action),
            self._policy(policy, steps.obs),
            torch.as_tensor(advantage.ravel(), dtype=torch.float32),
            torch.as_tensor(returns.ravel(), dtype=torch.float32),
        )

    def _policy(self, policy: PolicyView, obs: Any) -> torch.Tensor:
        """Return π(·|s) `(B, A)`, or actions drawn from it `(B, 8, n)`."""
        if self._discrete:
            return torch.as_tensor(policy.probs(obs), dtype=torch.float32)
        seed = int(torch.randint(2**62, (), generator=self._random))
        with torch.random.fork_rng():  # what the algorithm draws stays as it would be without us
            torch.manual_seed(seed)
            drawn = policy.sample(obs, N_SAMPLES)
        return torch.stack([self._inputs(actions) for actions in drawn], dim=1)

    def _learn(self, known: _Known) -> tuple[float, float]:
        """Take a step with φ and one with the critic; return agreement and critic's loss."""
        agreement = (self._weights(known) * self._guidance(known)).mean()
        self._optimizer.zero_grad()
        torch.autograd.backward(-agreement)
        self._optimizer.step()
        return agreement.item(), self._critic.learn(known.obs, known.returns)

    def _weights(self, known: _Known) -> torch.Tensor:
        """Return π(a|s)·A, or for continuous actions A normalised."""
        if self._discrete:
            return (known.policy * known.actions).sum(dim=1) * known.advantage
        deviation = known.advantage.std(unbiased=False) + 1e-8
        return (known.advantage - known.advantage.mean()) / deviation

    def _guidance(self, known: _Known) -> torch.Tensor:
        """Return R_φ(s, a) − Σ_b π(b|s)·R_φ(s, b) `(B,)`, both before they are scaled."""
        if self._discrete:
            outputs = self._net(known.obs)
            centred: torch.Tensor = ((known.actions - known.policy) * outputs).sum(dim=1)
            return centred
        drawn = known.policy
        obs = known.obs.repeat_interleave(N_SAMPLES, dim=0)
        others = self._taken(obs, drawn.flatten(0, 1)).reshape(-1, N_SAMPLES)
        return self._taken(known.obs, known.actions) - others.mean(dim=1)

    def _taken(self, obs: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """Return the network's R_φ(s, a) `(B,)`."""
        if self._discrete:
            chosen: torch.Tensor = (self._net(obs) * actions).sum(dim=1)
            return chosen
        found: torch.Tensor = self._net(torch.cat([obs, actions], dim=1))[:, 0]
        return found

    def _whitened(self, rows: Array) -> torch.Tensor:
        return torch.as_tensor(self._seen.whiten(rows), dtype=torch.float32)

    def _inputs(self, action: Any) -> torch.Tensor:
        """Return actions one-hot, or bounded ones scaled to [−1, 1]."""
        return torch.as_tensor(self._encode_action(action), dtype=torch.float32)


class _Known(NamedTuple):
    """Steps `(B, …)` and what is known of them.

    Attributes:
        obs: Whitened.
        actions: As the network takes them.
        policy: π(·|s) `(B, A)`, or actions drawn from it `(B, 8, n)`.
        advantage: Extrinsic.
        returns: For the critic.
    """

    obs: torch.Tensor
    actions: torch.Tensor
    policy: torch.Tensor
    advantage: torch.Tensor
    returns: torch.Tensor

    def at(self, rows: torch.Tensor) -> _Known:
        """Return some of the steps."""
        return _Known(*(part[rows] for part in self))
