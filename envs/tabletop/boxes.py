"""Boxes: what things are made of, as MuJoCo's geoms and as the surfaces that programs see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

Vector = tuple[float, float, float]


class Box(NamedTuple):
    """A box in the frame of its link.

    Attributes:
        centre: Its middle [m].
        half: Half of its edges' lengths [m].
        quat: Its orientation, a unit quaternion wxyz.
    """

    centre: Vector
    half: Vector
    quat: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)

    def geom(self, attributes: str) -> str:
        """Return it in MJCF."""
        return (
            f'<geom type="box" pos="{_text(self.centre)}" size="{_text(self.half)}" '
            f'quat="{_text(self.quat)}" {attributes}/>'
        )

    @property
    def row(self) -> tuple[float, ...]:
        """Its numbers `(x, y, z, qw, qx, qy, qz, hx, hy, hz)`, as a scene's constants hold them."""
        return (*self.centre, *self.quat, *self.half)

    def moved(self, by: Vector) -> Box:
        """Return it displaced [m]."""
        x, y, z = (at + step for at, step in zip(self.centre, by, strict=True))
        return self._replace(centre=(x, y, z))


def geoms(boxes: Iterable[Box], attributes: str) -> str:
    """Return boxes in MJCF, all with the same attributes."""
    return "\n".join(box.geom(attributes) for box in boxes)


def _text(numbers: Iterable[float]) -> str:
    return " ".join(f"{number:.9g}" for number in numbers)
