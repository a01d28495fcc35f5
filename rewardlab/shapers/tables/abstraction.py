"""Rewards for large MDPs, designed on cells of states and lifted back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.errors import UsageError
from rewardlab.shapers.base import Array


def abstract(mdp: TabularMDP, cells: npt.ArrayLike) -> TabularMDP:
    """Return the MDP over cells: what its states do on average.

    T_φ(x'|x, a) is the mean over the states of x of Σ_{s' in x'} T; R̄_φ is the mean of R̄.

    Args:
        mdp: The MDP.
        cells: `(S,)` the cell of each state, from 0; the last belongs to the terminal state alone.
    """
    phi = _cells(mdp, cells)
    member = np.eye(phi.max() + 1)[phi]  # (S, X)
    share = member / member.sum(axis=0)
    return TabularMDP(
        T=np.einsum("sx,sta,ty->xya", share, mdp.T, member),
        R=share.T @ mdp.R,
        gamma=mdp.gamma,
        initial=mdp.initial @ member,
        horizon=mdp.horizon,
        goal_states=tuple(sorted({int(phi[s]) for s in mdp.goal_states})),
        r_max=mdp.r_max,
    )


def lift(values: Array, cells: npt.ArrayLike) -> Array:
    """Return values of cells (X, …) as values of states (S, …): R̂(s, a) = R̂_φ(φ(s), a).

    On the ground, invariance is only approximate: report what the lifted reward's optimum returns.
    """
    lifted: Array = values[np.asarray(cells, dtype=np.int64)]
    return lifted


def _cells(mdp: TabularMDP, cells: npt.ArrayLike) -> npt.NDArray[np.int64]:
    phi = np.asarray(cells)
    if phi.shape != (mdp.n_states,) or not np.issubdtype(phi.dtype, np.integer):
        raise UsageError(f"cells have shape {phi.shape}; give one whole number per state")
    if set(phi.tolist()) != set(range(phi.max() + 1)):
        raise UsageError("cells must be numbered 0, 1, 2 … without a gap")
    if phi[mdp.terminal] != phi.max() or (phi == phi.max()).sum() != 1:
        raise UsageError(
            f"the last cell, {phi.max()}, must be that of the terminal state {mdp.terminal} alone"
        )
    return phi.astype(np.int64)
