"""LINEK of ExploRS (NeurIPS 2022) as it was published: on a continuous line."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt

Obs = npt.NDArray[np.float32]

N_KEYS = 10
"""Key 0 is the right one."""

HORIZON = 61
NOISE = 0.05
"""Chance that a step goes the other way."""

LEFT, RIGHT, PICK_RIGHT, PICK_WRONG = range(4)


class WalkEnv(gym.Env[Any, Any]):
    """A walk along [0, 1]: fetch the right key at the left end, then move right at the right end.

    The observation is the position, whether a key is held, whether one is where keys lie (the first
    tenth), whether one is at the goal (the last tenth), and which of the 10 keys is held. Picking
    the wrong key gives one of nine at random. A key that is held is kept. Each move to the right at
    the goal pays 1 with the right key; no episode ends before 61 steps.

    Args:
        distractor: What a move to the right at the goal pays without the right key, as `True`
            for .01 or `False` for 0.
    """

    def __init__(self, *, distractor: bool = False, render_mode: None = None) -> None:
        self.observation_space = gym.spaces.Box(0.0, 1.0, (4 + N_KEYS,), np.float32)
        self.action_space = gym.spaces.Discrete(4)
        self.x = 0.0
        self.key: int | None = None
        self._else = 0.01 if distractor else 0.0
        self._steps = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Obs, dict[str, Any]]:
        """Start between .3 and .4 without a key."""
        super().reset(seed=seed)
        self.x = float(self.np_random.uniform(0.3, 0.4))
        self.key, self._steps = None, 0
        return self._observe(), {}

    def step(self, action: int) -> tuple[Obs, float, bool, bool, dict[str, Any]]:
        """Move or pick."""
        reward = self._reward(action)
        if action in (LEFT, RIGHT):
            self._move(1.0 if action == RIGHT else -1.0)
        elif self.key is None and self.at_keys:
            self.key = 0 if action == PICK_RIGHT else int(self.np_random.integers(1, N_KEYS))
        self._steps += 1
        return self._observe(), reward, False, self._steps == HORIZON, {}

    @property
    def at_keys(self) -> bool:
        """Whether keys can be picked here."""
        return self.x <= 0.1

    @property
    def at_goal(self) -> bool:
        """Whether this is the goal."""
        return self.x >= 0.9

    def _move(self, direction: float) -> None:
        if self.np_random.random() < NOISE:
            direction = -direction
        self.x = float(np.clip(self.x + direction * self.np_random.uniform(0.074, 0.076), 0.0, 1.0))

    def _reward(self, action: int) -> float:
        if action != RIGHT or not self.at_goal:
            return 0.0
        return 1.0 if self.key == 0 else self._else

    def _observe(self) -> Obs:
        obs = np.zeros(4 + N_KEYS, np.float32)
        obs[:4] = self.x, self.key is not None, self.at_keys, self.at_goal
        if self.key is not None:
            obs[4 + self.key] = 1.0
        return obs
