"""Linear programmes on HiGHS: solved once, broken ties, and kept warm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import highspy
import numpy as np
import scipy.sparse as sp

from rewardlab.errors import RewardlabError
from rewardlab.shapers.base import Array

TOLERANCE = 1e-9  # on feasibility: candidates of a greedy choice can differ by 1e-8
COARSER = (TOLERANCE, 1e-8, 1e-7)
OPTIMAL, INFEASIBLE = highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible


class Point(NamedTuple):
    """A solution.

    Attributes:
        x: `(n,)` the variables.
        objective: Its cost.
        duals: `(m,)` change of the cost per unit of a row's upper limit.
        reduced: `(n,)` change of the cost per unit of a variable's bound.
    """

    x: Array
    objective: float
    duals: Array
    reduced: Array


@dataclass(frozen=True)
class Linear:
    """Minimise cost·x over matrix x <= upper, low <= x <= high.

    Attributes:
        cost: `(n,)`.
        matrix: `(m, n)`, dense or sparse.
        upper: `(m,)`.
        low: `(n,)`.
        high: `(n,)`.
    """

    cost: Array
    matrix: Any
    upper: Array
    low: Array
    high: Array

    def solve(self) -> Point | None:
        """Return an optimal vertex, or `None` where the constraints contradict each other."""
        return Warm(self).solve()


class Warm:
    """A programme that HiGHS keeps, so that a changed cost starts from the last basis.

    Args:
        linear: The programme.
    """

    def __init__(self, linear: Linear) -> None:
        self._highs = highspy.Highs()
        self._n, self._upper = len(linear.cost), linear.upper
        for name, value in _OPTIONS.items():
            self._highs.setOptionValue(name, value)
        self._highs.passModel(model(linear))

    def price(self, cost: Array) -> None:
        """Change the cost (n,)."""
        self._highs.changeColsCost(self._n, np.arange(self._n, dtype=np.int32), cost)

    def solve(self) -> Point | None:
        """Return an optimal point, or `None` where the constraints contradict each other.

        Only the basis is kept from the last time, not HiGHS's weights and factors: what follows a
        checkpoint is then what would have followed without one.
        """
        if not self._n:  # HiGHS does not look at the rows then
            empty, none = np.zeros(0), np.zeros(len(self._upper))
            return None if (self._upper < -TOLERANCE).any() else Point(empty, 0.0, none, empty)
        basis = self._highs.getBasis()
        self._highs.clearSolver()
        if basis.valid:
            self._highs.setBasis(basis)
        status = self._run(TOLERANCE)
        for tolerance in COARSER:  # cold, where the constraints leave next to no room
            if status == OPTIMAL:
                break
            self._highs.clearSolver()
            status = self._run(tolerance)
        if status == INFEASIBLE:
            return None
        if status != OPTIMAL:
            name = self._highs.modelStatusToString(status)
            raise RewardlabError(f"HiGHS could not solve a reward design: {name}")
        found = self._highs.getSolution()
        value = self._highs.getInfo().objective_function_value
        return Point(
            np.array(found.col_value), value, np.array(found.row_dual), np.array(found.col_dual)
        )

    def _run(self, tolerance: float) -> Any:
        for side in ("primal", "dual"):
            self._highs.setOptionValue(f"{side}_feasibility_tolerance", tolerance)
        self._highs.run()
        return self._highs.getModelStatus()

    def basis(self) -> dict[str, list[int]] | None:
        """Return the basis as plain numbers, for a checkpoint; `None` before the first solve."""
        basis = self._highs.getBasis()
        if not basis.valid:
            return None
        return {
            "columns": [int(status) for status in basis.col_status],
            "rows": [int(status) for status in basis.row_status],
        }

    def restore(self, basis: Mapping[str, list[int]] | None) -> None:
        """Start the next solve from what `basis()` gave."""
        self._highs.clearSolver()
        if basis is not None:
            made = highspy.HighsBasis()
            made.col_status = [highspy.HighsBasisStatus(status) for status in basis["columns"]]
            made.row_status = [highspy.HighsBasisStatus(status) for status in basis["rows"]]
            made.valid = True
            self._highs.setBasis(made)


_OPTIONS: dict[str, Any] = {
    "output_flag": False,
    "presolve": "off",  # calls a programme infeasible where gaps are met exactly (slack 0)
    "small_matrix_value": 1e-12,  # the default drops entries that decide where gaps are small
    "simplex_scale_strategy": 0,  # rewards are on one scale; scaled, an optimum can be infeasible
    "threads": 1,
}


@cache
def solver() -> str:
    """Return which solver this is, for certificates."""
    return f"HiGHS {highspy.Highs().version()}"


def model(linear: Linear) -> Any:
    """Return a programme as HiGHS takes it."""
    matrix = sp.csc_matrix(linear.matrix)
    made = highspy.HighsLp()
    made.num_row_, made.num_col_ = matrix.shape
    made.col_cost_, made.col_lower_, made.col_upper_ = linear.cost, linear.low, linear.high
    made.row_lower_, made.row_upper_ = np.full(len(linear.upper), -np.inf), linear.upper
    made.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    made.a_matrix_.start_ = matrix.indptr
    made.a_matrix_.index_, made.a_matrix_.value_ = matrix.indices, matrix.data
    return made
