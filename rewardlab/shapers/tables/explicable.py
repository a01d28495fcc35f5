"""The linear programme of ExpRD: a loss over the rewards that keep the optimum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.errors import UnknownName, UsageError
from rewardlab.shapers.base import Array
from rewardlab.shapers.tables.linear import Linear, Point
from rewardlab.shapers.tables.optimum import Optimum, gap_rows
from rewardlab.shapers.tables.polytope import Columns, Polytope
from rewardlab.shapers.tables.ties import Face, TieBreak, least_norm, least_sum

Terms = Literal["h+1", "h"]
PRICED = 1e-7  # duals above this share of a hinge's cost are not rounding errors


@dataclass(frozen=True)
class Loss:
    """−I as a function of a reward.

    Attributes:
        gaps: `(|H|, m, S·A)` gap of each non-optimal pair per reward.
        wanted: `(m,)` δ̄ of the pair's state.
        group: `(m,)` index of the pair's state among those that have a non-optimal action.
        weight: 1/(|H|·S).
    """

    gaps: Array
    wanted: Array
    group: npt.NDArray[np.int64]
    weight: float

    @classmethod
    def of(
        cls, mdp: TabularMDP, best: Optimum, *, horizons: Iterable[int], terms: Terms, slack: float
    ) -> Loss:
        """Make the loss of an MDP; the gaps are divided by 1 + `slack`."""
        looks = _looks(horizons)
        if terms not in ("h+1", "h"):
            raise UnknownName("terms", str(terms), ("h+1", "h"))
        pairs = np.flatnonzero(~best.optimal)
        states, group = np.unique(pairs // mdp.R.shape[1], return_inverse=True)
        later = [h if terms == "h+1" else h - 1 for h in looks]
        gaps = np.stack([gap_rows(mdp, best.policy, steps)[pairs] for steps in later])
        wanted = best.gap[states] / (1.0 + slack)
        return cls(gaps, wanted[group], group, 1.0 / (len(looks) * len(mdp.R)))

    def __call__(self, reward: Array) -> float:
        """Return −I of a table (S, A)."""
        short = np.maximum(self.wanted - self.gaps @ reward.ravel(), 0.0)
        worst = np.zeros((len(self.gaps), self.group.max(initial=-1) + 1))
        for row, values in zip(worst, short, strict=True):
            np.maximum.at(row, self.group, values)
        return float(worst.sum() * self.weight)


@dataclass(frozen=True)
class Explicable:
    """P1: the loss over the polytope."""

    loss: Loss
    polytope: Polytope

    def linear(self, columns: Columns) -> Linear:
        """Return the programme over [w, t], t (|H|, states) the hinges."""
        loss, limits = self.loss, self.polytope.linear(columns)
        horizons, m, _ = loss.gaps.shape
        n_hinges = loss.group.max(initial=-1) + 1
        hinge = sp.csr_matrix((-np.ones(m), (np.arange(m), loss.group)), shape=(m, n_hinges))
        gaps = loss.gaps @ self.polytope.features[:, columns]
        near = [-gaps.reshape(horizons * m, len(columns)), sp.kron(sp.eye(horizons), hinge)]
        n = horizons * n_hinges
        return Linear(
            cost=np.concatenate([limits.cost, np.full(n, loss.weight)]),
            matrix=sp.bmat([[sp.csr_matrix(limits.matrix), None], near], format="csc"),
            upper=np.concatenate([limits.upper, np.tile(-loss.wanted, horizons)]),
            low=np.concatenate([limits.low, np.zeros(n)]),
            high=np.concatenate([limits.high, np.full(n, np.inf)]),
        )

    def face(self, columns: Columns, point: Point) -> Face:
        """Return all weights as good as `point`, by complementary slackness with its duals.

        A limit with a dual is met exactly by every optimum. A hinge with a reduced cost is 0;
        any other equals the shortfall of a pair with a dual (its leader), which takes its place.
        """
        loss, limits = self.loss, self.polytope.linear(columns)
        (horizons, m, _), d = loss.gaps.shape, len(columns)
        priced, eye = PRICED * loss.weight, np.eye(d)
        limit = -point.duals[: len(limits.upper)] > priced
        parts = [
            Face(limits.matrix, limits.upper, limit),
            Face(eye, limits.high, point.reduced[:d] < -priced),
            Face(-eye, -limits.low, point.reduced[:d] > priced),
        ]
        duals = -point.duals[len(limits.upper) :].reshape(horizons, m)
        gaps = loss.gaps @ self.polytope.features[:, columns]
        for group in range(loss.group.max(initial=-1) + 1):
            at = loss.group == group
            for near, y in zip(gaps[:, at], duals[:, at], strict=True):
                free = y.sum() > loss.weight - priced
                parts.append(
                    _hinge(near, loss.wanted[at], y > priced, y.argmax() if free else None)
                )
        rows, upper, tight = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        there = np.isfinite(upper)
        return Face(rows[there], upper[there], tight[there])

    def solve(self, columns: Columns) -> Solved:
        """Solve for the weights `columns`; where none fit, say by how much."""
        point = self.linear(columns).solve()
        shortage = 0.0 if point else float(self.polytope.shortage(columns).sum())
        return Solved(columns, shortage, point)


class Solved(NamedTuple):
    """P1 for one set of free weights.

    Attributes:
        columns: The free weights.
        shortage: By how much an elastic solve misses the constraints in all; 0 where they hold.
        point: The optimum; `None` where no reward satisfies the constraints.
    """

    columns: Columns
    shortage: float
    point: Point | None

    @property
    def objective(self) -> float:
        """The loss; infinite where no reward satisfies the constraints."""
        return np.inf if self.point is None else self.point.objective


def _hinge(
    near: Array, wanted: Array, tight: npt.NDArray[np.bool_], leader: np.int64 | None
) -> Face:
    """Return what t >= 0, t >= wanted − near w says of w if t is 0, or the leader's shortfall."""
    if leader is None:
        return Face(-near, -wanted, tight)
    others = np.arange(len(near)) != leader
    return Face(
        np.where(others[:, None], near[leader] - near, near[leader]),
        np.where(others, 0.0, wanted[leader]),
        tight & others,
    )


def tie_broken(problem: Explicable, columns: Columns, point: Point, rule: TieBreak) -> Array:
    """Return the reward (S, A) that `rule` takes from all that are as good as `point`."""
    used = problem.polytope.features[:, columns]
    if rule == "vertex":
        w = point.x[: len(columns)]
    elif rule == "min_norm":
        w = least_norm(problem.face(columns, point), used)
    else:
        w = least_sum(problem.linear(columns), point, used)
    return problem.polytope.reward(columns, w)


def _looks(horizons: Iterable[int]) -> tuple[int, ...]:
    looks = tuple(horizons)
    if not looks or any(h != int(h) or h < 1 for h in looks):
        raise UsageError(f"horizons are {looks}; give whole numbers of steps, 1 or more")
    return looks
