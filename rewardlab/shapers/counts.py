"""Bonuses for states that were rarely visited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from rewardlab.errors import UsageError
from rewardlab.shapers import options
from rewardlab.shapers.base import Array, Shaped, Shaper, Transitions
from rewardlab.shapers.formulas import count_bonus
from rewardlab.shapers.nets import Encoder, RunningMoments
from rewardlab.shapers.view import PolicyView

Cells = Callable[[Any], npt.NDArray[np.int64]]
"""Tells the cells `(B,)` of observations."""


class CountBonus(Shaper):
    """Pay for successors that were rarely visited: r_ext + B(s′), B(s) = λ/√N(s).

    N(s) = (λ/B_max)² + the visits of the cell of s, so that B is B_max where nobody ever was. A
    visit counts when a state is left; a step is paid for the counts before it. A terminated
    successor pays nothing. This is ExploB, the bonus of ExploRS alone (*Exploration-Guided Reward
    Shaping for Reinforcement Learning under Sparse Rewards*, NeurIPS 2022).

    Each state of a `Discrete` space is a cell. Other observations are hashed: the cell is the
    signs of A·g(s), with A a Gaussian matrix (SimHash; Tang et al., *#Exploration*, arXiv
    1611.04717). Here g(s) is the whitened observation and a 1, so that the borders of cells do not
    all pass through the mean: few numbers would otherwise make few cells.

    Off-policy the bonus is that of the time of collection.

    Args:
        lam: λ, how slowly the bonus falls.
        b_max: B_max.
        bits: Rows of A, 1 to 64; more make finer cells.
        settle: Observations from which g takes mean and deviation; until then cells still move.
        cells: Tells the cells `(B,)` of raw observations, integers, instead.

    Raises:
        UsageError: A number is out of its range, or `cells` is no function.
    """

    def __init__(
        self,
        *,
        lam: float = 1.0,
        b_max: float = 1.0,
        bits: int = 32,
        settle: int = 10_000,
        cells: Cells | None = None,
    ) -> None:
        options.positive("CountBonus", lam=lam, b_max=b_max)
        options.whole("CountBonus", most=64, bits=bits)
        options.whole("CountBonus", least=0, settle=settle)
        if cells is not None and not callable(cells):
            raise UsageError(f"CountBonus takes cells as a function of observations, got {cells!r}")
        self._lam, self._b_max, self._bits = lam, b_max, bits
        self._settle, self._given_cells = settle, cells

    def bind(
        self,
        observation_space: gym.Space[Any],
        action_space: gym.Space[Any],
        *,
        gamma: float,
        n_envs: int,
        seed: int,
    ) -> None:
        """Draw A from the seed."""
        super().bind(observation_space, action_space, gamma=gamma, n_envs=n_envs, seed=seed)
        self._visits: Counter[int] = Counter()
        self._hash = None if self._given_cells else _hash(observation_space, self._bits, seed)

    def shape(self, batch: Transitions) -> Shaped:
        """Add the bonus of the successors, or that which was frozen when they were reached."""
        if batch.extras is not None:
            bonus = np.asarray(batch.extras["bonus"], np.float64)
        else:
            bonus = np.where(batch.terminated, 0.0, self.bonus(batch.next_obs))
        return Shaped(batch.r_ext + bonus, {"bonus": bonus}, {"bonus": bonus})

    def bonus(self, obs: Any) -> Array:
        """Return B(s) `(B,)` of observations."""
        visits = np.array([self._visits[cell] for cell in self._cells(obs)], np.float64)
        return count_bonus(visits, lam=self._lam, b_max=self._b_max)

    def observe(self, batch: Transitions) -> None:
        """Count the states that were left."""
        if self._hash is not None and self._hash.seen.count < self._settle:
            self._hash.see(batch.obs)
        self._visits.update(self._cells(batch.obs))

    def update(self, policy: PolicyView) -> dict[str, float]:
        """Say how many cells are known; the counts themselves are always up to date."""
        return {"cells": float(len(self._visits))}

    def state_dict(self) -> dict[str, Any]:
        """Return counts, A and the moments of observations."""
        return {
            "cells": np.fromiter(self._visits.keys(), np.int64),
            "visits": np.fromiter(self._visits.values(), np.int64),
            "hash": None if self._hash is None else self._hash.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        kept = zip(state["cells"].tolist(), state["visits"].tolist(), strict=True)
        self._visits = Counter(dict(kept))
        if self._hash is not None:
            self._hash.load_state_dict(state["hash"])

    def _cells(self, obs: Any) -> list[int]:
        told = self._given_cells or self._hash or np.ravel
        cells: list[int] = np.ravel(told(obs)).tolist()
        return cells


def _hash(space: gym.Space[Any], bits: int, seed: int) -> _SimHash | None:
    return None if isinstance(space, gym.spaces.Discrete) else _SimHash(space, bits, seed)


class _SimHash:
    """Signs of A·g(s) as one integer."""

    def __init__(self, space: gym.Space[Any], bits: int, seed: int) -> None:
        self._encode = Encoder(space)
        self.seen = RunningMoments(self._encode.width)
        shape = (bits, self._encode.width + 1)
        self._matrix: Array = np.random.default_rng(seed).normal(size=shape)
        self._powers = (1 << np.arange(bits, dtype=np.uint64)).astype(np.uint64)

    def __call__(self, obs: Any) -> npt.NDArray[np.int64]:
        """Return the cells `(B,)`."""
        rows = self.seen.whiten(self._encode(obs))
        offset = np.ones((len(rows), 1))
        signs = (np.concatenate([rows, offset], axis=1)[:, None] * self._matrix).sum(axis=2) > 0.0
        cells: npt.NDArray[np.int64] = (
            (signs * self._powers).sum(axis=1, dtype=np.uint64).view(np.int64)
        )
        return cells

    def see(self, obs: Any) -> None:
        """Take observations into mean and deviation."""
        self.seen.update(self._encode(obs))

    def state_dict(self) -> dict[str, Any]:
        return {"matrix": self._matrix.copy(), "seen": self.seen.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._matrix = np.array(state["matrix"])
        self.seen.load_state_dict(state["seen"])
