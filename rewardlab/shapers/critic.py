"""Values of the extrinsic reward alone; an algorithm's own critic sees the shaped one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from rewardlab.shapers.base import Array
from rewardlab.shapers.metagradient import sums_ahead
from rewardlab.shapers.nets import mlp
from rewardlab.shapers.steps import Collected


class ExtrinsicCritic:
    """A network of V(s), the discounted extrinsic return of the policy that acts.

    Args:
        width: Numbers per observation.
        generator: Draws the weights; values begin at 0.
        hidden: Units of each hidden layer.
        lr: Adam's step size.
        huber: Learn by the smooth L1 loss instead of the squared one.
    """

    def __init__(
        self,
        width: int,
        generator: torch.Generator,
        *,
        hidden: tuple[int, ...] = (64, 64),
        lr: float = 1e-3,
        huber: bool = False,
    ) -> None:
        self._net = mlp([width, *hidden, 1], generator, last_gain=0.0)
        self._optimizer = torch.optim.Adam(self._net.parameters(), lr=lr)
        self._loss = nn.functional.smooth_l1_loss if huber else nn.functional.mse_loss

    def values(self, obs: torch.Tensor) -> Array:
        """Return V(s) `(B,)` of observations `(B, width)`."""
        with torch.no_grad():
            return np.asarray(self._net(obs)[:, 0].numpy(), np.float64)

    def advantages(
        self, steps: Collected, obs: torch.Tensor, next_obs: torch.Tensor, *, gamma: float
    ) -> tuple[Array, Array]:
        """Return extrinsic advantages `(T, E)` and the returns to learn from `(T, E)`."""
        shape = steps.r_ext.shape
        values = self.values(obs).reshape(shape)
        next_values = self.values(next_obs).reshape(shape)
        found = gae(steps, values, next_values, gamma=gamma)
        return found, found + values

    def learn(self, obs: torch.Tensor, returns: torch.Tensor) -> float:
        """Take a step towards returns `(B,)`; return the loss."""
        loss = self._loss(self._net(obs)[:, 0], returns)
        self._optimizer.zero_grad()
        torch.autograd.backward(loss)
        self._optimizer.step()
        return loss.item()

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must hold."""
        return {"net": self._net.state_dict(), "optimizer": self._optimizer.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        self._net.load_state_dict(state["net"])
        self._optimizer.load_state_dict(state["optimizer"])


def gae(
    steps: Collected, values: Array, next_values: Array, *, gamma: float, lam: float = 0.95
) -> Array:
    """Return generalised advantages `(T, E)` of the extrinsic reward.

    A_t = Σ_k (γλ)^k δ_{t+k} within an episode, δ_t = r_ext + γV(s′) − V(s), where V(s′) is 0 if s′
    is terminal, and counts at a time limit and where the steps end (Schulman et al., *High-
    Dimensional Continuous Control Using Generalized Advantage Estimation*, arXiv 1506.02438).

    Args:
        steps: T steps of E environments.
        values: `(T, E)` V(s).
        next_values: `(T, E)` V(s′).
        gamma: γ.
        lam: λ.
    """
    surprise = steps.r_ext + gamma * np.where(steps.terminated, 0.0, next_values) - values
    decay = np.where(steps.terminated | steps.truncated, 0.0, gamma * lam)
    decay[-1] = 0.0
    return sums_ahead(surprise.T, decay.T).T
