"""When a flip is done: a whole turn of the torso, a good part of it in the air."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rewardlab.envs.locomotion.predicates import index, n_steps, threshold
from rewardlab.envs.scene import Array
from rewardlab.program.schema import Schema

TURN = 2 * math.pi


@dataclass(frozen=True)
class Flip:
    """Whole turns about the pitch axis, counted from the episode's first pitch.

    The k-th turn is over when the pitch, not wrapped, has changed by 2 pi k in the direction of
    the flip. It counts if while it lasted the torso turned by at least `air_turn` in one phase
    without any contact with the floor: rolling over is no flip.

    Attributes:
        sign: +1 forward, -1 backward.
        turns: Flips in an episode.
        air_turn: Least angle turned in one phase without contact [rad].
        max_pitch: A flip is landed with the wrapped pitch below this [rad] ...
        land_seconds: ... and the foot down for this long [s]. Reported, not required.
    """

    sign: int
    turns: int = threshold(1, low=1)
    air_turn: float = threshold(3.14, high=6.28)
    max_pitch: float = threshold(0.5, high=3.14)
    land_seconds: float = threshold(0.25)

    def __str__(self) -> str:
        way = "forward (2 pi" if self.sign > 0 else "backward (-2 pi"
        times = "once" if self.turns == 1 else f"{self.turns} times"
        return (
            f"since the episode began the torso has turned {times} all the way round {way} of "
            f"pitch, not wrapped), at least {self.air_turn:g} rad of each turn in one phase "
            "without contact with the floor; reported besides: flips, their number, and landed, "
            f"whether after one the wrapped pitch was below {self.max_pitch:g} rad with the foot "
            f"down for {self.land_seconds:g} s"
        )

    def __call__(self, schema: Schema) -> _Flip:
        """Return the predicate for scenes of this schema."""
        return _Flip(self, schema)


class _Flip:
    def __init__(self, rule: Flip, schema: Schema) -> None:
        self._rule = rule
        self._pitch = index(schema, "hopper.top_joint.angle")
        self._contact = index(schema, "hopper.in_contact")
        self._foot = index(schema, "hopper.foot.in_contact")
        self._land_steps = n_steps(rule.land_seconds, schema)

    def start(self, scene: Array) -> None:
        self._begin = float(scene[self._pitch])
        self._laps = self._flips = self._down = 0
        self._landed = False
        self._took_off: float | None = None
        self._most = 0.0

    def step(self, scene: Array) -> bool:
        turned = self._rule.sign * (float(scene[self._pitch]) - self._begin)
        self._fly(turned, bool(scene[self._contact]))
        while turned >= TURN * (self._laps + 1):
            self._finish_turn()
        self._land(scene)
        return self._flips >= self._rule.turns

    def facts(self) -> dict[str, float]:
        return {"flips": float(self._flips), "landed": float(self._landed)}

    def _fly(self, turned: float, contact: bool) -> None:
        if contact:
            self._took_off = None
        elif self._took_off is None:
            self._took_off = turned
        else:
            self._most = max(self._most, turned - self._took_off)

    def _finish_turn(self) -> None:
        self._laps += 1
        self._flips += self._most >= self._rule.air_turn
        self._most = 0.0
        if self._took_off is not None:  # what is left of the flight belongs to the next turn
            self._took_off = TURN * self._laps

    def _land(self, scene: Array) -> None:
        tilt = abs(math.remainder(float(scene[self._pitch]), TURN))
        upright = self._flips > 0 and tilt < self._rule.max_pitch
        self._down = self._down + 1 if upright and scene[self._foot] else 0
        self._landed |= self._down > self._land_steps
