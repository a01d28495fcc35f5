"""Formulas that shapers of any algorithm and those of tabular learners share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rewardlab.shapers.base import Array


def count_bonus(visits: Array, *, lam: float, b_max: float) -> Array:
    """Return B = lam / sqrt((lam / b_max)² + visits): `b_max` before the first visit, then falling.

    Source: ExploRS, *Exploration-Guided Reward Shaping for Reinforcement Learning under Sparse
    Rewards*, NeurIPS 2022.

    Args:
        visits: Any shape.
        lam: How slowly it falls.
        b_max: Bonus of what was never visited.
    """
    bonus: Array = lam / np.sqrt((lam / b_max) ** 2 + visits)
    return bonus


def returns_to_go(rewards: npt.ArrayLike, *, gamma: float, after: float) -> Array:
    """Return what follows each step of an episode `(T,)`: G_t = r_t + γ·G_{t+1}, G_T = `after`.

    Args:
        rewards: `(T,)`.
        gamma: Discount.
        after: Value of where it ended; 0 if it terminated.
    """
    found, rest = [], float(after)
    for reward in np.asarray(rewards, dtype=np.float64)[::-1].tolist():
        rest = reward + gamma * rest
        found.append(rest)
    return np.array(found[::-1])


def over_policy(weights: Array, policy: Array) -> Array:
    """Return the gradient of Σ_a w_a·[φ(a) − Σ_b π(b)·φ(b)] by φ: w − π·Σ_a w_a.

    It sums to 0 over actions: what all actions of a state get alike is no guidance.

    Args:
        weights: `(…, A)` w.
        policy: `(…, A)` π.
    """
    gradient: Array = weights - policy * weights.sum(axis=-1, keepdims=True)
    return gradient
