"""Intrinsic curiosity: what an agent cannot yet foresee of what its actions do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from torch import nn

from rewardlab.errors import UsageError
from rewardlab.shapers import options
from rewardlab.shapers.base import Array, Shaped, Shaper, Transitions
from rewardlab.shapers.nets import ActionEncoder, Encoder, RunningMoments, minibatches, mlp
from rewardlab.shapers.steps import Steps
from rewardlab.shapers.view import PolicyView


class ICM(Shaper):
    """Pay for transitions that a learned model does not foresee: r_ext + η/2·‖φ̂(s′) − φ(s′)‖².

    φ are features from which a second network tells the action that led from s to s′, so they
    have no reason to hold what actions do not influence; φ̂(s′) is foretold from φ(s) and a. All
    three learn together from (1 − β)·L_inv + β·L_fwd: L_inv is the cross-entropy of discrete
    actions, or the mean squared error of continuous ones, L_fwd is ½‖φ̂(s′) − φ(s′)‖² (Pathak,
    Agrawal, Efros, Darrell, *Curiosity-driven Exploration by Self-supervised Prediction*,
    arXiv 1705.05363, equations 2 to 7).

    Here it differs from the paper: networks are small perceptrons (ELU, as there), for vectors,
    which are whitened by their running mean and deviation and clipped to ±5; bounded actions are
    scaled to [−1, 1]. The model learns beside the algorithm instead of in one loss with it (there
    λ = .1 on the policy's part). A terminated successor pays nothing, as with every bonus of
    rewardlab, and before the first update nothing does.

    Off-policy, sampled transitions get today's bonus.

    Args:
        eta: η, 0.01 as in the authors' code.
        beta: β, from 0 to 1.
        n_features: Numbers in φ.
        hidden: Units of each network's hidden layer.
        lr: Adam's step size.
        epochs: Passes over what was observed since the last update.
        batch_size: Steps per gradient.
        clip: Bound of whitened observations.

    Raises:
        UsageError: A number is out of its range.
    """

    def __init__(
        self,
        *,
        eta: float = 0.01,
        beta: float = 0.2,
        n_features: int = 32,
        hidden: int = 64,
        lr: float = 1e-3,
        epochs: int = 4,
        batch_size: int = 256,
        clip: float = 5.0,
    ) -> None:
        options.not_negative("ICM", eta=eta)
        options.share("ICM", beta=beta)
        options.positive("ICM", lr=lr, clip=clip)
        options.whole(
            "ICM", n_features=n_features, hidden=hidden, epochs=epochs, batch_size=batch_size
        )
        self._eta, self._beta, self._clip = eta, beta, clip
        self._n_features, self._hidden, self._lr = n_features, hidden, lr
        self._epochs, self._batch_size = epochs, batch_size

    def bind(
        self,
        observation_space: gym.Space[Any],
        action_space: gym.Space[Any],
        *,
        gamma: float,
        n_envs: int,
        seed: int,
    ) -> None:
        """Build the networks from the seed.

        Raises:
            UsageError: Actions are neither discrete nor continuous.
        """
        super().bind(observation_space, action_space, gamma=gamma, n_envs=n_envs, seed=seed)
        if not isinstance(action_space, gym.spaces.Discrete | gym.spaces.Box):
            raise UsageError(f"ICM needs actions in a Discrete or Box space, not {action_space}")
        self._encode, self._action_space = Encoder(observation_space), action_space
        self._encode_action = ActionEncoder(action_space)
        self._random = torch.Generator().manual_seed(seed)
        self._model = _Model(
            self._encode.width,
            self._encode_action.width,
            self._n_features,
            self._hidden,
            self._random,
        )
        self._optimizer = torch.optim.Adam(self._model.parameters(), lr=self._lr)
        self._seen, self._steps = RunningMoments(self._encode.width), Steps()

    def shape(self, batch: Transitions) -> Shaped:
        """Add the bonus."""
        curiosity = np.where(batch.terminated, 0.0, self.curiosity(batch))
        return Shaped(batch.r_ext + curiosity, {"curiosity": curiosity})

    def curiosity(self, batch: Transitions) -> Array:
        """Return η/2·‖φ̂(s′) − φ(s′)‖² `(B,)` of transitions; 0 before the first update."""
        if not self._seen.count:
            return np.zeros(len(batch.r_ext))
        obs, next_obs = self._whitened(batch.obs), self._whitened(batch.next_obs)
        with torch.no_grad():
            error = self._model(obs, self._actions(batch.action), next_obs)[1]
        return self._eta * np.asarray(error.numpy(), np.float64)

    def observe(self, batch: Transitions) -> None:
        """Keep the step until the next update."""
        self._steps.add(batch)

    def update(self, policy: PolicyView) -> dict[str, float]:
        """Learn features and model from what was observed."""
        if not len(self._steps):
            return {}
        steps = self._steps.take()
        self._seen.update(self._encode(steps.next_obs))
        obs, next_obs = self._whitened(steps.obs), self._whitened(steps.next_obs)
        actions = self._actions(steps.action)
        found = torch.zeros(2)
        for rows in minibatches(len(obs), self._batch_size, self._epochs, self._random):
            found = self._learn(obs[rows], actions[rows], next_obs[rows])
        return {"inverse_loss": float(found[0]), "forward_loss": float(found[1])}

    def state_dict(self) -> dict[str, Any]:
        """Return networks, optimiser, scales and what is not yet learned from."""
        return {
            "model": self._model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "random": self._random.get_state(),
            "seen": self._seen.state_dict(),
            "steps": self._steps.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        for part in ("model", "optimizer", "seen", "steps"):
            getattr(self, f"_{part}").load_state_dict(state[part])
        self._random.set_state(state["random"])

    def _learn(
        self, obs: torch.Tensor, actions: torch.Tensor, next_obs: torch.Tensor
    ) -> torch.Tensor:
        """Take one step; return L_inv and L_fwd."""
        told, error = self._model(obs, actions, next_obs)
        if isinstance(self._action_space, gym.spaces.Discrete):
            inverse = nn.functional.cross_entropy(told, actions)
        else:
            inverse = nn.functional.mse_loss(told, actions)
        forward = error.mean()
        self._optimizer.zero_grad()
        torch.autograd.backward((1.0 - self._beta) * inverse + self._beta * forward)
        self._optimizer.step()
        return torch.stack([inverse.detach(), forward.detach()])

    def _whitened(self, obs: Any) -> torch.Tensor:
        rows = self._seen.whiten(self._encode(obs), self._clip)
        return torch.as_tensor(rows, dtype=torch.float32)

    def _actions(self, actions: Any) -> torch.Tensor:
        return torch.as_tensor(self._encode_action(actions), dtype=torch.float32)


class _Model(nn.Module):
    """Features, which action led on from them, and where actions lead."""

    def __init__(
        self, n_obs: int, n_actions: int, n_features: int, hidden: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.features = _elu([n_obs, hidden, n_features], generator)
        self.inverse = _elu([2 * n_features, hidden, n_actions], generator)
        self.forward_model = _elu([n_features + n_actions, hidden, n_features], generator)

    def forward(
        self, obs: torch.Tensor, actions: torch.Tensor, next_obs: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the action told from both features `(B, A)`, and ½‖φ̂(s′) − φ(s′)‖² `(B,)`."""
        before, after = self.features(obs), self.features(next_obs)
        told = self.inverse(torch.cat([before, after], dim=1))
        foreseen = self.forward_model(torch.cat([before, actions], dim=1))
        return told, 0.5 * (foreseen - after).square().sum(dim=1)


def _elu(widths: list[int], generator: torch.Generator) -> nn.Sequential:
    return mlp(widths, generator, activation=nn.ELU)
