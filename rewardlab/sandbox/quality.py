"""What the values of a program say about it as a reward: warnings, from numbers alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rewardlab.program.finding import Finding
from rewardlab.sandbox.batch import Array, Batch
from rewardlab.sandbox.faults import Cases

RESET = "after a reset"
"""Name of the states that an episode begins with."""

IDLE = frozenset({"check_static", "gripper_openness"})
"""What is true of things that nobody has touched yet: bonuses on it are looked at."""

SCALE, SMALL, CONSTANT, COMMON, TERM_SUM = 1e6, 0.02, 1e-9, 0.9, 1e-6


def rest_of(batch: Batch) -> Array:
    """Return what rewards have beyond the sum of their terms `(n,)`; 0 within rounding."""
    rest: Array = batch.reward - batch.terms.sum(axis=1)
    bound = TERM_SUM * np.maximum(1.0, np.abs(batch.terms).sum(axis=1))
    rest[np.abs(rest) <= bound] = 0.0
    return rest


def check_terms(cases: Cases, batch: Batch) -> Iterator[Finding]:
    """Warn if the terms do not add up to the reward."""
    if batch.names and (rest := np.abs(rest_of(batch))).any():
        i = int(rest.argmax())
        message = f"reward and sum of terms differ by {rest[i]:.3g}"
        yield cases.warning("TermSumMismatch", message, i)


def check_sense(cases: Cases, batch: Batch, still: Batch) -> Iterator[Finding]:
    """Warn if the reward does not depend on what happens, or on little of it.

    Args:
        cases: The states.
        batch: The rewards there.
        still: The rewards there with no action at all.
    """
    if np.ptp(batch.reward) < CONSTANT:
        yield cases.warning("InsensitiveReward", f"always {batch.reward[0]:.6g}")
        return
    spread = float(np.ptp(still.reward))
    if spread < CONSTANT:
        yield cases.warning("InsensitiveReward", "depends on the action alone")
    elif spread < SMALL:
        yield cases.warning("SCALE", f"varies by {spread:.2g} over all states")
    for name, values, still_values in _columns(batch, still):
        yield from _check_term(cases, name, values, still_values, spread)
    if not IDLE.isdisjoint(cases.words):
        yield from _check_idle(cases, still)
    counts = np.unique(batch.reward, return_counts=True)[1]
    if counts.max() > COMMON * len(batch.reward):
        share = 100.0 * counts.max() / len(batch.reward)
        yield cases.warning("SparseReward", f"{share:.0f} % of states get the same value")
    i = int(np.abs(batch.reward).argmax())
    if abs(batch.reward[i]) > SCALE:
        yield cases.warning("RewardScale", f"reaches {batch.reward[i]:.3g}", i)


def _check_term(
    cases: Cases, name: str, values: Array, still: Array, spread: float
) -> Iterator[Finding]:
    """Warn about a term that does nothing, or that is all that counts."""
    varies, where = float(np.ptp(values)), f"on all {len(values)} states that were tried"
    if varies < CONSTANT and values[0] == 0.0:
        yield cases.warning("UNREACHED", f"term {name!r} is 0 {where}")
    elif varies < CONSTANT:
        yield cases.warning("CONSTANT", f"term {name!r} is {values[0]:.3g} {where}")
    elif np.ptp(still) < CONSTANT and varies > spread > CONSTANT:
        message = f"term {name!r} is about the action alone and outweighs all others"
        yield cases.warning("DOMINATED", f"{message}: {varies:.3g} to {spread:.3g}")


def _check_idle(cases: Cases, still: Batch) -> Iterator[Finding]:
    """Warn about a bonus, a term of two values, that every episode begins with."""
    first = np.array([name == RESET for name in cases.names], np.bool_)
    for k, name in enumerate(still.names):
        values = still.terms[:, k]
        low, high = values.min(), values.max()
        is_bonus = high > max(low, 0.0) and np.isin(values, (low, high)).all()
        if first.any() and is_bonus and (values[first] == high).all():
            message = f"term {name!r} pays {high:.3g} in every initial state, for doing nothing"
            yield cases.warning("IDLE_PAY", message)


def _columns(batch: Batch, still: Batch) -> Iterator[tuple[str, Array, Array]]:
    """Yield each term's name and its values where it was given, as they are and at no action."""
    for k, name in enumerate(batch.names):
        given = batch.present[:, k]
        if given.any():
            yield name, batch.terms[given, k], still.terms[given, k]
