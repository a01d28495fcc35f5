"""What a learner is measured by: exact returns of its policies on the extrinsic reward."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rewardlab.envs.tabular.mdp import Array, TabularMDP


@dataclass(frozen=True, eq=False)
class Curve:
    """Extrinsic returns of N runs at K episodes.

    Attributes:
        episodes: `(K,)` how many episodes were played.
        returns: `(N, K)` expected discounted return of the policy then.
    """

    episodes: npt.NDArray[np.int64]
    returns: Array

    @property
    def mean(self) -> Array:
        """`(K,)` mean over runs."""
        mean: Array = self.returns.mean(axis=0)
        return mean

    @property
    def standard_error(self) -> Array:
        """`(K,)` standard error of that mean."""
        n = len(self.returns)
        error: Array = self.returns.std(axis=0, ddof=1) / np.sqrt(n)
        return error

    @property
    def area(self) -> Array:
        """`(N,)` mean of each run over the K points."""
        area: Array = self.returns.mean(axis=1)
        return area

    def episodes_to(self, level: float, *, window: int = 5) -> int | None:
        """Return when the mean over runs first holds a level, `None` if it never does.

        Args:
            level: Return to hold, e.g. `0.9 * optimal_return(mdp, horizon=mdp.horizon)`.
            window: Points over which the moving mean must reach it.
        """
        if len(self.episodes) < window:
            return None
        moving = np.convolve(self.mean, np.full(window, 1 / window), "valid")
        held = np.flatnonzero(moving >= level)
        return int(self.episodes[held[0] + window - 1]) if len(held) else None


def greedy_returns(mdp: TabularMDP, q: Array) -> Array:
    """Return the returns `(N,)`, without horizon, of the greedy policies of `q (N, S, A)`.

    Of equal actions the first is taken.
    """
    run, s = np.arange(len(q))[:, None], np.arange(mdp.n_states)
    best = q.argmax(axis=2)
    onward = mdp.T.transpose(0, 2, 1)[s, best]
    paid = mdp.R[s, best]
    v = np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * onward, paid[run, s][..., None])[..., 0]
    returns: Array = v @ mdp.initial
    return returns


def finite_returns(mdp: TabularMDP, policy: Array, *, horizon: int) -> Array:
    """Return the returns `(N,)` within a horizon of policies `(N, S, A)`."""
    onward = np.einsum("sza,nsa->nsz", mdp.T, policy, optimize=True)
    paid = (policy * mdp.R).sum(axis=2)
    v = np.zeros_like(paid)
    for _ in range(horizon):
        v = paid + mdp.gamma * (onward @ v[..., None])[..., 0]
    returns: Array = v @ mdp.initial
    return returns
