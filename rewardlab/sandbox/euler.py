"""Euler angles with the names and conventions of `transforms3d.euler`, which need not be installed.

`axes` says how three angles turn: `"s"` about the axes of the world or `"r"` about those of the
body as it turns, then the axes in order, e.g. `"sxyz"` or `"rzyz"`. Quaternions are wxyz. Angles
are found after K. Shoemake, "Euler angle conversion" (Graphics Gems IV, 1994).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rewardlab.sandbox.helpers import Array, axangle2quat, qmult, quat2axangle, quat2mat

Angles: TypeAlias = tuple[float, float, float]

_TINY = 4.0 * float(np.finfo(float).eps)


def euler2quat(ai: float, aj: float, ak: float, axes: str = "sxyz") -> Array:
    """Return the quaternion `(4,)` of three angles [rad]."""
    _order(axes)
    x, y, z = (
        axangle2quat(np.eye(3)["xyz".index(name)], angle)
        for name, angle in zip(axes[1:], (ai, aj, ak), strict=True)
    )
    return qmult(z, qmult(y, x)) if axes[0] == "s" else qmult(x, qmult(y, z))


def euler2mat(ai: float, aj: float, ak: float, axes: str = "sxyz") -> Array:
    """Return the rotation matrix `(3, 3)` of three angles [rad]."""
    return quat2mat(euler2quat(ai, aj, ak, axes))


def euler2axangle(ai: float, aj: float, ak: float, axes: str = "sxyz") -> tuple[Array, float]:
    """Return axis `(3,)` and angle [rad] of three angles [rad]."""
    return quat2axangle(euler2quat(ai, aj, ak, axes))


def mat2euler(mat: npt.ArrayLike, axes: str = "sxyz") -> Angles:
    """Return three angles [rad] of a rotation matrix `(3, 3)`."""
    i, odd, twice, turning = _order(axes)
    j, k = ((i + 2) % 3, (i + 1) % 3) if odd else ((i + 1) % 3, (i + 2) % 3)
    m = np.asarray(mat, float)[:3, :3].tolist()
    first, second, third = _same_ends(m, i, j, k) if twice else _three(m, i, j, k)
    if odd:
        first, second, third = -first, -second, -third
    return (third, second, first) if turning else (first, second, third)


def quat2euler(quaternion: npt.ArrayLike, axes: str = "sxyz") -> Angles:
    """Return three angles [rad] of a quaternion."""
    return mat2euler(quat2mat(quaternion), axes)


def axangle2euler(vector: npt.ArrayLike, theta: float, axes: str = "sxyz") -> Angles:
    """Return three angles [rad] of a turn by `theta` [rad] about an axis."""
    return quat2euler(axangle2quat(vector, theta), axes)


def _three(m: list[list[float]], i: int, j: int, k: int) -> Angles:
    """Return the angles about three different axes; the last is 0 where only a sum is known."""
    cosine = math.hypot(m[i][i], m[j][i])
    second = math.atan2(-m[k][i], cosine)
    if cosine > _TINY:
        return math.atan2(m[k][j], m[k][k]), second, math.atan2(m[j][i], m[i][i])
    return math.atan2(-m[j][k], m[j][j]), second, 0.0


def _same_ends(m: list[list[float]], i: int, j: int, k: int) -> Angles:
    """Return the angles where the first axis is also the last."""
    sine = math.hypot(m[i][j], m[i][k])
    second = math.atan2(sine, m[i][i])
    if sine > _TINY:
        return math.atan2(m[i][j], m[i][k]), second, math.atan2(m[j][i], -m[k][i])
    return math.atan2(-m[j][k], m[j][j]), second, 0.0


@lru_cache(maxsize=32)
def _order(axes: str) -> tuple[int, bool, bool, bool]:
    """Return first axis, odd order, first axis twice, turning axes, as seen from the world."""
    letters = axes[1:] if axes[:1] == "s" else axes[:0:-1]
    known = len(axes) == 4 and axes[0] in "sr" and set(letters) <= set("xyz")
    if not known or letters[1] in (letters[0], letters[2]):
        raise ValueError(f"axes {axes!r} are none: give s or r and three axes, e.g. 'sxyz'")
    first, second = "xyz".index(letters[0]), "xyz".index(letters[1])
    return first, second != (first + 1) % 3, letters[0] == letters[2], axes[0] == "r"
