"""Random network distillation: what a network cannot yet predict is new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from rewardlab.shapers import options
from rewardlab.shapers.base import Shaped, Shaper, Transitions
from rewardlab.shapers.nets import Encoder, RunningMoments, minibatches, mlp
from rewardlab.shapers.steps import Steps
from rewardlab.shapers.view import PolicyView

Array = npt.NDArray[np.float64]


class RND(Shaper):
    """Pay for successors that a trained network does not predict: r_ext + w·i(s′).

    i(s′) = ‖f̂(x) − f(x)‖² / σ, with f a random network that stays as it is, f̂ one that learns to
    imitate it on what is visited, x the successor whitened by its running mean and deviation and
    clipped to ±5, and σ the running standard deviation of the discounted sums of ‖f̂ − f‖², which
    run on across episodes (Burda, Edwards, Storkey, Klimov, *Exploration by Random Network
    Distillation*, arXiv 1810.12894).

    Here it differs from the paper:

    - The paper's critic has a second head for intrinsic rewards with a discount of their own
      (γ_int) and weighs advantages 2:1. Stable-Baselines3's algorithms have one critic, so the
      bonus is added to the reward and discounted as it is; γ_int enters σ alone. Intrinsic
      values therefore end with the episode, where the paper's do not.
    - A terminated successor pays nothing, as with every bonus of rewardlab: with returns that end
      there it would pay for ending. One that a time limit cut off pays.
    - Networks are small perceptrons, for vectors. Scales come from what was observed until the
      last update instead of from a random policy beforehand; before the first update nothing is
      paid, since it is not known what is much.

    Off-policy, sampled transitions get today's bonus.

    Args:
        weight: w.
        gamma_int: Discount of the sums whose deviation is σ.
        n_features: Outputs of both networks.
        hidden: Units per hidden layer: one layer for f, two for f̂.
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
        weight: float = 1.0,
        gamma_int: float = 0.99,
        n_features: int = 64,
        hidden: int = 64,
        lr: float = 1e-4,
        epochs: int = 4,
        batch_size: int = 256,
        clip: float = 5.0,
    ) -> None:
        options.not_negative("RND", weight=weight)
        options.share("RND", gamma_int=gamma_int)
        options.positive("RND", lr=lr, clip=clip)
        options.whole(
            "RND", n_features=n_features, hidden=hidden, epochs=epochs, batch_size=batch_size
        )
        self._weight, self._gamma_int, self._clip = weight, gamma_int, clip
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
        """Build both networks from the seed."""
        super().bind(observation_space, action_space, gamma=gamma, n_envs=n_envs, seed=seed)
        self._encode = Encoder(observation_space)
        self._random = torch.Generator().manual_seed(seed)
        width, hidden, out = self._encode.width, self._hidden, self._n_features
        self._target = mlp([width, hidden, out], self._random).requires_grad_(False)
        self._predictor = mlp([width, hidden, hidden, out], self._random)
        self._optimizer = torch.optim.Adam(self._predictor.parameters(), lr=self._lr)
        self._seen, self._returns = RunningMoments(width), RunningMoments(1)
        self._sums = np.zeros(n_envs)
        self._steps = Steps()

    def shape(self, batch: Transitions) -> Shaped:
        """Add the bonus of the successors."""
        novelty = np.where(batch.terminated, 0.0, self._weight * self.novelty(batch.next_obs))
        return Shaped(batch.r_ext + novelty, {"novelty": novelty})

    def novelty(self, obs: Any) -> Array:
        """Return i(s) `(B,)` of observations; 0 before the first update."""
        rows = self._encode(obs)
        if not self._returns.count:
            return np.zeros(len(rows))
        return self._error(self._whitened(rows)) / self._scale()

    def observe(self, batch: Transitions) -> None:
        """Keep the step until the next update."""
        self._steps.add(batch)

    def update(self, policy: PolicyView) -> dict[str, float]:
        """See what was observed, set the scale by it, then learn to predict it."""
        if not len(self._steps):
            return {}
        steps = self._steps.take()
        rows = self._encode(steps.next_obs)
        self._seen.update(rows)
        inputs = self._whitened(rows)
        errors = self._error(inputs).reshape(steps.r_ext.shape)
        self._rescale(errors)
        loss = self._learn(inputs)
        return {"novelty": float(errors.mean() / self._scale()), "predictor_loss": loss}

    def state_dict(self) -> dict[str, Any]:
        """Return networks, optimiser, scales and what is not yet learned from."""
        return {
            "target": self._target.state_dict(),
            "predictor": self._predictor.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "random": self._random.get_state(),
            "seen": self._seen.state_dict(),
            "returns": self._returns.state_dict(),
            "sums": self._sums.copy(),
            "steps": self._steps.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        for part in ("target", "predictor", "optimizer", "seen", "returns", "steps"):
            getattr(self, f"_{part}").load_state_dict(state[part])
        self._random.set_state(state["random"])
        self._sums = np.array(state["sums"])

    def _rescale(self, errors: Array) -> None:
        """Let the discounted sums `(E,)` run on over errors `(T, E)`; see each of them."""
        for row in errors:
            self._sums = self._gamma_int * self._sums + row
            self._returns.update(self._sums[:, None])

    def _learn(self, inputs: torch.Tensor) -> float:
        """Let f̂ imitate f; return the last mean error per feature."""
        aims, loss = self._target(inputs), torch.zeros(())
        for rows in minibatches(len(inputs), self._batch_size, self._epochs, self._random):
            loss = nn.functional.mse_loss(self._predictor(inputs[rows]), aims[rows])
            self._optimizer.zero_grad()
            torch.autograd.backward(loss)
            self._optimizer.step()
        return loss.item()

    def _error(self, inputs: torch.Tensor) -> Array:
        """Return ‖f̂ − f‖² `(B,)`."""
        with torch.no_grad():
            error = (self._predictor(inputs) - self._target(inputs)).square().sum(dim=1)
        return np.asarray(error.numpy(), np.float64)

    def _whitened(self, rows: Array) -> torch.Tensor:
        return torch.as_tensor(self._seen.whiten(rows, self._clip), dtype=torch.float32)

    def _scale(self) -> float:
        return float(self._returns.std[0]) + 1e-8
