"""When a body lies: belly down, low and still for a while."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rewardlab.envs.locomotion.predicates import index, n_steps, threshold
from rewardlab.envs.scene import Array
from rewardlab.program.schema import Schema


@dataclass(frozen=True)
class Lying:
    """The Ant's torso upright, low and slow over a stretch of time, at every step of it.

    Without any torque the Ant sinks onto its stretched legs in about two of three episodes, which
    counts: it lies. Random actions never do (`benchmarks/behaviours.py`).

    Attributes:
        seconds: How long [s].
        min_up: Lowest vertical part of the torso's up axis.
        max_height: Greatest height of the torso [m]; at rest on bent legs it is 0.47, on legs
            stretched out 0.37.
        max_speed: Greatest speed of the torso [m/s].
    """

    seconds: float = threshold(1.0, low=0.01)
    min_up: float = threshold(0.9, low=-1.0, high=1.0)
    max_height: float = threshold(0.42)
    max_speed: float = threshold(0.1)

    def __str__(self) -> str:
        return (
            f"over the last {self.seconds:g} s the torso's up_vector[2] was always at least "
            f"{self.min_up:g}, its height at most {self.max_height:g} m and its speed at most "
            f"{self.max_speed:g} m/s"
        )

    def __call__(self, schema: Schema) -> _Lying:
        """Return the predicate for scenes of this schema."""
        return _Lying(self, schema)


class _Lying:
    def __init__(self, rule: Lying, schema: Schema) -> None:
        self._rule = rule
        self._steps = n_steps(rule.seconds, schema)
        self._dt = schema.dt
        self._up = index(schema, "ant.torso.up_vector") + 2
        self._z = index(schema, "ant.torso.position_z")
        velocity = index(schema, "ant.torso.velocity_x")
        self._velocity = slice(velocity, velocity + 3)
        self._held = 0

    def start(self, scene: Array) -> None:
        self._held = 0
        self.step(scene)

    def step(self, scene: Array) -> bool:
        rule = self._rule
        lies = (
            scene[self._up] >= rule.min_up
            and scene[self._z] <= rule.max_height
            and math.hypot(*scene[self._velocity].tolist()) <= rule.max_speed
        )
        self._held = self._held + 1 if lies else 0
        return self._held > self._steps

    def facts(self) -> dict[str, float]:
        return {"lying_seconds": max(0, self._held - 1) * self._dt}
