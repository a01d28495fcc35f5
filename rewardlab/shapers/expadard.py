"""ExpAdaRD: rewards that a teacher adapts to what the learner can learn from next.

Source: *Informativeness of Reward Functions in Reinforcement Learning*, AAMAS 2024. A learner with
tabular softmax policy π takes one policy-gradient step on R; to first order, what the teacher's
score of it gains is linear in R:

    I_h(R) = Σ_s μ^T(s) μ^L(s) Σ_a π(a|s)² [A^T(s, a) − Σ_b π(b|s) A^T(s, b)] A^π_{R,h}(s, a)

with A^T the advantage of the optimal policy under the extrinsic reward, μ^T the visits of the
teacher (optimal, with ε of uniform play) and μ^L those of the learner, and A^π_{R,h} the learner's
advantage under R over h rewards. It is maximised over the same polytope as in ExpRD, which does not
change from one learner policy to the next: the solver starts from its last basis.

Not kept from the authors' code: a Fortran-ordered reshape that mixes π of one state with R of
another. Kept: exact gaps without slack, no clipping.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.errors import UsageError
from rewardlab.shapers.base import Array
from rewardlab.shapers.tables.designs import Design, certify
from rewardlab.shapers.tables.features import published
from rewardlab.shapers.tables.linear import Warm
from rewardlab.shapers.tables.optimum import optimum, stochastic, successors, table, visits
from rewardlab.shapers.tables.polytope import Polytope

SILENT = 1e-12  # a criterion smaller than this says nothing: a deterministic learner cannot learn


def design(
    mdp: TabularMDP,
    *,
    policy: npt.ArrayLike,
    teacher_epsilon: float | None = None,
    depth: int = 1,
    features: npt.ArrayLike | None = None,
    r_max: float | None = None,
) -> Design:
    """Design the reward from which a learner with `policy` learns most in its next step.

    Args:
        mdp: The MDP with its extrinsic reward.
        policy: `(S, A)` the learner's; mix a value-based learner's with its own ε first.
        teacher_epsilon: Share of uniform play in the teacher's visits; .3 for LINEK, else .4.
        depth: h, how many rewards the learner's advantage sums.
        features: `(S·A, d)` or `(S, A, d)` F with R = F w; the published ones of the MDP, or one
            for each pair where there are none.
        r_max: Largest magnitude of a reward; the MDP's by default.

    Raises:
        InfeasibleDesign: No such reward exists; names the rows that an elastic solve misses.
    """
    designer = Designer(
        mdp, teacher_epsilon=teacher_epsilon, depth=depth, features=features, r_max=r_max
    )
    return designer.design(policy)


def informativeness(
    mdp: TabularMDP,
    reward: npt.ArrayLike,
    policy: npt.ArrayLike,
    *,
    teacher_epsilon: float | None = None,
    depth: int = 1,
) -> float:
    """Return I_h of a reward table (S, A) for a learner's policy (S, A)."""
    teacher = _Criterion(mdp, teacher_epsilon, depth)
    return float((teacher(stochastic(mdp, policy)) * table(mdp, reward)).sum())


class Designer:
    """Designs again and again for a changing learner, each time from the last solution.

    Args:
        mdp: The MDP with its extrinsic reward.
        teacher_epsilon: As in `design`, like all others.
        depth: As in `design`.
        features: As in `design`.
        r_max: As in `design`.

    Attributes:
        weights: `(d,)` the last w; `None` before the first design.
    """

    def __init__(
        self,
        mdp: TabularMDP,
        *,
        teacher_epsilon: float | None = None,
        depth: int = 1,
        features: npt.ArrayLike | None = None,
        r_max: float | None = None,
    ) -> None:
        self._mdp, self._best = mdp, optimum(mdp)
        self._criterion = _Criterion(mdp, teacher_epsilon, depth)
        given = published(mdp) if features is None else features
        self._polytope = Polytope.of(mdp, self._best, features=given, r_max=r_max)
        self._columns = self._polytope.columns(range(mdp.terminal))
        self._warm = Warm(self._polytope.linear(self._columns))
        self.weights: Array | None = None

    def design(
        self,
        policy: npt.ArrayLike,
        *,
        visited: Array | None = None,
        old: Array | None = None,
        kept: float = 0.0,
    ) -> Design:
        """Return the best reward for a learner's policy (S, A), or its mean with an older one.

        Objective and certificate are those of the mean.

        A deterministic learner learns from no reward: it gets the last one again.

        Args:
            policy: The learner's.
            visited: `(S,)` μ^L as it was seen; exactly that of the policy by default.
            old: `(S, A)` an older design.
            kept: Its share in the mean, from 0 to below 1.
        """
        c = self._criterion(stochastic(self._mdp, policy), visited)
        price = c.ravel() @ self._polytope.features[:, self._columns]
        silent = np.abs(price).max(initial=0.0) < SILENT
        if self.weights is None or not silent:
            self.weights = self._solve(np.zeros_like(price) if silent else price)
        reward = self._polytope.reward(self._columns, self.weights)
        if old is not None and kept:
            reward = kept * old + (1 - kept) * reward
        objective = float((c * reward).sum())
        certificate = certify(
            self._mdp,
            self._best,
            self._polytope,
            reward,
            objective=objective,
            tie_break="vertex",
        )
        return Design(objective, reward, certificate.support, (), certificate)

    def _solve(self, price: Array) -> Array:
        size = np.abs(price).max(initial=0.0) or 1.0
        self._warm.price(-price / size)  # a learner near its goal leaves tiny numbers
        point = self._warm.solve()
        if point is None:
            raise self._polytope.refuse(self._columns)
        return point.x

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must hold: the weights and the basis to start from."""
        return {"weights": self.weights, "basis": self._warm.basis()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`: the next design is that of an uninterrupted run."""
        self.weights = state["weights"]
        self._warm.restore(state["basis"])


class _Criterion:
    """C of I_h(R) = Σ C(s, a) R(s, a), for a learner's policy."""

    def __init__(self, mdp: TabularMDP, teacher_epsilon: float | None, depth: int) -> None:
        epsilon = teacher_epsilon
        if epsilon is None:
            epsilon = 0.3 if mdp.name.startswith("linek") else 0.4
        if not 0 <= epsilon <= 1:
            raise UsageError(f"teacher_epsilon is {epsilon:g}; give a share from 0 to 1")
        if depth < 1 or depth != int(depth):
            raise UsageError(f"depth is {depth}; give a whole number of rewards, 1 or more")
        best = optimum(mdp)
        greedy = best.optimal / best.optimal.sum(axis=1, keepdims=True)
        self._mdp, self._depth = mdp, int(depth)
        self._advantage = best.q - best.v[:, None]
        self._visits = visits(mdp, (1 - epsilon) * greedy + epsilon / mdp.n_actions)
        self._successors = successors(mdp)

    def __call__(self, policy: Array, visited: Array | None = None) -> Array:
        """Return C (S, A) for `policy` (S, A), and visits (S,) other than its own."""
        learner = visits(self._mdp, policy) if visited is None else visited
        both = (self._visits * learner)[:, None]
        better = self._advantage - (policy * self._advantage).sum(axis=1, keepdims=True)
        w = both * policy**2 * better
        term = w - policy * w.sum(axis=1, keepdims=True)
        c: Array = term
        for _ in range(self._depth - 1):  # the adjoint of one more reward of the learner's policy
            onward = term.ravel() @ self._successors
            term = self._mdp.gamma * policy * onward[:, None]
            c = c + term
        return c
