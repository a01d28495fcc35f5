"""When a behaviour counts as done: predicates over the scenes of an episode."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol

import gymnasium as gym

from rewardlab.envs.scene import Array
from rewardlab.program.schema import Schema


class Predicate(Protocol):
    """Judges an episode as it goes: a pure function of the scenes since `start`."""

    def start(self, scene: Array) -> None:
        """Begin an episode with its first scene block `(size,)`."""
        ...

    def step(self, scene: Array) -> bool:
        """Take the next scene; return whether the behaviour is done at this step."""
        ...


@dataclass(frozen=True)
class HeldSpeed:
    """A mean forward speed over a stretch of time, with the torso held up throughout.

    At a step the behaviour is done if over the last `seconds` the torso came forward by at least
    `speed * seconds`, and never was lower than `min_height` nor tilted with `up_vector[2]` below
    `min_up`. Episodes shorter than `seconds` are never done.

    Attributes:
        root: Path of the robot in the scene, e.g. `"hopper"`.
        speed: Mean forward speed [m/s].
        seconds: How long [s].
        torso: Path below the robot of `position_x` and `position_z`.
        min_height: Lowest height of the torso [m].
        min_up: Lowest vertical part of the torso's up axis.
    """

    root: str
    speed: float
    seconds: float
    torso: str = "torso"
    min_height: float = 0.0
    min_up: float = -1.0

    def __str__(self) -> str:
        words = f"mean forward speed of at least {self.speed:g} m/s over {self.seconds:g} s"
        if self.min_height > 0.0:
            words += f", torso never below {self.min_height:g} m"
        if self.min_up > -1.0:
            words += f", its up_vector[2] always at least {self.min_up:g}"
        return words

    def __call__(self, schema: Schema) -> _HeldSpeed:
        """Return the predicate for scenes of this schema."""
        return _HeldSpeed(self, schema)


class _HeldSpeed:
    def __init__(self, rule: HeldSpeed, schema: Schema) -> None:
        self._rule = rule
        self._steps = max(1, round(rule.seconds / schema.dt))
        layout = schema.layout
        self._x = layout[f"{rule.root}.{rule.torso}.position_x"].start
        self._z = layout[f"{rule.root}.{rule.torso}.position_z"].start
        self._up = layout[f"{rule.root}.torso.up_vector"].start + 2
        self._distance = rule.speed * self._steps * schema.dt
        self._held: deque[float] = deque(maxlen=self._steps + 1)

    def start(self, scene: Array) -> None:
        self._held.clear()
        self.step(scene)

    def step(self, scene: Array) -> bool:
        if scene[self._z] < self._rule.min_height or scene[self._up] < self._rule.min_up:
            self._held.clear()
            return False
        self._held.append(float(scene[self._x]))
        full = len(self._held) > self._steps
        return full and self._held[-1] - self._held[0] >= self._distance


class Judged(gym.Wrapper[Any, Any, Any, Any]):
    """Put a predicate's verdict into `info["success"]`.

    Args:
        env: An environment that records its scene.
        schema: That scene.
        predicate: Judges it.
    """

    def __init__(self, env: gym.Env[Any, Any], schema: Schema, predicate: Predicate) -> None:
        super().__init__(env)
        self._size = schema.size
        self._predicate = predicate

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        """Reset; nothing is done yet."""
        obs, info = self.env.reset(**kwargs)
        self._predicate.start(info["scene"][: self._size])
        info["success"] = False
        return obs, info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step and judge."""
        obs, reward, terminated, truncated, info = self.env.step(action)
        info["success"] = self._predicate.step(info["scene"][: self._size])
        return obs, reward, terminated, truncated, info
