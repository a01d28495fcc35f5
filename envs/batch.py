"""All environments of a task stepped in one call, by an engine that is not Python."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from rewardlab.envs.recording import SceneReader, action_normaliser
from rewardlab.envs.scene import Array
from rewardlab.program.schema import Schema


class Batch(NamedTuple):
    """One step of n environments, before any of them starts again.

    Attributes:
        obs: `(n, …)` true successor observations.
        rewards: `(n,)` of the environment's own, or 0.
        terminated: `(n,)` bool.
        truncated: `(n,)` bool: the time limit, and nothing else, ended the episode.
        success: `(n,)` bool, the signal at this step.
        scenes: `(n, row_size)` rows as `SceneRecorder` puts them into infos.
    """

    obs: Array
    rewards: Array
    terminated: npt.NDArray[np.bool_]
    truncated: npt.NDArray[np.bool_]
    success: npt.NDArray[np.bool_]
    scenes: Array


class Pool(Protocol):
    """Environments that are stepped together; one that is done waits for `restart`.

    Attributes:
        n_envs: How many.
        observation_space: Of each.
        action_space: Of each.
    """

    n_envs: int
    observation_space: gym.spaces.Box
    action_space: gym.spaces.Box

    def reset(self, seed: int | None = None) -> Array:
        """Start episodes everywhere; a seed fixes them and those that follow."""
        ...

    def restart(self, env_id: npt.NDArray[np.intp]) -> Array:
        """Start an episode in some of them and return their observations."""
        ...

    def step(self, actions: Array) -> Batch:
        """Step all of them."""
        ...

    def close(self) -> None:
        """Release them."""
        ...


class PoolMaker(Protocol):
    """Builds the environments of a task."""

    def __call__(self, *, n_envs: int, seed: int, native_reward: bool) -> Pool:
        """Build them."""
        ...


class BatchRecorder:
    """Keep the rows `[current | previous | initial | time | action]` of n environments.

    It does for a batch what `SceneRecorder` does for one environment.

    Args:
        schema: The scene.
        read: Writes scenes `(k, size)` from observations `(k, …)`.
        n_envs: How many environments.
        actions: Their action space.
    """

    def __init__(
        self, schema: Schema, read: SceneReader, n_envs: int, actions: gym.Space[Any]
    ) -> None:
        self._read, self._dt, size = read, schema.dt, schema.size
        self._rows = np.zeros((n_envs, schema.row_size))
        self._current = self._rows[:, :size]
        self._previous = self._rows[:, size : 2 * size]
        self._initial = self._rows[:, 2 * size : 3 * size]
        self._time = self._rows[:, 3 * size]
        self._action = self._rows[:, 3 * size + 1 :]
        self._steps = np.zeros(n_envs, np.int64)
        self._normalise = action_normaliser(actions)

    def begin(self, env_id: npt.NDArray[np.intp], obs: Array) -> None:
        """Record first observations `(k, …)` of episodes that start."""
        first = np.zeros((len(env_id), self._current.shape[1]))
        self._read(obs, first)
        self._rows[env_id] = 0.0
        self._steps[env_id] = 0
        for block in (self._current, self._previous, self._initial):
            block[env_id] = first

    def step(self, obs: Array, actions: Array) -> Array:
        """Record a step of all and return their rows `(n, row_size)`, a copy."""
        self._steps += 1
        self._previous[:] = self._current
        self._read(obs, self._current)
        self._time[:] = self._steps * self._dt
        self._action[:] = np.reshape(self._normalise(actions), self._action.shape)
        return self._rows.copy()
