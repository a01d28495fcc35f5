"""Functions that reward programs may call without importing anything: pure numpy, no state.

Quaternions are `wxyz`, rotations active, angles in radians.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from rewardlab.sandbox.pose import ObjectPose

Array: TypeAlias = npt.NDArray[np.float64]

Pose = ObjectPose

_SIGMOIDS = ("gaussian", "linear", "long_tail", "cosine", "quadratic", "tanh_squared", "hyperbolic")


def transform_points(H: npt.ArrayLike, pts: npt.ArrayLike) -> Array:  # noqa: N803
    """Apply a transform `(4, 4)` to points `(N, 3)`."""
    matrix, points = np.asarray(H, float), np.asarray(pts, float)
    moved: Array = points @ matrix[:3, :3].T + matrix[:3, 3]
    return moved


def clip_and_normalize(x: Any, lo: float, hi: float | None = None) -> Any:
    """Map `[lo, hi]` to `[0, 1]` and clip; a single bound `b` means `[-|b|, |b|]`."""
    if hi is None:
        lo, hi = -abs(lo), abs(lo)
    return (np.clip(x, lo, hi) - lo) / (hi - lo)


def angle_between_vec(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Return the angle between two vectors [rad]; 0 if one of them is zero."""
    u, v = np.asarray(a, float).ravel(), np.asarray(b, float).ravel()
    size = math.sqrt(float(u @ u) * float(v @ v))
    if not size > 0.0:
        return 0.0
    return math.acos(min(1.0, max(-1.0, float(u @ v) / size)))


def angle_distance(a: ObjectPose | npt.ArrayLike, b: ObjectPose | npt.ArrayLike) -> float:
    """Return the angle between two orientations as a share of pi, in [0, 1]; q equals -q.

    Args:
        a: A pose, or a quaternion.
        b: Another one.
    """
    first, second = (x.q if isinstance(x, ObjectPose) else x for x in (a, b))
    w, x, y, z = qmult(qinverse(first), second).tolist()
    return 2.0 * math.atan2(math.hypot(x, y, z), abs(w)) / math.pi


def qinverse(q: npt.ArrayLike) -> Array:
    """Return the inverse quaternion; that of zero is zero."""
    q = np.asarray(q, float)
    square = float(q @ q)
    inverse: Array = q * (1.0, -1.0, -1.0, -1.0) / (square if square > 0.0 else 1.0)
    return inverse


