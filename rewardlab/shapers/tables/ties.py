"""Which of equally good rewards is returned."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import nnls

from rewardlab.shapers.base import Array
from rewardlab.shapers.tables.linear import Linear, Point

TieBreak = Literal["min_norm", "l1", "vertex"]
RULES: tuple[TieBreak, ...] = ("min_norm", "l1", "vertex")
SLIGHT = 1e-9  # how much worse than the optimum the least ‖R‖₁ may be


class Face(NamedTuple):
    """The optima of a linear programme: rows x <= upper, with equality where tight.

    Attributes:
        rows: `(k, d)`.
        upper: `(k,)`.
        tight: `(k,)`.
    """

    rows: Array
    upper: Array
    tight: npt.NDArray[np.bool_]


def least_norm(face: Face, used: Array) -> Array:
    """Return the w (d,) on the face with the least ‖used w‖₂.

    The face must depend on w through used w alone. With an orthonormal basis of what `used` can
    reach, and of what the tight rows leave free, this is a least-distance problem (Lawson, Hanson
    1974, chapter 23): min ‖x‖ with G x >= h, solved by non-negative least squares.
    """
    _, sizes, turn = np.linalg.svd(used, full_matrices=False)
    real = sizes > 1e-12 * sizes[0]
    back = turn[real].T / sizes[real]  # w of a point in the basis
    rows = face.rows @ back
    nearest, free = _solutions(rows[face.tight], face.upper[face.tight])
    g = -rows[~face.tight] @ free
    h = rows[~face.tight] @ nearest - face.upper[~face.tight]
    w: Array = back @ (nearest + free @ _least_distance(g, h))
    return w


def _solutions(rows: Array, values: Array) -> tuple[Array, Array]:
    """Return the least solution of rows x = values, and an orthonormal basis of the free rest."""
    left, sizes, right = np.linalg.svd(rows)
    rank = int((sizes > 1e-9 * max(1.0, sizes.max(initial=0.0))).sum())
    nearest = right[:rank].T @ ((left[:, :rank].T @ values) / sizes[:rank])
    return nearest, right[rank:].T


def _least_distance(g: Array, h: Array) -> Array:
    """Return the least x with g x >= h, which exists."""
    size = np.linalg.norm(g, axis=1)
    g, h = g[size > 1e-9] / size[size > 1e-9, None], h[size > 1e-9] / size[size > 1e-9]
    if (h <= 0).all():
        return np.zeros(g.shape[1])
    scale = h.max()  # no x with g x >= h is shorter
    target = np.zeros(g.shape[1] + 1)
    target[-1] = 1.0
    pressure, _ = nnls(np.vstack([g.T, h / scale]), target, maxiter=30 * len(h))
    at = pressure > 0
    x: Array = np.linalg.lstsq(g[at], h[at], rcond=None)[0]
    return x


def least_sum(linear: Linear, point: Point, used: Array) -> Array:
    """Return the w (d,), the first variables, with the least ‖used w‖₁ among the optima."""
    rows, times = np.unique(used[used.any(axis=1)], axis=0, return_counts=True)
    (k, d), n = rows.shape, len(linear.cost)
    optima = sp.vstack([linear.matrix, linear.cost[None]])
    wide = sp.hstack([sp.csr_matrix(rows), sp.csr_matrix((k, n - d))])
    size = sp.eye(k)
    found = replace(
        linear,
        cost=np.concatenate([np.zeros(n), times.astype(np.float64)]),
        matrix=sp.bmat([[optima, None], [wide, -size], [-wide, -size]], format="csc"),
        upper=np.concatenate([linear.upper, [point.objective + SLIGHT], np.zeros(2 * k)]),
        low=np.concatenate([linear.low, np.zeros(k)]),
        high=np.concatenate([linear.high, np.full(k, np.inf)]),
    ).solve()
    assert found is not None  # the first stage's optimum is among them
    return found.x[:d]
