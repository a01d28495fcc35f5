"""What shapers with networks share: inputs, seeded perceptrons, running moments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
import torch
from gymnasium.spaces.utils import flatdim
from torch import nn

Array = npt.NDArray[np.float64]

CLIP = 5.0
"""Bound of whitened numbers, unless a shaper has an option for it."""


class Encoder:
    """Observations or actions of a space as rows of numbers: one-hot where they are discrete.

    Args:
        space: `Box`, `Discrete`, `MultiDiscrete`, `MultiBinary`, or a `Dict` of them.

    Attributes:
        width: Numbers per row.
    """

    def __init__(self, space: gym.Space[Any]) -> None:
        self._space, self.width = space, flatdim(space)

    def __call__(self, batch: Any) -> Array:
        """Return `(B, width)`."""
        return _rows(self._space, batch)


class ActionEncoder(Encoder):
    """Actions as rows of numbers; bounded ones are scaled to [−1, 1]."""

    def __call__(self, batch: Any) -> Array:
        """Return `(B, width)`."""
        rows, space = super().__call__(batch), self._space
        if not isinstance(space, gym.spaces.Box) or not space.is_bounded():
            return rows
        low, high = space.low.ravel(), space.high.ravel()
        scaled: Array = 2.0 * (rows - low) / (high - low) - 1.0
        return scaled


def _rows(space: gym.Space[Any], batch: Any) -> Array:
    if isinstance(space, gym.spaces.Dict):
        parts = [_rows(part, batch[key]) for key, part in space.spaces.items()]
        return np.concatenate(parts, axis=1)
    if isinstance(space, gym.spaces.Discrete):
        return _one_hot(np.ravel(batch).astype(int) - int(space.start), int(space.n))
    if isinstance(space, gym.spaces.MultiDiscrete):
        sizes, starts = space.nvec.ravel(), space.start.ravel()
        values = np.reshape(batch, (len(batch), -1)).astype(int) - starts
        columns = [_one_hot(values[:, i], int(n)) for i, n in enumerate(sizes)]
        return np.concatenate(columns, axis=1)
    return np.asarray(batch, np.float64).reshape(len(batch), -1)


def _one_hot(values: npt.NDArray[np.int64], n: int) -> Array:
    rows = np.zeros((len(values), n))
    rows[np.arange(len(values)), values] = 1.0
    return rows


def mlp(
    sizes: Sequence[int],
    generator: torch.Generator,
    *,
    activation: type[nn.Module] = nn.ReLU,
    end: type[nn.Module] = nn.Identity,
    last_gain: float = 2.0**0.5,
) -> nn.Sequential:
    """Return a perceptron whose weights come from the generator alone.

    Weights are orthogonal with gain √2, biases 0, as in Stable-Baselines3.

    Args:
        sizes: Widths, from inputs to outputs.
        generator: Draws the weights; torch's own one stays as it is.
        activation: Between layers.
        end: After the last.
        last_gain: Gain of the last layer; 0 lets a perceptron begin at 0.
    """
    layers: list[nn.Module] = []
    for i, (n_in, n_out) in enumerate(pairwise(sizes)):
        layer: nn.Linear = nn.utils.skip_init(nn.Linear, n_in, n_out)  # type: ignore[no-untyped-call]
        gain = last_gain if i == len(sizes) - 2 else 2.0**0.5
        nn.init.orthogonal_(layer.weight, gain, generator=generator)
        nn.init.zeros_(layer.bias)
        layers += [layer, activation()]
    return nn.Sequential(*layers[:-1], end())


def minibatches(n: int, size: int, epochs: int, generator: torch.Generator) -> Iterator[Any]:
    """Yield indices `(≤ size,)` of n things in random order, every epoch in another one."""
    for _ in range(epochs):
        yield from torch.split(torch.randperm(n, generator=generator), size)


class RunningMoments:
    """Mean and variance of all rows seen so far (Chan, Golub, LeVeque 1983).

    Args:
        width: Numbers per row.
    """

    def __init__(self, width: int) -> None:
        self.count, self.mean, self._squares = 0, np.zeros(width), np.zeros(width)

    @property
    def std(self) -> Array:
        """Standard deviation `(width,)`; 0 before anything was seen."""
        return np.asarray(np.sqrt(self._squares / max(self.count, 1)))

    def update(self, rows: Array) -> None:
        """See rows `(B, width)`."""
        total, delta = self.count + len(rows), rows.mean(axis=0) - self.mean
        self.mean = self.mean + delta * len(rows) / total
        spread = ((rows - rows.mean(axis=0)) ** 2).sum(axis=0)
        self._squares = self._squares + spread + delta**2 * self.count * len(rows) / total
        self.count = total

    def whiten(self, rows: Array, clip: float = CLIP) -> Array:
        """Return rows `(B, width)` as deviations from the mean, within ±clip.

        Before anything was seen they are clipped alone. A number that never changed has no
        deviation to compare with: it becomes 0 there, ±clip elsewhere.
        """
        if not self.count:
            return np.clip(rows, -clip, clip)
        return np.asarray(np.clip((rows - self.mean) / (self.std + 1e-8), -clip, clip))

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must hold."""
        return {"count": self.count, "mean": self.mean, "squares": self._squares}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        self.count, self.mean = int(state["count"]), np.array(state["mean"])
        self._squares = np.array(state["squares"])
