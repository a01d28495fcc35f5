"""Recording what reward programs are evaluated on: one float64 row per step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, SupportsFloat, TypeAlias

import gymnasium as gym
import numpy as np

from rewardlab.envs.scene import Array
from rewardlab.program.schema import Schema

SceneReader: TypeAlias = Callable[[Any, Array], None]
"""Writes the current scene into `out (size,)`, given the raw observation: a pure read."""


class SceneRecorder(gym.Wrapper[Any, Any, Any, Any]):
    """Put the row `[current | previous | initial | time | action]` into `info["scene"]`.

    The scene is read once per step, after the simulator's step and before any auto-reset. The row
    of a reset has `previous` and `initial` equal to `current`, time 0 and a zero action.

    Args:
        env: The environment, time limit included.
        schema: Its scene.
        read: Writes the scene of `env` into a block of `schema.size` floats.
    """

    def __init__(self, env: gym.Env[Any, Any], schema: Schema, read: SceneReader) -> None:
        super().__init__(env)
        self.schema = schema
        self._read = read
        self._row = np.zeros(schema.row_size)
        size = schema.size
        self._current = self._row[:size]
        self._previous = self._row[size : 2 * size]
        self._initial = self._row[2 * size : 3 * size]
        self._action = self._row[3 * size + 1 :]
        self._time = 3 * size
        self._steps = 0
        self._normalise = action_normaliser(env.action_space)

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        """Reset and record the first scene."""
        obs, info = self.env.reset(**kwargs)
        self._row[:] = 0.0
        self._steps = 0
        self._read(obs, self._current)
        self._previous[:] = self._current
        self._initial[:] = self._current
        return obs, {**info, "scene": self._row.copy()}

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step and record the transition's row."""
        obs, reward, terminated, truncated, info = self.env.step(action)
        self._steps += 1
        self._previous[:] = self._current
        self._read(obs, self._current)
        self._row[self._time] = self._steps * self.schema.dt
        self._action[:] = self._normalise(action)
        info["scene"] = self._row.copy()
        return obs, reward, terminated, truncated, info


def action_normaliser(space: gym.Space[Any]) -> Callable[[Any], Any]:
    """Return the map from an action to what programs see: [-1, 1] where bounds are finite."""
    if not isinstance(space, gym.spaces.Box):
        return lambda action: action
    low, high = space.low.astype(np.float64).ravel(), space.high.astype(np.float64).ravel()
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        return np.ravel
    half, middle = (high - low) / 2, (high + low) / 2
    if (low == -1.0).all() and (high == 1.0).all():
        return lambda action: np.minimum(np.maximum(np.ravel(action), -1.0), 1.0)
    return lambda action: np.minimum(np.maximum((np.ravel(action) - middle) / half, -1.0), 1.0)


def slices(schema: Schema) -> dict[str, slice]:
    """Return where each field stands in a scene block, by path; of poses `.p` and `.q` too.

    A reader looks its slices up once and then writes `out[at] = numbers`, a pose's halves apart or
    at once; `poses` and matrices are written flat.
    """
    found: dict[str, slice] = {}
    for path, slot in schema.layout.items():
        found[path] = slice(slot.start, slot.stop)
        if slot.field.kind == "pose":
            found[f"{path}.p"] = slice(slot.start, slot.start + 3)
            found[f"{path}.q"] = slice(slot.start + 3, slot.stop)
    return found