def qmult(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Return the product of two quaternions."""
    w, x, y, z = np.asarray(a, float).tolist()
    p, q, r, s = np.asarray(b, float).tolist()
    return np.array(
        [
            w * p - x * q - y * r - z * s,
            w * q + x * p + y * s - z * r,
            w * r - x * s + y * p + z * q,
            w * s + x * r - y * q + z * p,
        ]
    )


def quat2axangle(q: npt.ArrayLike) -> tuple[Array, float]:
    """Return axis `(3,)` and angle in [0, 2 pi] [rad]; the axis is x where there is no rotation."""
    w, x, y, z = np.asarray(q, float).tolist()
    sine = math.sqrt(x * x + y * y + z * z)
    if not sine > 0.0:
        return np.array([1.0, 0.0, 0.0]), 0.0
    return np.array([x, y, z]) / sine, 2.0 * math.atan2(sine, w)


def axangle2quat(vector: npt.ArrayLike, theta: float) -> Array:
    """Return the quaternion of a turn by `theta` [rad] about an axis; that of no axis is none."""
    axis = np.asarray(vector, float)
    size = math.sqrt(float(axis @ axis))
    x, y, z = (axis * (math.sin(theta / 2.0) / size if size > 0.0 else 0.0)).tolist()
    return np.array([math.cos(theta / 2.0) if size > 0.0 else 1.0, x, y, z])


def qconjugate(q: npt.ArrayLike) -> Array:
    """Return the conjugate quaternion."""
    w, x, y, z = np.asarray(q, float).tolist()
    return np.array([w, -x, -y, -z])


def rotate_vector(v: npt.ArrayLike, q: npt.ArrayLike) -> Array:
    """Return a vector `(3,)` turned by a quaternion."""
    turned: Array = quat2mat(q) @ np.asarray(v, float)
    return turned


def quat2mat(q: npt.ArrayLike) -> Array:
    """Return the rotation matrix `(3, 3)`; a zero quaternion is no rotation."""
    w, x, y, z = np.asarray(q, float).tolist()
    square = w * w + x * x + y * y + z * z
    if not square > 0.0:
        return np.eye(3)
    s = 2.0 / square
    return np.array(
        [
            [1 - s * (y * y + z * z), s * (x * y - w * z), s * (x * z + w * y)],
            [s * (x * y + w * z), 1 - s * (x * x + z * z), s * (y * z - w * x)],
            [s * (x * z - w * y), s * (y * z + w * x), 1 - s * (x * x + y * y)],
        ]
    )


def mat2quat(M: npt.ArrayLike) -> Array:  # noqa: N803
    """Return the unit quaternion, w >= 0, nearest to a rotation matrix `(3, 3)`.

    It is the largest eigenvector of Bar-Itzhack's matrix (J. Guidance 23(6), 2000).
    """
    m = np.asarray(M, float)
    k = np.zeros((4, 4))
    k[0, 0] = np.trace(m)
    k[1:, 1:] = m + m.T - np.trace(m) * np.eye(3)
    k[0, 1:] = k[1:, 0] = (m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1])
    q: Array = np.linalg.eigh(k)[1][:, -1]
    return -q if q[0] < 0 else q


def tolerance(
    x: Any,
    bounds: tuple[float, float] = (0.0, 0.0),
    margin: float = 0.0,
    sigmoid: str = "gaussian",
    value_at_margin: float = 0.1,
) -> Any:
    """Return 1 where `x` is within `bounds` and less, down to 0, the further it is outside.

    Args:
        x: Number or array.
        bounds: Lower and upper bound, infinite ones allowed.
        margin: Distance from the bounds at which the value is `value_at_margin`; 0 for a step.
        sigmoid: `"gaussian"`, `"linear"`, `"long_tail"`, `"cosine"`, `"quadratic"`,
            `"tanh_squared"` or `"hyperbolic"`.
        value_at_margin: In (0, 1); in [0, 1) for linear, cosine and quadratic.

    Raises:
        ValueError: Bounds out of order, negative margin, unknown sigmoid, value out of range.
    """
    lower, upper = bounds
    if not lower <= upper:
        raise ValueError(f"bounds {bounds} are out of order: give (lower, upper)")
    if margin < 0:
        raise ValueError(f"margin must not be negative, got {margin}")
    values = np.asarray(x, float)
    outside = np.maximum(np.maximum(lower - values, values - upper), 0.0)
    if margin == 0:
        result = np.where(outside > 0, 0.0, 1.0)
    else:
        result = np.where(outside > 0, _fall(outside / margin, sigmoid, value_at_margin), 1.0)
    return float(result) if result.ndim == 0 else result


def _fall(d: Array, sigmoid: str, v: float) -> Array:
    """Return 1 at 0 and `v` at 1."""
    if sigmoid not in _SIGMOIDS:
        raise ValueError(f"unknown sigmoid {sigmoid!r}; one of {', '.join(_SIGMOIDS)}")
    compact = sigmoid in ("linear", "cosine", "quadratic")
    if not (0.0 <= v < 1.0 if compact else 0.0 < v < 1.0):
        raise ValueError(f"value_at_margin must lie in (0, 1), got {v}")
    if sigmoid == "gaussian":
        return np.exp(d**2 * math.log(v))
    if sigmoid == "long_tail":
        return 1.0 / (1.0 + d**2 * (1.0 / v - 1.0))
    if sigmoid == "tanh_squared":
        return 1.0 - np.tanh(d * math.atanh(math.sqrt(1.0 - v))) ** 2
    if sigmoid == "hyperbolic":
        return 1.0 / np.cosh(np.minimum(d * math.acosh(1.0 / v), 700.0))
    if sigmoid == "linear":
        return np.maximum(1.0 - d * (1.0 - v), 0.0)
    if sigmoid == "quadratic":
        return np.maximum(1.0 - d**2 * (1.0 - v), 0.0)
    turn = np.minimum(d * math.acos(2.0 * v - 1.0) / math.pi, 1.0)
    return (1.0 + np.cos(math.pi * turn)) / 2.0
