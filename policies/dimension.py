"""How many numbers states really vary in: the s of a plan."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from rewardlab.errors import UnknownName, UsageError

Method = Literal["twonn", "pca"]
KEPT_VARIANCE = 0.95
_KEPT_RATIOS = 0.9
_MOST = 20_000


def intrinsic_dimension(states: npt.NDArray[Any], method: Method = "twonn") -> float:
    """Return the intrinsic dimension of states `(N, d)`, each column scaled to variance 1.

    `"pca"`: the fewest principal components with 95 % of the variance, which takes the bends of a
    surface for dimensions. `"twonn"`: from the ratio μ of the distances to the second and the
    first neighbour, whose distribution is `F(μ) = 1 − μ^(−d)`: the slope through the origin of
    `−ln(1 − F)` over `ln μ`, the largest tenth left out.

    Source: Facco et al., *Estimating the intrinsic dimension of datasets by a minimal neighborhood
    information*, Scientific Reports 7 (2017). At most 20,000 rows, evenly spaced, are looked at,
    and equal ones once.

    Args:
        states: One state per row.
        method: How.

    Raises:
        UsageError: Not a matrix of finite numbers, or fewer than 10 different rows.
    """
    if method not in get_args(Method):
        raise UnknownName("method", str(method), get_args(Method))
    return _pca(_scaled(states)) if method == "pca" else _twonn(_scaled(states))


def _scaled(states: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    x: npt.NDArray[np.float64] = np.asarray(states, np.float64)
    if x.ndim != 2 or not np.isfinite(x).all():
        raise UsageError(f"states are finite numbers (N, d), one row each, got shape {x.shape}")
    x = np.unique(x[:: max(1, len(x) // _MOST)], axis=0)
    x = x[:, np.ptp(x, axis=0) > 0] if len(x) else x
    if len(x) < 10:
        raise UsageError(f"a dimension needs at least 10 different states, got {len(x)}")
    scaled: npt.NDArray[np.float64] = (x - x.mean(axis=0)) / x.std(axis=0)
    return scaled


def _pca(x: npt.NDArray[np.float64]) -> float:
    variance = np.linalg.svd(x, compute_uv=False) ** 2
    return float(np.searchsorted(np.cumsum(variance) / variance.sum(), KEPT_VARIANCE) + 1)


def _twonn(x: npt.NDArray[np.float64]) -> float:
    first, second = cKDTree(x).query(x, k=3)[0][:, 1:].T
    ratio = np.sort(np.log(second / first))
    kept = slice(0, int(_KEPT_RATIOS * len(ratio)))
    above = -np.log1p(-np.arange(1, len(ratio) + 1)[kept] / (len(ratio) + 1))
    return float(ratio[kept] @ above / (ratio[kept] @ ratio[kept]))
