"""When a behaviour counts as done: predicates over the scenes of an episode.

A *rule* is a value: a few thresholds, and a sentence that says them. Called with a schema it gives
a *predicate*, which judges one episode at a time. A rule's keyword-only fields are options of its
task: `task("locomotion/hopper-forward", speed=1.0)`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Protocol, TypeVar

import gymnasium as gym

from rewardlab.config import check_keys
from rewardlab.envs.scene import Array
from rewardlab.errors import ConfigError
from rewardlab.program.schema import Schema


class Predicate(Protocol):
    """Judges an episode as it goes: a pure function of the scenes since `start`."""

    def start(self, scene: Array) -> None:
        """Begin an episode with its first scene block `(size,)`."""
        ...

    def step(self, scene: Array) -> bool:
        """Take the next scene; return whether the behaviour is done at this step."""
        ...

    def facts(self) -> dict[str, float]:
        """Return what was measured up to this step, by name."""
        ...


class Rule(Hashable, Protocol):
    """Thresholds of a behaviour; `str` says them in words."""

    def __call__(self, schema: Schema) -> Predicate:
        """Return the predicate for scenes of this schema."""
        ...


def threshold(default: float, *, low: float = 0.0, high: float = math.inf) -> Any:
    """Declare a number of a rule that options of the task may change, between `low` and `high`."""
    return field(default=default, kw_only=True, metadata={"low": low, "high": high})


def choice(default: str, among: Sequence[str]) -> Any:
    """Declare a name of a rule that options of the task may change."""
    return field(default=default, kw_only=True, metadata={"among": tuple(among)})


_R = TypeVar("_R", bound=Any)


def adjusted(rule: _R, options: Mapping[str, Any], where: str, *, others: Sequence[str] = ()) -> _R:
    """Return a rule with some of its thresholds changed.

    Args:
        rule: A dataclass.
        options: Thresholds by name.
        where: What the options are of, for a message.
        others: Other options that exist there, for the message about an unknown one.

    Raises:
        ConfigError: An option that the rule has not, or a value out of its range.
    """
    known = {f.name: f for f in fields(rule) if f.kw_only}
    check_keys(options, [*others, *known], where)
    values = {k: _checked(k, v, known[k].default, known[k].metadata) for k, v in options.items()}
    return replace(rule, **values) if values else rule


def _checked(name: str, value: Any, default: Any, limits: Mapping[str, Any]) -> Any:
    if "among" in limits:
        if value not in limits["among"]:
            raise ConfigError(f"{name}={value!r}: give one of {', '.join(limits['among'])}")
        return value
    low, high = limits["low"], limits["high"]
    whole = isinstance(default, int)
    number = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not (number and low <= value <= high and math.isfinite(value)):
        bounds = f"at least {low:g}" if high == math.inf else f"from {low:g} to {high:g}"
        raise ConfigError(f"{name}={value!r}: give a {'whole ' if whole else ''}number {bounds}")
    return value if whole else float(value)


@dataclass(frozen=True)
class HeldSpeed:
    """A mean forward speed over a stretch of time, with the torso held up throughout.

    At a step the behaviour is done if over the last `seconds` the torso came forward by at least
    `speed * seconds`, and never was lower than `min_height` nor tilted with `up_vector[2]` below
    `min_up`. Episodes shorter than `seconds` are never done.

    Attributes:
        root: Path of the robot in the scene, e.g. `"hopper"`.
        torso: Path below the robot of `position_x` and `position_z`.
        speed: Mean forward speed [m/s].
        seconds: How long [s].
        min_height: Lowest height of the torso [m].
        min_up: Lowest vertical part of the torso's up axis.
    """

    root: str
    torso: str = "torso"
    speed: float = threshold(0.5)
    seconds: float = threshold(5.0, low=0.01)
    min_height: float = threshold(0.0)
    min_up: float = threshold(-1.0, low=-1.0, high=1.0)

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
        self._steps = n_steps(rule.seconds, schema)
        self._x = index(schema, f"{rule.root}.{rule.torso}.position_x")
        self._z = index(schema, f"{rule.root}.{rule.torso}.position_z")
        self._up = index(schema, f"{rule.root}.torso.up_vector") + 2
        self._seconds = self._steps * schema.dt
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
        return full and self._held[-1] - self._held[0] >= self._rule.speed * self._seconds

    def facts(self) -> dict[str, float]:
        full = len(self._held) > self._steps
        came = self._held[-1] - self._held[0] if full else 0.0
        return {"mean_speed": came / self._seconds}


def index(schema: Schema, path: str) -> int:
    """Return where a field begins in a scene block."""
    return schema.layout[path].start


def n_steps(seconds: float, schema: Schema) -> int:
    """Return how many control steps a time takes, at least 1."""
    return max(1, round(seconds / schema.dt))


class Judged(gym.Wrapper[Any, Any, Any, Any]):
    """Put a predicate's verdict into `info["success"]`.

    The last `info` of an episode also has `facts: {name: value}`, what the predicate measured.

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
        return obs, {**info, "success": False}

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step and judge."""
        obs, reward, terminated, truncated, info = self.env.step(action)
        info["success"] = self._predicate.step(info["scene"][: self._size])
        if terminated or truncated:
            info["facts"] = self._predicate.facts()
        return obs, reward, terminated, truncated, info
