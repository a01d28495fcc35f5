"""Potential-based shaping on tables, where its theorems are exact.

Static: F(s, s') = γΦ(s') − Φ(s) (Ng, Harada, Russell 1999). With Φ 0 at the end, Q' = Q − Φ,
V' = V − Φ and A' = A: what was optimal stays so. Dynamic: F = γΦ_{t'}(s') − Φ_t(s), each potential
computed when its state was entered (Devlin, Kudenko 2012). Bootstrapped: Φ = ηV of the learner
itself (Adamczyk et al. 2025).
"""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.envs.tabular.solve import Values
from rewardlab.errors import Caution, UsageError
from rewardlab.shapers.base import Array
from rewardlab.shapers.tables.optimum import optimum, successors


def difference(
    phi: npt.ArrayLike, phi_next: npt.ArrayLike, *, gamma: float, terminated: npt.ArrayLike
) -> Array:
    """Return F = γΦ(s') − Φ(s), with Φ(s') = 0 where the episode terminated (not: was truncated).

    For a dynamic potential, `phi` is the value computed when s was entered, never a newer one.

    Args:
        phi: `(B,)` Φ(s).
        phi_next: `(B,)` Φ(s').
        gamma: Discount, the algorithm's.
        terminated: `(B,)` whether s' is terminal.
    """
    after = np.array(phi_next, np.float64)
    after[np.asarray(terminated, np.bool_)] = 0.0  # half the price of np.where on a few rows
    f: Array = gamma * after - np.asarray(phi, np.float64)
    return f


def shaped(mdp: TabularMDP, potential: npt.ArrayLike, *, reward: Array | None = None) -> Array:
    """Return the table (S, A) of R + γ Σ_s' T Φ(s') − Φ(s).

    Args:
        mdp: The MDP.
        potential: `(S,)` Φ, 0 at the terminal state.
        reward: `(S, A)` in place of the MDP's own.
    """
    phi = _potential(mdp, potential)
    base = mdp.R if reward is None else reward
    onward = (successors(mdp) @ phi).reshape(mdp.R.shape)
    made: Array = base + mdp.gamma * onward - phi[:, None]
    made[mdp.terminal] = 0.0
    return made


def teacher_potential(mdp: TabularMDP) -> Array:
    """Return Φ = V* (S,), with which gaps are seen after one step as they are for ever."""
    return optimum(mdp).v


def bootstrap_limit(gamma: float) -> float:
    """Return the η below which (and above −1) bootstrapped value iteration contracts."""
    return (1.0 - gamma) / (1.0 + gamma)


def eta_caution(eta: float, gamma: float) -> str | None:
    """Return why to be careful with an η for which bootstrapped value iteration may diverge."""
    limit = bootstrap_limit(gamma)
    if -1 < eta < limit:
        return None
    return (
        f"eta={eta:g} lies outside (-1, {limit:.4g}), where bootstrapped shaping contracts at "
        f"gamma={gamma:g}: its values may diverge"
    )


def bootstrapped(
    mdp: TabularMDP, eta: float, *, tol: float = 1e-12, max_sweeps: int = 100_000
) -> Values:
    """Return the fixed point of value iteration shaped by Φ = ηV of its own values.

    It is V~ = V*/(1 + η), Q~ = Q* − η/(1 + η)·V*: the greedy policy is optimal.

    Args:
        mdp: The MDP.
        eta: η; between −1 and `bootstrap_limit(gamma)` the iteration contracts, else it may not
            converge, which is warned about.
        tol: Stops when no value changes by more.
        max_sweeps: Gives up after so many.
    """
    if caution := eta_caution(eta, mdp.gamma):
        warnings.warn(caution, Caution, stacklevel=2)
    rows, v = mdp.gamma * successors(mdp), np.zeros(mdp.n_states)
    for _ in range(max_sweeps):
        q = mdp.R + (1 + eta) * (rows @ v).reshape(mdp.R.shape) - eta * v[:, None]
        new = q.max(axis=1)
        if np.abs(new - v).max() <= tol:
            return Values(q, new)
        if not np.isfinite(new).all() or np.abs(new).max() > 1e12:
            break
        v = new
    raise UsageError(
        f"bootstrapped values do not converge with eta={eta:g}; give one between -1 and "
        f"{bootstrap_limit(mdp.gamma):.4g}"
    )


def _potential(mdp: TabularMDP, potential: npt.ArrayLike) -> Array:
    phi = np.asarray(potential, dtype=np.float64)
    if phi.shape != (mdp.n_states,):
        raise UsageError(f"the potential has shape {phi.shape}; give ({mdp.n_states},)")
    if not np.isfinite(phi).all():
        at = int(np.flatnonzero(~np.isfinite(phi))[0])
        raise UsageError(f"the potential is {phi[at]} at state {at}; it must be finite")
    if phi[mdp.terminal] != 0:
        raise UsageError(
            f"the potential is {phi[mdp.terminal]:g} at the terminal state {mdp.terminal}; it must "
            "be 0 there, or other actions may become optimal: subtract it from all states"
        )
    return phi
