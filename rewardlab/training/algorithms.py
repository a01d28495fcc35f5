"""The algorithms of Stable-Baselines3 by name, built from plain settings."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np

from rewardlab.config import check_keys
from rewardlab.errors import ConfigError, MissingExtra, UnknownName, UsageError

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.policies import BasePolicy
    from stable_baselines3.common.vec_env import VecEnv

    from rewardlab.config import RunConfig


@dataclass(frozen=True)
class Algorithm:
    """What is known about an algorithm without importing it.

    Attributes:
        name: In lower case, e.g. `"ppo"`.
        class_name: Its class in `package`.
        actions: `"any"`, `"box"` (finite bounds) or `"discrete"`.
        on_policy: Whether it learns only from what the current policy just did.
        package: Where it comes from.
    """

    name: str
    class_name: str
    actions: str
    on_policy: bool
    package: str = "stable_baselines3"


ALGORITHMS = {
    a.name: a
    for a in (
        Algorithm("ppo", "PPO", "any", True),
        Algorithm("a2c", "A2C", "any", True),
        Algorithm("sac", "SAC", "box", False),
        Algorithm("td3", "TD3", "box", False),
        Algorithm("dqn", "DQN", "discrete", False),
        Algorithm("tqc", "TQC", "box", False, "sb3_contrib"),
        Algorithm("crossq", "CrossQ", "box", False, "sb3_contrib"),
    )
}

ACTIVATIONS = {"tanh": "Tanh", "relu": "ReLU", "elu": "ELU", "gelu": "GELU", "silu": "SiLU"}
"""Names that `policy_kwargs["activation_fn"]` takes."""


def algorithm(name: str) -> Algorithm:
    """Return an algorithm by name.

    Raises:
        UnknownName: There is none; the message lists the closest.
        MissingExtra: Its package is not installed.
    """
    found = ALGORITHMS.get(name.lower())
    if found is None:
        raise UnknownName("algorithm", name, ALGORITHMS)
    if find_spec(found.package) is None:
        raise MissingExtra(f"{found.class_name} and its like", "contrib")
    return found


def algorithm_class(name: str) -> type[BaseAlgorithm]:
    """Return the class of an algorithm; it knows `MoePolicy` where there is one for it."""
    algo = algorithm(name)
    import_module("rewardlab.policies")
    cls: type[BaseAlgorithm] = getattr(import_module(algo.package), algo.class_name)
    return cls


def policy_class(config: RunConfig) -> type[BasePolicy]:
    """Return the class of the policy that a configuration names.

    Raises:
        UnknownName: Its algorithm has none of that name.
    """
    known = algorithm_class(config.algo).policy_aliases
    if config.policy not in known:
        raise UnknownName(f"policy of {config.algo}", config.policy, known)
    return known[config.policy]


def check_actions(algo: Algorithm, space: gym.Space[Any], where: str) -> None:
    """Raise `UsageError`, naming algorithms that fit, if `algo` cannot act in `space`."""
    kind = "discrete" if isinstance(space, gym.spaces.Discrete) else "other"
    if isinstance(space, gym.spaces.Box):
        kind = "box" if np.isfinite([space.low, space.high]).all() else "unbounded"
    if algo.actions not in ("any", kind):
        fit = ", ".join(a.name for a in ALGORITHMS.values() if a.actions in ("any", kind))
        needs = {"box": "continuous actions with finite bounds", "discrete": "discrete actions"}
        raise UsageError(
            f"{algo.name} needs {needs[algo.actions]}, but {where} has {space}; use one of: {fit}"
        )


def build(
    config: RunConfig, venv: VecEnv, kwargs: Mapping[str, Any] | None = None
) -> BaseAlgorithm:
    """Build the algorithm that a configuration asks for.

    Args:
        config: The configuration.
        venv: Its environments.
        kwargs: Arguments of the policy, if a run's folder adds to them.

    Raises:
        ConfigError: A hyperparameter that it does not take, or one that it refuses.
        UsageError: Its actions do not fit.
    """
    algo = algorithm(config.algo)
    check_actions(algo, venv.action_space, config.task)
    cls = algorithm_class(config.algo)
    settings = dict(config.hyperparameters)
    known = [k for k in inspect.signature(cls).parameters if k not in _OURS]
    check_keys(settings, known, f"hyperparameters of {algo.name}")
    noise = settings.pop("action_noise", None)
    if noise is not None:
        settings["action_noise"] = _noise(float(noise), venv.action_space)
    with refusing(algo.name):
        return cls(
            policy_class(config),
            venv,
            seed=config.seed,
            device=device(config),
            policy_kwargs=dict(policy_kwargs(config) if kwargs is None else kwargs),
            **settings,
        )


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """Turn what Stable-Baselines3 raises at settings that it does not take into `ConfigError`."""
    try:
        yield
    except (TypeError, ValueError, AssertionError, KeyError, RuntimeError) as error:
        raise ConfigError(f"{name} does not take these settings: {error}") from error


def device(config: RunConfig) -> str:
    """Return the torch device: on-policy learners with small networks are fastest on the CPU."""
    auto = config.device == "auto"
    return "cpu" if auto and algorithm(config.algo).on_policy else config.device


def check_device(name: str) -> None:
    """Raise `ConfigError` if torch cannot use a device here, which SB3 silently replaces."""
    if name in ("auto", "cpu"):
        return
    import torch

    try:
        torch.ones(1, device=name).item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        why = str(error).partition("\n")[0]
        raise ConfigError(
            f"torch cannot use the device {name!r} here: {why}; use auto or cpu"
        ) from error


def policy_kwargs(config: RunConfig) -> dict[str, Any]:
    """Return the policy's arguments with names of activations replaced by their classes."""
    kwargs = dict(config.policy_kwargs)
    name = kwargs.get("activation_fn")
    if isinstance(name, str):
        if name not in ACTIVATIONS:
            raise UnknownName("activation", name, ACTIVATIONS)
        kwargs["activation_fn"] = getattr(import_module("torch.nn"), ACTIVATIONS[name])
    return kwargs


_OURS = {
    "policy", "env", "seed", "device", "policy_kwargs", "verbose", "tensorboard_log",
    "_init_setup_model",
}  # fmt: skip


def _noise(sigma: float, space: gym.Space[Any]) -> Any:
    from stable_baselines3.common.noise import NormalActionNoise

    shape = space.shape or ()
    return NormalActionNoise(np.zeros(shape), np.full(shape, sigma))


def known_discount(settings: Mapping[str, Any]) -> float:
    """Return the discount that hyperparameters lead to; SB3's default is 0.99."""
    return float(settings.get("gamma", 0.99))
