"""When a leg waves: its foot up and swinging, the others down, the body where it was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from rewardlab.envs.locomotion.predicates import choice, index, n_steps, threshold
from rewardlab.envs.scene import Array
from rewardlab.program.schema import Schema

LEGS = ("front_left", "front_right", "back_left", "back_right")
"""Legs of the Ant by the model's names, in the order of its scene."""

PLACES = dict(zip(LEGS, ("x +, y +", "x -, y +", "x -, y -", "x +, y -"), strict=True))
"""Where each leg stands, which its name does not tell: x forward, y to the left."""


@dataclass(frozen=True)
class Waving:
    """One leg of the Ant swings in the air while it stands on the others, over a stretch of time.

    Attributes:
        leg: Which leg, by the model's name.
        seconds: How long [s].
        air: Least share of that time in which its foot is in the air.
        swing: Least angle of each swing of its hip or ankle [rad].
        reversals: Least number of times that this joint turns round between such swings.
        down: Least share of that time in which each other foot is down.
        max_drift: The torso stays closer than this to where it was as that time began [m].
        min_up: The vertical part of the torso's up axis stays above this.
    """

    leg: str = choice("front_right", LEGS)
    seconds: float = threshold(5.0, low=0.1)
    air: float = threshold(0.8, high=1.0)
    swing: float = threshold(0.5, low=0.01)
    reversals: int = threshold(3)
    down: float = threshold(0.8, high=1.0)
    max_drift: float = threshold(0.5)
    min_up: float = threshold(0.8, low=-1.0, high=1.0)

    def __str__(self) -> str:
        leg = self.leg.replace("_", " ")
        return (
            f"over the last {self.seconds:g} s the {leg} foot ({self.leg} in the scene, the leg at "
            f"{PLACES[self.leg]} of the torso) was in the air for at least {self.air:.0%} of the "
            f"time, its hip or ankle swung to and fro by at least {self.swing:g} rad with at "
            f"least {self.reversals} reversals, each other foot was down for at least "
            f"{self.down:.0%} of the time, the torso stayed within {self.max_drift:g} m of where "
            f"it was, and its up_vector[2] above {self.min_up:g}"
        )

    def __call__(self, schema: Schema) -> _Waving:
        """Return the predicate for scenes of this schema."""
        return _Waving(self, schema)


class _Waving:
    def __init__(self, rule: Waving, schema: Schema) -> None:
        self._rule = rule
        others = [leg for leg in LEGS if leg != rule.leg]
        up = index(schema, "ant.torso.up_vector") + 2
        self._columns = [
            *(index(schema, f"ant.{leg}_foot.in_contact") for leg in (rule.leg, *others)),
            *(index(schema, f"ant.torso.position_{axis}") for axis in "xy"),
            up,
            *(index(schema, f"ant.{rule.leg}_{joint}_joint.angle") for joint in ("leg", "ankle")),
        ]
        self._n = n_steps(rule.seconds, schema) + 1
        # each scene is kept twice, so that the last n always lie side by side
        self._kept = np.zeros((2 * self._n, len(self._columns)))

    def start(self, scene: Array) -> None:
        self._t = 0
        self.step(scene)

    def step(self, scene: Array) -> bool:
        i = self._t % self._n
        self._kept[i] = self._kept[i + self._n] = scene[self._columns]
        self._t += 1
        rule, seen = self._rule, self._window()
        return (
            self._t >= self._n
            and _air(seen) >= rule.air
            and _down(seen) >= rule.down
            and _drift(seen) < rule.max_drift
            and _up(seen) > rule.min_up
            and self._reversals(seen) >= rule.reversals
        )

    def facts(self) -> dict[str, float]:
        """Return what happened in the window, as far as it has come."""
        seen = self._window()
        return {
            "air": _air(seen),
            "down": _down(seen),
            "drift": _drift(seen),
            "up": _up(seen),
            "reversals": float(self._reversals(seen)),
        }

    def _window(self) -> Array:
        first = self._t % self._n if self._t >= self._n else 0
        return self._kept[first : first + min(self._t, self._n)]

    def _reversals(self, seen: Array) -> int:
        return max(reversals(angles, self._rule.swing) for angles in seen[:, 7:].T.tolist())


def _air(seen: Array) -> float:
    return 1.0 - float(seen[:, 0].mean())


def _down(seen: Array) -> float:
    return float(seen[:, 1:4].mean(axis=0).min())


def _drift(seen: Array) -> float:
    return float(np.hypot(*(seen[:, 4:6] - seen[0, 4:6]).T).max())


def _up(seen: Array) -> float:
    return float(seen[:, 6].min())


def reversals(angles: Iterable[float], swing: float) -> int:
    """Return how often an angle turns round between swings of at least `swing` each [rad].

    A swing runs from the extreme where the angle last turned round; smaller movements to and fro
    are part of the swing in which they happen.
    """
    count, way = 0, 0
    low, high = float("inf"), -float("inf")
    for angle in angles:
        low, high = min(low, angle), max(high, angle)
        if way <= 0 and angle - low >= swing:
            count, way, high = count + (way < 0), 1, angle
        elif way >= 0 and high - angle >= swing:
            count, way, low = count + (way > 0), -1, angle
    return count
