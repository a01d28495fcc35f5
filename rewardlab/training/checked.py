"""Shapers held to what they promise: errors that their authors can act on."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from stable_baselines3.common.vec_env import VecEnv

from rewardlab.errors import Caution, RewardlabError, ShaperFault, UsageError
from rewardlab.shapers.base import Shaped, Shaper, Transitions
from rewardlab.shapers.view import PolicyView
from rewardlab.training import tensors


class Checked:
    """A shaper whose answers are held to what it promises.

    Whatever it raises becomes a `ShaperFault` that names the method.

    Args:
        shaper: The shaper.
        fault_file: Where the first transition that it gets wrong is written.
    """

    def __init__(self, shaper: Shaper, fault_file: Path | None = None) -> None:
        self.shaper, self._fault_file = shaper, fault_file
        self._awaits_callback = False

    def __call__(self, batch: Transitions) -> Shaped:
        """Return what the shaper makes of a batch.

        Raises:
            ShaperFault: It is not one finite number per transition.
        """
        shaped = self._call("shape", batch)
        if not isinstance(shaped, Shaped) or not isinstance(shaped.terms, (dict, Mapping)):
            raise ShaperFault(
                f"{type(self.shaper).__name__}.shape must return Shaped(reward, terms), "
                f"got {type(shaped).__name__}"
            )
        shape = batch.r_ext.shape
        for what, values in (
            ("reward", shaped.reward),
            *shaped.terms.items(),
            *shaped.extras.items(),
        ):
            if not isinstance(values, np.ndarray) or values.shape != shape or not _finite(values):
                raise ShaperFault(
                    f"{type(self.shaper).__name__}.shape must return {what!r} as an array of "
                    f"{shape[0]} finite numbers, one per transition; got {_told(values)}"
                    + self._dumped(batch, values)
                )
        return shaped

    def bind(
        self, venv: VecEnv | gym.Env[Any, Any], *, gamma: float, n_envs: int, seed: int
    ) -> None:
        """Tell the shaper of the algorithm and its environments."""
        spaces = venv.observation_space, venv.action_space
        self._call("bind", *spaces, gamma=gamma, n_envs=n_envs, seed=seed)
        for caution in self.shaper.cautions(gamma):
            warnings.warn(caution, Caution, stacklevel=1)

    def start(self, policy: PolicyView) -> None:
        """Let the shaper meet the policy that learns."""
        self._awaits_callback = False
        self._call("start", policy)

    def await_callback(self) -> None:
        """Warn if the next step is taken before `start`: the callback was forgotten."""
        self._awaits_callback = True

    def begin(self, obs: Any, env_id: Any) -> None:
        """Tell the shaper of episodes that start."""
        self._call("begin", obs, env_id)

    def observe(self, batch: Transitions) -> None:
        """Tell the shaper of a collected step."""
        if self._awaits_callback:
            self._awaits_callback = False
            warnings.warn(
                f"{type(self.shaper).__name__} neither learns nor logs: give the callback that "
                "attach returned to learn(…, callback=…)",
                Caution,
                stacklevel=1,
            )
        self._call("observe", batch)

    def update(self, policy: PolicyView) -> dict[str, float]:
        """Let the shaper learn; return its numbers to log."""
        return self._numbers("update", policy)

    def metrics(self) -> dict[str, float]:
        """Return the shaper's numbers to log."""
        return self._numbers("metrics")

    def _numbers(self, method: str, *args: Any) -> dict[str, float]:
        found = self._call(method, *args)
        if not isinstance(found, dict):
            raise ShaperFault(
                f"{type(self.shaper).__name__}.{method} must return a dict of numbers to log, "
                f"got {found!r:.60}; return {{}} for none"
            )
        for name, value in found.items():
            if not _number(value):
                raise ShaperFault(
                    f"{type(self.shaper).__name__}.{method} gave {name}={value!r:.40}, which is no "
                    "number to log: see whether what it learns from, or its step size, is too large"
                )
        return found

    def state_dict(self) -> dict[str, Any]:
        """Return the shaper's state.

        Raises:
            ShaperFault: No checkpoint can hold it.
        """
        state: dict[str, Any] = self._call("state_dict")
        try:
            tensors.check(state)
        except TypeError as error:
            raise ShaperFault(f"{type(self.shaper).__name__}.state_dict: {error}") from error
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the shaper's state."""
        self._call("load_state_dict", state)

    def _call(self, method: str, *args: Any, **options: Any) -> Any:
        try:
            return getattr(self.shaper, method)(*args, **options)
        except RewardlabError:
            raise
        except Exception as error:  # a shaper of somebody's own may raise anything
            raise ShaperFault(
                f"{type(self.shaper).__name__}.{method} raised {type(error).__name__}: {error}"
            ) from error

    def _dumped(self, batch: Transitions, values: Any) -> str:
        """Write the first transition at fault and say where it is."""
        right_shape = isinstance(values, np.ndarray) and values.shape == batch.r_ext.shape
        if self._fault_file is None or not right_shape or values.dtype.kind not in "fiub":
            return ""
        i = int(np.flatnonzero(~np.isfinite(values))[0])
        row: dict[str, Any] = {}
        for f in fields(batch):
            column = getattr(batch, f.name)
            parts = column if isinstance(column, Mapping) else {"": column}
            for key, part in parts.items():
                if isinstance(part, np.ndarray):
                    row[f"{f.name}.{key}" if key else f.name] = part[i]
        with contextlib.suppress(OSError):  # the fault is the news, not a full disk
            np.savez(self._fault_file, **row)
            return f"; that transition is in {self._fault_file}"
        return ""


def _finite(values: Any) -> bool:
    """Say so by their sum, which is cheaper, unless that itself leaves the range."""
    if values.dtype.kind not in "fiub":
        return False
    return math.isfinite(sum(values.tolist())) or bool(np.isfinite(values).all())


def _number(value: Any) -> bool:
    try:
        return not math.isnan(value)
    except TypeError:
        return False


def _told(values: Any) -> str:
    if not isinstance(values, np.ndarray):
        return f"a {type(values).__name__}"
    return f"shape {values.shape}: {values.ravel()[:4]}"


def check_spaces(shaper: Shaper, venv: VecEnv | gym.Env[Any, Any]) -> None:
    """Raise `UsageError` if a shaper needs other observations or actions."""
    spaces = {"discrete_obs": venv.observation_space, "discrete_actions": venv.action_space}
    for need, space in spaces.items():
        if need in shaper.needs and not isinstance(space, gym.spaces.Discrete):
            what = need.replace("_", " ").replace("obs", "observations")
            raise UsageError(f"{type(shaper).__name__} needs {what}, not {space}")


def check_gamma(shaper: Shaper, gamma: float) -> None:
    """Raise `UsageError` if a shaper assumes another discount than the algorithm's."""
    assumed = shaper.assumed_gamma
    if assumed is not None and assumed != gamma:
        raise UsageError(
            f"{type(shaper).__name__} assumes gamma {assumed}, the algorithm uses {gamma}: "
            "give both the same"
        )
