"""Which of equally good rewards is returned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.linalg import qr, solve_triangular
from scipy.optimize import nnls

from rewardlab.shapers.base import Array
from rewardlab.shapers.tables.linear import Linear, Point

TieBreak = Literal["min_norm", "l1", "vertex"]
RULES: tuple[TieBreak, ...] = ("min_norm", "l1", "vertex")
ADDED = 200  # rows that a round of the least distance adds
EXACT = 1e-12  # how far a row of unit length may be missed
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
    real = sizes > 1e-12 * sizes.max(initial=0.0)
    back = turn[real].T / sizes[real]  # w of a point in the basis
    rows = face.rows @ back
    nearest, free = _solutions(rows[face.tight], face.upper[face.tight])
    g = -rows[~face.tight] @ free
    h = rows[~face.tight] @ nearest - face.upper[~face.tight]
    w: Array = back @ (nearest + free @ _least_distance(g, h))
    return w


def _solutions(rows: Array, values: Array) -> tuple[Array, Array]:
    """Return the least solution of rows x = values, and an orthonormal basis of the free rest."""
    if not len(rows):
        return np.zeros(rows.shape[1]), np.eye(rows.shape[1])
    basis, lower, order = qr(rows.T, pivoting=True)
    sizes = np.abs(np.diag(lower))
    rank = int((sizes > 1e-9 * max(1.0, sizes[0])).sum())
    corner = solve_triangular(lower[:rank, :rank], values[order[:rank]], trans="T")
    return basis[:, :rank] @ corner, basis[:, rank:]


def _least_distance(g: Array, h: Array) -> Array:
    """Return the least x with g x >= h, which exists.

    Few rows are met exactly in the end: the most violated ones are added until none is left.
    """
    size = np.linalg.norm(g, axis=1)
    g, h = g[size > 1e-9] / size[size > 1e-9, None], h[size > 1e-9] / size[size > 1e-9]
    x, at = np.zeros(g.shape[1]), np.zeros(0, dtype=np.int64)
    while True:
        short = h - g @ x
        missed = np.argsort(-short, kind="stable")[:ADDED]
        missed = missed[short[missed] > EXACT * max(1.0, np.abs(x).max(initial=0.0))]
        if not len(missed):
            return x
        candidates = np.union1d(at, missed)
        longer, at = _pressed(g[candidates], h[candidates], candidates)
        if np.linalg.norm(longer) <= np.linalg.norm(x):
            return x  # only rounding errors are missed
        x = longer


def _pressed(g: Array, h: Array, names: npt.NDArray[np.int64]) -> tuple[Array, Any]:
    """Return the least x with g x >= h, and the names of the rows that hold it away from 0."""
    scale = max(h.max(initial=0.0), 1e-300)  # no such x is shorter
    target = np.zeros(g.shape[1] + 1)
    target[-1] = 1.0
    pressure, _ = nnls(np.vstack([g.T, h / scale]), target, maxiter=30 * len(target))
    at = pressure > 0
    x: Array = np.linalg.lstsq(g[at], h[at], rcond=None)[0]
    return x, names[at]


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
