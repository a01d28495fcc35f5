"""What policies observe and do: spaces as JSON, compared, and in words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np

from rewardlab.errors import StorageError, UsageError
from rewardlab.store.files import read_json

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm


def spaces_json(model: BaseAlgorithm) -> dict[str, Any]:
    """Return what a policy observes and does, JSON-ready."""
    return {
        "observation": _space_json(model.observation_space),
        "action": _space_json(model.action_space),
    }


def _space_json(space: gym.Space[Any]) -> dict[str, Any]:
    if isinstance(space, gym.spaces.Discrete):
        return {"n": int(space.n), "start": int(space.start)}
    if isinstance(space, gym.spaces.Box):
        return {
            "low": space.low.astype(float).tolist(),
            "high": space.high.astype(float).tolist(),
            "dtype": str(space.dtype),
        }
    raise UsageError(f"{space} cannot be trained on: only Box and Discrete spaces can")


def _space(data: dict[str, Any]) -> gym.Space[Any]:
    if "n" in data:
        return gym.spaces.Discrete(data["n"], start=data["start"])
    dtype = np.dtype(data["dtype"])
    if dtype.kind not in "fiu":
        raise ValueError(f"a Box holds numbers, not {dtype}")
    low, high = np.array(data["low"], dtype), np.array(data["high"], dtype)
    if np.isnan(low).any() or np.isnan(high).any():
        raise ValueError("a bound is no number")
    return gym.spaces.Box(low, high, dtype=dtype.type)


def read_spaces(path: Path) -> tuple[gym.Space[Any], gym.Space[Any]]:
    """Return the spaces of observations and actions from a file.

    Raises:
        StorageError: It is missing or damaged.
    """
    try:
        spaces = read_json(path) or {}
        return _space(spaces["observation"]), _space(spaces["action"])
    except (TypeError, LookupError, ValueError, AssertionError, OverflowError) as error:
        raise StorageError(
            f"{path} is missing or damaged; going on with the run writes it again"
        ) from error


def same_actions(mine: gym.Space[Any], theirs: gym.Space[Any]) -> bool:
    """Return whether actions of one space mean the same in another."""
    if isinstance(mine, gym.spaces.Box) and isinstance(theirs, gym.spaces.Box):
        bounds = ((mine.low, theirs.low), (mine.high, theirs.high))
        return mine.shape == theirs.shape and all(np.allclose(*pair) for pair in bounds)
    return mine == theirs


def told(space: gym.Space[Any]) -> str:
    """Return a space in words."""
    if isinstance(space, gym.spaces.Box):
        return f"numbers {space.shape}"
    return f"one of {space.n} values" if isinstance(space, gym.spaces.Discrete) else str(space)
