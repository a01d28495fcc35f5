"""How many experts, and how complex: the smallest bound of the convergence rate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from rewardlab.errors import UsageError
from rewardlab.policies.rate import Rate

M_MAX = 512
"""Most experts that a plan considers."""
NEAR_VACUOUS = 17
"""Covariates from which on the rate promises next to nothing: the smallest usual observations."""

_MANY = (
    "with s = {s} covariates the bound is near-vacuous: to halve the error takes {times:.2g} times "
    "the data. Use an intrinsic dimension for s (rewardlab moe plan --states FILE) and distinct "
    "transitions for n, and read m as an upper guide"
)
_LARGE = (
    "the bound, {bound:.3g}, is above half of A = {A:g}, the approximation error of one expert: "
    "it hardly tells plans apart; more data or a smaller s is needed"
)
_END = "the bound still falls at m = {m}, the most experts considered"
_SIMPLE = (
    "experts of order k_max = {k_max} do not use all of the smoothness alpha = {alpha:g}; "
    "k_max = {needed} would"
)
_SIGMOID = "the rate is proven for softmax gating; for sigmoid only the parameters are counted anew"


class Row(NamedTuple):
    """The best mixture of experts of one polynomial order.

    Attributes:
        k: Order of the experts.
        parameters: `J_k = C(s + k, k)` of one expert.
        m: Experts.
        m_continuous: The bound's minimum over real m.
        bound: At `m`.
    """

    k: int
    parameters: int
    m: int
    m_continuous: float
    bound: float


@dataclass(frozen=True)
class Plan:
    """What `plan` advises.

    Attributes:
        m: Experts.
        k: Their polynomial order: 0 constant, 1 linear, from 2 on an MLP of about `J_k` parameters.
        bound: On the error, up to the constants A and σ².
        rate_exponent: `−2α/(2α+s)`: the error falls like this power of n at the best m.
        m_continuous: The bound's minimum over real m at this k.
        table: The best m of every k.
        warnings: Why not to trust it.
    """

    m: int
    k: int
    bound: float
    rate_exponent: float
    m_continuous: float
    table: tuple[Row, ...]
    warnings: tuple[str, ...]


class Constants(NamedTuple):
    """Constants of the bound, as `plan` takes them.

    Attributes:
        A: Size of the approximation error, or one for each order of experts.
        sigma2: Size of the estimation error.
    """

    A: float | dict[int, float]
    sigma2: float


class Pilot(NamedTuple):
    """A mixture that was trained.

    Attributes:
        m: Experts.
        k: Their polynomial order.
        n: Samples it learned from.
        mse: Its mean squared error against the truth, without noise that nothing can predict.
    """

    m: int
    k: int
    n: float
    mse: float


def plan(
    n: float,
    s: int,
    *,
    alpha: float = 2.0,
    A: float | Mapping[int, float] = 1.0,  # noqa: N803
    sigma2: float = 1.0,
    k_max: int = 3,
    gating: str = "softmax",
    use_log: bool = True,
) -> Plan:
    """Return the number m and the order k of experts with the smallest error bound.

    The minimum of `Rate.bound` over k = 0..k_max and whole m up to 512; of equal bounds the smaller
    m, then the smaller k.

    Args:
        n: Samples; distinct transitions rather than steps.
        s: Covariates that the target depends on; `intrinsic_dimension` estimates it.
        alpha: Smoothness α of the target, its bounded derivatives.
        A: Size of the approximation error; `fit_constants` measures it. With one for each order,
            only these orders are considered.
        sigma2: Size of the estimation error, likewise.
        k_max: Largest order of experts; more than ⌈α⌉−1 only costs parameters.
        gating: See `Rate`.
        use_log: See `Rate`.

    Raises:
        UsageError: A number is out of range.
    """
    if k_max < 0 or k_max != int(k_max):
        raise UsageError(f"k_max is the largest order of experts, a whole number, got {k_max!r}")
    sizes = A if isinstance(A, Mapping) else dict.fromkeys(range(k_max + 1), A)
    rates = {k: Rate(s, alpha, sizes[k], sigma2, gating, use_log) for k in sorted(sizes)}
    table = tuple(_row(rate, k, n) for k, rate in rates.items() if k <= k_max)
    if not table:
        raise UsageError(f"A has no order up to k_max = {k_max}, but {', '.join(map(str, sizes))}")
    best = min(table, key=lambda row: (row.bound, row.m, row.k))
    rate, warned = rates[best.k], _warnings(rates[best.k], best, table[-1].k)
    return Plan(best.m, best.k, best.bound, rate.exponent, best.m_continuous, table, warned)


def fit_constants(
    pilots: Sequence[tuple[int, int, float, float]],
    s: int,
    *,
    alpha: float = 2.0,
    gating: str = "softmax",
    use_log: bool = True,
    by_order: bool = False,
) -> Constants:
    """Return the A and σ² that explain trained mixtures: non-negative least squares.

    `mse_i ≈ A bias_i + σ² variance_i` with the terms of `Rate`, each equation divided by its error,
    so that small errors count as much as large ones. The rate leaves open that A differs between
    orders, and it does, by much: with `by_order` each order among the pilots has its own, while σ²
    stays one (results/moe/planner.md compares). A σ² of 0 says that no pilot has so many
    experts for its samples that they overfit: add one.

    Args:
        pilots: `(m, k, n, mse)` of at least two mixtures, see `Pilot`.
        s: As in `plan`, likewise the others.
        alpha: Smoothness.
        gating: Of the mixtures.
        use_log: Keep the factor `ln n`.
        by_order: Fit an A for each order.

    Raises:
        UsageError: Too few pilots, or a number is out of range.
    """
    rate, rows = Rate(s, alpha, gating=gating, use_log=use_log), [Pilot(*p) for p in pilots]
    for p in rows:
        if p.m < 1 or p.k < 0 or not (math.isfinite(p.mse) and p.mse > 0):
            raise UsageError(f"a pilot has m >= 1, k >= 0 and a finite mse > 0, got {p}")
    orders = sorted({p.k for p in rows}) if by_order else [-1]
    if len(rows) <= len(orders):
        raise UsageError(
            f"{len(orders) + 1} constants need as many pilots (m, k, n, mse), got {len(rows)}"
        )
    terms = np.zeros((len(rows), len(orders) + 1))
    for row, p in zip(terms, rows, strict=True):
        row[orders.index(p.k) if by_order else 0], row[-1] = rate.terms(p.m, p.k, p.n)
    found, _ = nnls(terms / np.array([[p.mse] for p in rows]), np.ones(len(rows)))
    sizes = dict(zip(orders, map(float, found), strict=False))
    return Constants(sizes if by_order else sizes[-1], float(found[-1]))


def _row(rate: Rate, k: int, n: float) -> Row:
    real = rate.best(k, n)
    # convex in m: one of the neighbours of the real minimum, within what is considered
    below = min(max(math.floor(min(real, M_MAX)), 1), M_MAX)
    m = min(below, min(below + 1, M_MAX), key=lambda m: rate.bound(m, k, n))
    return Row(k, rate.parameters(k), m, real, rate.bound(m, k, n))


def _warnings(rate: Rate, best: Row, k_max: int) -> tuple[str, ...]:
    needed = math.ceil(rate.alpha) - 1
    told = (
        (rate.s >= NEAR_VACUOUS, _MANY.format(s=rate.s, times=2 ** (-1 / rate.exponent))),
        (best.bound > rate.A / 2, _LARGE.format(bound=best.bound, A=rate.A)),
        (best.m == M_MAX, _END.format(m=M_MAX)),
        (k_max < needed, _SIMPLE.format(k_max=k_max, alpha=rate.alpha, needed=needed)),
        (rate.gating == "sigmoid", _SIGMOID),
    )
    return tuple(text for is_so, text in told if is_so)
