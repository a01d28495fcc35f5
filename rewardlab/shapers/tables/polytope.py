"""The rewards that keep the optimum: linear constraints on feature weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.errors import InfeasibleDesign, UsageError
from rewardlab.shapers.base import Array
from rewardlab.shapers.tables.linear import Linear, Point
from rewardlab.shapers.tables.optimum import Optimum, gap_rows

Columns = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Polytope:
    """Rewards R = F w, |R| <= r_max, under which all optimal actions were optimal before.

    A non-optimal action must lose at least the state's gap for ever, another optimal one nothing.

    Attributes:
        features: `(S·A, d)` F; rows of terminal states are 0.
        gaps: `(m, S·A)` gaps for ever per reward.
        margins: `(m, d)` the same per weight.
        required: `(m,)` the least gap of each row.
        pairs: `(m,)` the pair s·A + a that a row is about.
        r_max: Largest magnitude of a reward.
        shape: `(S, A)`.
    """

    features: Array
    gaps: Array
    margins: Array
    required: Array
    pairs: npt.NDArray[np.int64]
    r_max: float
    shape: tuple[int, int]

    @classmethod
    def of(
        cls,
        mdp: TabularMDP,
        best: Optimum,
        *,
        features: npt.ArrayLike | None = None,
        r_max: float | None = None,
        slack: float = 0.0,
    ) -> Polytope:
        """Make the constraints of an MDP; the gaps are divided by 1 + `slack`."""
        limit = mdp.r_max if r_max is None else float(r_max)
        if not limit > 0:
            raise UsageError(f"r_max is {limit:g}; a designed reward needs r_max > 0")
        if not slack >= 0:
            raise UsageError(f"slack is {slack:g}; give 0 or more, for instance 1e-5")
        shape = (mdp.R.shape[0], mdp.R.shape[1])
        f = _features(mdp, features)
        required = np.where(best.optimal, 0.0, best.gap[:, None] / (1.0 + slack))
        others = np.arange(shape[1]) != best.policy[:, None]
        others[mdp.terminal] = False
        pairs = np.flatnonzero(others)
        gaps = gap_rows(mdp, best.policy)[pairs]
        return cls(f, gaps, gaps @ f, required.ravel()[pairs], pairs, limit, shape)

    def columns(self, states: npt.ArrayLike) -> Columns:
        """Return the weights that are free when `states` may be rewarded: features active there."""
        rows = np.zeros(self.shape, dtype=bool)
        rows[np.asarray(states, dtype=np.int64)] = True
        return np.flatnonzero(self.features[rows.ravel()].any(axis=0))

    def linear(self, columns: Columns) -> Linear:
        """Return the constraints on the weights `columns`, all others 0, with no objective."""
        used = self.features[:, columns]
        rows = np.unique(used[used.any(axis=1)], axis=0)
        single = (rows != 0).sum(axis=1) == 1
        bound = np.full(len(columns), np.inf)
        for row in rows[single]:  # |f w| <= r_max with one weight is a bound on that weight
            (j,) = np.flatnonzero(row)
            bound[j] = min(bound[j], self.r_max / abs(row[j]))
        wide = rows[~single]
        return Linear(
            cost=np.zeros(len(columns)),
            matrix=np.vstack([-self.margins[:, columns], wide, -wide]),
            upper=np.concatenate([-self.required, np.full(2 * len(wide), self.r_max)]),
            low=-bound,
            high=bound,
        )

    def elastic(self, columns: Columns) -> Point:
        """Return the weights `columns` that miss the rows by the least in all, and by how much."""
        linear, m = self.linear(columns), len(self.required)
        point = Linear(
            cost=np.concatenate([linear.cost, np.ones(m)]),
            matrix=np.hstack([linear.matrix, -np.eye(len(linear.upper), m)]),
            upper=linear.upper,
            low=np.concatenate([linear.low, np.zeros(m)]),
            high=np.concatenate([linear.high, np.full(m, np.inf)]),
        ).solve()
        assert point is not None  # zero weights with full shortage are always allowed
        return point

    def shortage(self, columns: Columns) -> Array:
        """Return (m,) by how much the nearest reward of an elastic solve misses each row."""
        short = self.elastic(columns).x[len(columns) :]
        missing: Array = np.where(short > 1e-7, short, 0.0)
        return missing

    def refuse(self, columns: Columns) -> InfeasibleDesign:
        """Return the error that names the rows which no reward on `columns` can satisfy."""
        missing = self.shortage(columns)
        short = {
            (int(self.pairs[i] // self.shape[1]), int(self.pairs[i] % self.shape[1])): missing[i]
            for i in np.argsort(-missing, kind="stable")
            if missing[i] > 0
        }
        return InfeasibleDesign(short, self.r_max)

    def reward(self, columns: Columns, w: Array) -> Array:
        """Return the table (S, A) of weights `w`, without the solver's dust."""
        r = np.clip(self.features[:, columns] @ w, -self.r_max, self.r_max)
        return np.round(r, 10).reshape(self.shape) + 0.0

    def margin(self, reward: Array) -> float:
        """Return min(A R − b): at least 0 (up to the solver's 1e-9) where every row holds."""
        return float((self.gaps @ reward.ravel() - self.required).min(initial=np.inf))


def _features(mdp: TabularMDP, features: npt.ArrayLike | None) -> Array:
    """Return F (S·A, d) with no reward in terminal states."""
    n = mdp.R.size
    f = np.eye(n) if features is None else np.array(features, dtype=np.float64)
    if f.ndim == 3:
        f = f.reshape(-1, f.shape[-1])
    if f.ndim != 2 or len(f) != n:
        raise UsageError(
            f"features have shape {f.shape}; this MDP needs (states · actions, "
            f"features) = ({n}, d) or {(*mdp.R.shape, 'd')}, pairs in C order"
        )
    if not np.isfinite(f).all():
        pair, column = (int(i[0]) for i in np.nonzero(~np.isfinite(f)))
        raise UsageError(
            f"feature {column} is {f[pair, column]} at state {pair // mdp.n_actions}, action "
            f"{pair % mdp.n_actions}; give finite numbers"
        )
    f[mdp.terminal * mdp.n_actions :] = 0.0
    return f
