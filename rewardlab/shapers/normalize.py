"""A shaper whose pay has a known size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from stable_baselines3.common.running_mean_std import RunningMeanStd

from rewardlab.shapers.base import Array, Invariance, Shaper, Transitions
from rewardlab.shapers.wrapper import Wrapper

_MOMENTS = ("mean", "var", "count")


class Normalize(Wrapper):
    """Divides F, or a replaced reward R, by the running std of its discounted sum in an episode.

    As `VecNormalize` does it to rewards, without clipping: G_t = γG_{t−1} + F_t for each
    environment, from 0 in each episode, and F̂ = F/√(Var G + 1e-8). Replay buffers use the current
    std. While it changes, exact invariance is approximate.

    Args:
        shaper: The shaper.
    """

    def __init__(self, shaper: Shaper) -> None:
        super().__init__(shaper)
        self._sums = np.zeros(0)
        self._moments = RunningMeanStd()

    @property
    def invariance(self) -> Invariance:  # type: ignore[override]
        """At best approximate."""
        return "none" if self.shaper.invariance == "none" else "approx"

    def bind(
        self,
        observation_space: gym.Space[Any],
        action_space: gym.Space[Any],
        *,
        gamma: float,
        n_envs: int,
        seed: int,
    ) -> None:
        """Learn about the algorithm."""
        super().bind(observation_space, action_space, gamma=gamma, n_envs=n_envs, seed=seed)
        self._sums = np.zeros(n_envs)

    def begin(self, obs: Any, env_id: npt.NDArray[np.int64]) -> None:
        """Start sums at 0."""
        super().begin(obs, env_id)
        self._sums[env_id] = 0.0

    def factor(self, pay: Array) -> Array | float:
        """Return 1/std."""
        return 1.0 / float(np.sqrt(self._moments.var + 1e-8))

    def observe(self, batch: Transitions) -> None:
        """Add to the sums, and to what is known of them."""
        assert self.gamma is not None
        pay, _ = self.pay(batch)
        sums = self.gamma * self._sums[batch.env_id] + pay
        self._sums[batch.env_id] = sums
        self._moments.update(sums)
        super().observe(batch)

    def metrics(self) -> dict[str, float]:
        """Return `std` beside the shaper's numbers."""
        return {**super().metrics(), "std": float(np.sqrt(self._moments.var))}

    def state_dict(self) -> dict[str, Any]:
        """Return sums, moments and the shaper's state."""
        moments = {name: float(getattr(self._moments, name)) for name in _MOMENTS}
        return {**super().state_dict(), "sums": self._sums.copy(), **moments}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        super().load_state_dict(state)
        self._sums = np.array(state["sums"])
        for name in _MOMENTS:
            setattr(self._moments, name, np.float64(state[name]))
