"""Intervals that say how sure a number from a few episodes is."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


class Interval(NamedTuple):
    """A confidence interval, both ends included."""

    low: float
    high: float


def wilson(successes: int, n: int, confidence: float = 0.95) -> Interval:
    r"""Return Wilson's score interval for a success probability.

    With $p = k/n$ and $z$ the normal quantile of $(1 + \text{confidence})/2$ it is
    $(p + z^2/2n \pm z \sqrt{p(1-p)/n + z^2/4n^2}) / (1 + z^2/n)$; unlike $p \pm z\sigma$ it stays
    inside [0, 1] and is not empty at 0 or n successes. Source: Wilson, JASA 22 (1927).

    Args:
        successes: Episodes that succeeded.
        n: All episodes, at least 1.
        confidence: Coverage asked for, in (0, 1).
    """
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"need 0 <= successes <= n and n >= 1, got {successes} of {n}")
    z = _quantile(confidence)
    p = successes / n
    middle = p + z * z / (2 * n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if successes == 0 else (middle - half) / scale
    high = 1.0 if successes == n else (middle + half) / scale
    return Interval(low, high)


def mean_interval(
    values: npt.NDArray[Any],
    confidence: float = 0.95,
    *,
    rng: np.random.Generator,
    n_resamples: int = 2000,
) -> Interval:
    """Return the percentile-bootstrap interval of the mean of `values (n,)`.

    Args:
        values: One number per episode, at least one.
        confidence: Coverage asked for, in (0, 1).
        rng: Draws the resamples; the same state gives the same interval.
        n_resamples: How many.
    """
    _quantile(confidence)
    values = np.asarray(values, np.float64)
    drawn = rng.integers(len(values), size=(n_resamples, len(values)))
    tail = (1 - confidence) / 2
    low, high = np.quantile(values[drawn].mean(axis=1), [tail, 1 - tail])
    return Interval(float(low), float(high))


def _quantile(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be inside (0, 1), got {confidence}")
    return NormalDist().inv_cdf((1 + confidence) / 2)
