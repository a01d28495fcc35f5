"""A `TabularMDP` to act in: a Gymnasium environment with a discrete observation, the state."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import gymnasium as gym
import numpy as np

from rewardlab.envs.tabular.mdp import Array, TabularMDP
from rewardlab.envs.tabular.published import mdp


class TabularEnv(gym.Env[Any, Any]):
    """Samples episodes of an MDP; truncates them at its horizon.

    Args:
        mdp: The MDP.

    Attributes:
        mdp: The MDP.
        s: Current state.
    """

    def __init__(self, mdp: TabularMDP) -> None:
        self.mdp = mdp
        self.observation_space = gym.spaces.Discrete(mdp.n_states)
        self.action_space = gym.spaces.Discrete(mdp.n_actions)
        self._onward = Sampler(mdp.T.transpose(0, 2, 1).reshape(mdp.R.size, -1))
        self._first = Sampler(mdp.initial[None])
        self.s = mdp.terminal
        self._steps = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Start an episode in a state drawn from `mdp.initial`."""
        super().reset(seed=seed)
        self._steps = 0
        self.s = int(self._first.draw(0, self.np_random.random()))
        return self.s, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Take an action; the reward is R[s, action]."""
        reward = float(self.mdp.R[self.s, action])
        row = self.s * self.mdp.n_actions + action
        self.s = int(self._onward.draw(row, self.np_random.random()))
        self._steps += 1
        terminated = self.s == self.mdp.terminal
        truncated = not terminated and self._steps == self.mdp.horizon
        return self.s, reward, terminated, truncated, {}

    @property
    def T(self) -> Array:  # noqa: N802
        """`mdp.T (S, S, A)`."""
        return self.mdp.T

    @property
    def R(self) -> Array:  # noqa: N802
        """`mdp.R (S, A)`."""
        return self.mdp.R

    @property
    def initial_state_distrib(self) -> Array:
        """`mdp.initial (S,)`, under its toy-text name."""
        return self.mdp.initial

    @cached_property
    def P(self) -> dict[int, dict[int, list[tuple[float, int, float, bool]]]]:  # noqa: N802
        """The dynamics in toy-text form: see `TabularMDP.P`."""
        return self.mdp.P


class Sampler:
    """Draws from many discrete distributions by inversion, one or a batch at a time.

    Args:
        probabilities: `(M, N)`, a distribution in each row.
    """

    def __init__(self, probabilities: Array) -> None:
        likeliest = np.argsort(-probabilities, axis=1, kind="stable")
        self._outcome = likeliest[:, : (probabilities > 0).sum(axis=1).max()]
        total = np.cumsum(np.take_along_axis(probabilities, self._outcome, axis=1), axis=1)
        self._upto = total / total[:, -1:]  # ends at 1 exactly, which no draw reaches

    def draw(self, row: Any, uniform: Any) -> Any:
        """Return outcomes for numbers drawn uniformly from [0, 1).

        Args:
            row: Of the distribution, or `(B,)` rows.
            uniform: One number, or `(B,)`.
        """
        return self._outcome[
            row, (self._upto[row] > np.asarray(uniform)[..., None]).argmax(axis=-1)
        ]


def make(name: str, *, render_mode: None = None, **switches: Any) -> TabularEnv:
    """Return the environment of a published MDP; `switches` as for `mdp`."""
    return TabularEnv(mdp(name, **switches))
