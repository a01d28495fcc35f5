"""What makes a large task a table: cells of observations and prototypes of actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from scipy.cluster.vq import kmeans2

from rewardlab.envs.recording import action_normaliser
from rewardlab.errors import MissingExtra, UsageError
from rewardlab.shapers.base import Array

Ids = npt.NDArray[np.int64]

DIGITS = 4
"""Significant digits of thresholds and decimals of prototypes: what is printed is what is used."""


@dataclass(frozen=True)
class Tree:
    """Cells of observations: a binary tree over the entries of the flat observation.

    Attributes:
        feature: `(N,)` the entry that a node asks about; −1 at a leaf.
        threshold: `(N,)` an observation goes left where its entry is at most this.
        left: `(N,)` node on the left.
        right: `(N,)` node on the right.
        cell: `(N,)` number of a leaf, from left to right; −1 inside.
    """

    feature: Ids
    threshold: Array
    left: Ids
    right: Ids
    cell: Ids

    @classmethod
    def fit(cls, obs: Any, targets: Array, *, n_cells: int, least: int, seed: int) -> Tree:
        """Grow a tree whose leaves have similar targets, best split first.

        Args:
            obs: `(B, …)` observations.
            targets: `(B, d)` what is to be similar within a cell.
            n_cells: Most leaves.
            least: Fewest observations per leaf.
            seed: Breaks ties between entries.

        Raises:
            MissingExtra: scikit-learn is not installed.
        """
        try:
            from sklearn.tree import DecisionTreeRegressor
        except ImportError as error:
            raise MissingExtra("teachers of continuous tasks", "shapers") from error
        grown = DecisionTreeRegressor(
            max_leaf_nodes=n_cells, min_samples_leaf=least, random_state=seed
        )
        found = grown.fit(_flat(obs), targets).tree_
        inside = found.children_left >= 0
        return cls(
            np.where(inside, found.feature, -1).astype(np.int64),
            np.array([float(f"{x:.{DIGITS}g}") for x in found.threshold]),
            found.children_left.astype(np.int64),
            found.children_right.astype(np.int64),
            _numbered(found.children_left, found.children_right),
        )

    @property
    def n(self) -> int:
        """How many cells there are."""
        return int(self.cell.max()) + 1

    def __call__(self, obs: Any) -> Ids:
        """Return the cell `(B,)` of observations `(B, …)`."""
        flat = _flat(obs)
        at, rows = np.zeros(len(flat), np.int64), np.arange(len(flat))
        while (inside := self.feature[at] >= 0).any():
            below = flat[rows, self.feature[at]] <= self.threshold[at]
            at = np.where(inside, np.where(below, self.left[at], self.right[at]), at)
        return self.cell[at]

    def fit_space(self, space: gym.Space[Any]) -> None:
        """Raise `UsageError` unless observations of a space have the entries asked about."""
        asked = int(self.feature.max()) + 1
        if not isinstance(space, gym.spaces.Box) or int(np.prod(space.shape)) < asked:
            raise UsageError(
                f"the design reads {asked} or more entries of an observation, and this "
                f"environment observes {space}: use it where its teacher was trained"
            )


@dataclass(frozen=True)
class Prototypes:
    """Groups of actions: those that are nearest to one of a few.

    Attributes:
        points: `(M, d)` actions as reward programs see them, within [−1, 1] if bounded.
        space: What the actions belong to.
    """

    points: Array
    space: gym.spaces.Box

    @classmethod
    def fit(
        cls, actions: npt.NDArray[Any], space: gym.spaces.Box, *, n: int, seed: int
    ) -> Prototypes:
        """Find the centres of actions `(B, …)` by k-means.

        A centre that nothing is nearest to is left out, so there may be fewer than `n`.
        """
        plain = _normalised(actions, space)
        distinct = np.unique(plain.round(DIGITS), axis=0)
        if len(distinct) > n:
            centres, label = kmeans2(plain, n, iter=50, minit="++", seed=seed)
            distinct = np.unique(centres[np.unique(label)].round(DIGITS), axis=0)
        return cls(distinct + 0.0, space)

    @property
    def n(self) -> int:
        """How many there are."""
        return len(self.points)

    def __call__(self, actions: npt.NDArray[Any]) -> Ids:
        """Return the prototype `(B,)` nearest to each action `(B, …)`; the first of equals."""
        apart = self.points - _normalised(actions, self.space)[:, None]
        return np.asarray((apart**2).sum(axis=2).argmin(axis=1))

    def raw(self, number: int) -> npt.NDArray[Any]:
        """Return a prototype as the environment takes it."""
        space, point = self.space, self.points[number]
        low, high = (np.ravel(bound).astype(np.float64) for bound in (space.low, space.high))
        if np.isfinite(low).all() and np.isfinite(high).all():
            point = np.clip((high + low) / 2 + (high - low) / 2 * point, low, high)
        return np.asarray(point.reshape(space.shape), space.dtype)

    def fit_space(self, space: gym.Space[Any]) -> None:
        """Raise `UsageError` unless a space is the one of the prototypes."""
        if space != self.space:
            raise UsageError(f"the design is for actions {self.space}, not {space}")


@dataclass(frozen=True)
class Numbers:
    """Integers as they are, from 0.

    Attributes:
        n: How many there are.
        start: The first of the space.
    """

    n: int
    start: int = 0

    def __call__(self, values: npt.NDArray[Any]) -> Ids:
        """Return `(B,)` of values `(B,)`."""
        found = np.asarray(values, np.int64).ravel()
        return found - self.start if self.start else found

    def raw(self, number: int) -> Any:
        """Return a number as the environment takes it."""
        return np.int64(number + self.start)

    def fit_space(self, space: gym.Space[Any]) -> None:
        """Raise `UsageError` unless a space has these integers."""
        if not isinstance(space, gym.spaces.Discrete) or (space.n, space.start) != (
            self.n,
            self.start,
        ):
            raise UsageError(f"the design is for {self.n} integers from {self.start}, not {space}")


@dataclass(frozen=True)
class Abstraction:
    """Which row and column of a table a transition belongs to.

    Attributes:
        cells: Of an observation.
        actions: Of an action.
        examples: `(N, …)` observations, some in every cell, where learners are asked what they do.
    """

    cells: Tree | Numbers
    actions: Prototypes | Numbers
    examples: Any

    @property
    def shape(self) -> tuple[int, int]:
        """`(K, M)`."""
        return self.cells.n, self.actions.n

    def fit_spaces(self, observation: gym.Space[Any], action: gym.Space[Any]) -> None:
        """Raise `UsageError` unless it was made for such spaces."""
        self.cells.fit_space(observation)
        self.actions.fit_space(action)


def _flat(obs: Any) -> Array:
    if isinstance(obs, Mapping):
        raise UsageError("cells are found in observations that are one array, not several")
    return np.asarray(obs, np.float64).reshape(len(obs), -1)


def _numbered(left: Ids, right: Ids) -> Ids:
    """Return the numbers of leaves, from left to right; −1 inside."""
    number, todo, n = np.full(len(left), -1, np.int64), [0], 0
    while todo:
        node = todo.pop()
        if left[node] >= 0:
            todo += [int(right[node]), int(left[node])]
        else:
            number[node], n = n, n + 1
    return number


def _normalised(actions: npt.NDArray[Any], space: gym.spaces.Box) -> Array:
    """Return actions `(B, d)` exactly as recorded scene rows have them."""
    normalise = action_normaliser(space)
    return np.array([normalise(a) for a in actions], np.float64).reshape(len(actions), -1)
