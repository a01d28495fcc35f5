"""Poses as reward programs see them: values of seven floats that nothing can change.

A pose `(p, q)` maps a point of its own frame to the world, `x -> p + R(q) x`; hence
`(p1, q1) * (p2, q2) = (p1 + R(q1) p2, q1 q2)` and `inv = (-R(q)^-1 p, q^-1)`.
Quaternions are wxyz; any length but 0 stands for the same rotation, 0 for none.
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Floats: TypeAlias = tuple[float, ...]

_MEMBERS = ("p", "q", "inv", "to_transformation_matrix")


class UnknownMember(AttributeError):
    """A program read something that the scene does not have."""


class ReadOnly(AttributeError):
    """A program tried to keep something on an object of the scene."""


class Sealed(type):
    """Class of classes that keep nothing that is put on them."""

    def __setattr__(cls, name: str, value: Any) -> NoReturn:
        raise ReadOnly(f"{cls.__name__}.{name} cannot be set: it is read-only")

    def __delattr__(cls, name: str) -> NoReturn:
        raise ReadOnly(f"{cls.__name__}.{name} cannot be deleted: it is read-only")


class ObjectPose(metaclass=Sealed):
    """Position and orientation.

    Args:
        p: Position `(3,)` [m].
        q: Orientation `(4,)`, a quaternion wxyz.

    Raises:
        ValueError: They have another shape.
    """

    __slots__ = ("_numbers",)
    __array_ufunc__ = None
    """Tells numpy to leave `array * pose` alone."""

    _numbers: Floats

    def __new__(
        cls, p: npt.ArrayLike = (0.0, 0.0, 0.0), q: npt.ArrayLike = (1.0, 0.0, 0.0, 0.0)
    ) -> ObjectPose:
        """Take numbers in."""
        return pose((*_floats(p, 3, "p"), *_floats(q, 4, "q")))

    @property
    def p(self) -> Array:
        """Position `(3,)` [m], a fresh array."""
        return np.array(self._numbers[:3])

    @property
    def q(self) -> Array:
        """Orientation wxyz `(4,)`, a fresh array."""
        return np.array(self._numbers[3:])

    def inv(self) -> ObjectPose:
        """Return the inverse pose."""
        x, y, z, *q = self._numbers
        turned = _inverse(q)
        return pose((*_turn(turned, (-x, -y, -z)), *turned))

    def to_transformation_matrix(self) -> Array:
        """Return the homogeneous matrix `(4, 4)`."""
        a, b, c, d, e, f, g, h, i = _rotation(self._numbers[3:])
        x, y, z = self._numbers[:3]
        return np.array([[a, b, c, x], [d, e, f, y], [g, h, i, z], [0.0, 0.0, 0.0, 1.0]])

    def __mul__(self, other: object) -> ObjectPose:
        if type(other) is not ObjectPose:
            raise TypeError(
                f"a pose can be multiplied by a pose, not by a {type(other).__name__}; to move "
                "points: transform_points(pose.to_transformation_matrix(), points)"
            )
        a, b = self._numbers, other._numbers
        x, y, z = _turn(a[3:], b[:3])
        return pose((a[0] + x, a[1] + y, a[2] + z, *_product(a[3:], b[3:])))

    def __eq__(self, other: object) -> bool:
        return type(other) is ObjectPose and self._numbers == other._numbers

    def __hash__(self) -> int:
        return hash(self._numbers)

    def __repr__(self) -> str:
        return f"ObjectPose(p={list(self._numbers[:3])}, q={list(self._numbers[3:])})"

    def __getattr__(self, name: str) -> NoReturn:
        raise UnknownMember(f"an ObjectPose has no {name!r}; it has: {', '.join(_MEMBERS)}, *")

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise ReadOnly("an ObjectPose is read-only: make another one, ObjectPose(p, q)")

    def __delattr__(self, name: str) -> NoReturn:
        raise ReadOnly("an ObjectPose is read-only: make another one, ObjectPose(p, q)")


_new, _keep = object.__new__, ObjectPose.__dict__["_numbers"].__set__


def pose(numbers: Floats) -> ObjectPose:
    """Return the pose of seven floats, position first."""
    made = _new(ObjectPose)
    _keep(made, numbers)
    return made


def _floats(values: npt.ArrayLike, n: int, name: str) -> list[float]:
    array = np.asarray(values, float)
    if array.shape != (n,):
        raise ValueError(f"{name} of a pose has shape ({n},), not {array.shape}")
    floats: list[float] = array.tolist()
    return floats


def _inverse(q: list[float]) -> Floats:
    w, x, y, z = q
    square = w * w + x * x + y * y + z * z or 1.0
    return w / square, -x / square, -y / square, -z / square


def _product(a: Floats, b: Floats) -> Floats:
    w, x, y, z = a
    p, q, r, s = b
    return (
        w * p - x * q - y * r - z * s,
        w * q + x * p + y * s - z * r,
        w * r - x * s + y * p + z * q,
        w * s + x * r - y * q + z * p,
    )


def _turn(q: Floats, v: Floats) -> Floats:
    """Return `R(q) v`: v + w t + u x t with t = 2 u x v / |q|^2, u the vector part of q."""
    w, x, y, z = q
    a, b, c = v
    s = 2.0 / (w * w + x * x + y * y + z * z or 1.0)
    d, e, f = s * (y * c - z * b), s * (z * a - x * c), s * (x * b - y * a)
    return a + w * d + y * f - z * e, b + w * e + z * d - x * f, c + w * f + x * e - y * d


def _rotation(q: Floats) -> Floats:
    """Return the nine entries of `R(q)`, row by row."""
    w, x, y, z = q
    s = 2.0 / (w * w + x * x + y * y + z * z or 1.0)
    xx, yy, zz, xy, xz, yz = s * x * x, s * y * y, s * z * z, s * x * y, s * x * z, s * y * z
    wx, wy, wz = s * w * x, s * w * y, s * w * z
    return (
        1 - yy - zz,
        xy - wz,
        xz + wy,
        xy + wz,
        1 - xx - zz,
        yz - wx,
        xz - wy,
        yz + wx,
        (1 - xx - yy),
    )
