"""Going back to a moment of an episode: the whole of MuJoCo's data and what wrappers count.

Observations, scenes and success come back bit for bit. The environment's own reward does where it
keeps no view of the data: that of e.g. pick-place reads the pads through one that was made at reset
and shows where they are now (there it was seen off by 1e-5).
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np

from rewardlab.envs.metaworld.env import SawyerEpisode


class Snapshot(NamedTuple):
    """A moment of an environment.

    Attributes:
        data: MuJoCo's data, whole: positions and velocities alone leave body poses one substep
            ahead of what a reward or an observation would have read.
        layers: Of each wrapper and of the environment, their numbers and arrays by name.
    """

    data: Any
    layers: tuple[dict[str, Any], ...]


def snapshot(env: gym.Env[Any, Any]) -> Snapshot:
    """Return the present moment of an environment of MetaWorld.

    Raises:
        ValueError: It is none; others may keep views of the data, which would lag behind.
    """
    if not any(isinstance(layer, SawyerEpisode) for layer in _layers(env)):
        raise ValueError(f"{env} is no environment of MetaWorld")
    layers = tuple(
        {name: (value, copy.copy(value)) for name, value in vars(layer).items() if _kept(value)}
        for layer in _layers(env)
    )
    return Snapshot(copy.copy(env.unwrapped.data), layers)  # type: ignore[attr-defined]


def restore(env: gym.Env[Any, Any], moment: Snapshot) -> None:
    """Go back to a moment; it can be gone back to again."""
    env.unwrapped.data = copy.copy(moment.data)  # type: ignore[attr-defined]
    for layer, kept in zip(_layers(env), moment.layers, strict=True):
        for name, (there, value) in kept.items():
            if isinstance(there, np.ndarray) and vars(layer).get(name) is there:
                there[...] = value  # others may be views of it
            else:
                setattr(layer, name, copy.copy(value))


def _layers(env: Any) -> list[Any]:
    """Return the wrappers of an environment, and itself last."""
    layers = [env]
    while isinstance(layers[-1], gym.Wrapper):
        layers.append(layers[-1].env)
    return layers


def _kept(value: Any) -> bool:
    plain = isinstance(value, bool | int | float)
    return plain or (isinstance(value, np.ndarray) and value.flags.writeable)
