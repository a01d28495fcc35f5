"""Findings of the classes E7 and E8: what a program pays on many states, and beside a teacher."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.stats import kendalltau

from rewardlab.design.lesson import Index, Lesson, Prefix
from rewardlab.program.finding import Finding
from rewardlab.program.schema import Schema
from rewardlab.sandbox.batch import Array, Batch, state_of

LARGE, ONE_TERM, STILL = 1e4, 0.99, 1e-9
PAIRS, TAU = 0.95, -0.5
"""Share of pairs in which an expert is to be paid more than chance, and the largest rank
correlation of noise and return (−1 is perfect; the specification says near −1)."""
TIES = 0.5
LEAST = 5
"""Fewer solved or unsolved episodes say nothing."""
_E7 = frozenset({"InsensitiveReward", "DOMINATED"})


class Judged(NamedTuple):
    """How a program treats a teacher.

    Attributes:
        pairs: Share of pairs in which the expert's return is above a random policy's.
        tau: Kendall's τ-b of noise and mean return; NaN if all returns are equal.
        signs: Share of other actions below the expert's, over prefixes; NaN if it abstains.
        auroc: Share of pairs in which a solved episode is paid above a failed one; NaN where one
            side has fewer than `LEAST`.
        findings: At most one, of the class E8.
    """

    pairs: float
    tau: float
    signs: float
    auroc: float
    findings: tuple[Finding, ...]


def degenerate(
    warnings: tuple[Finding, ...], batch: Batch, moved: Batch | None
) -> tuple[Finding, ...]:
    """Return what is degenerate about a program (E7).

    Args:
        warnings: Of its validation: that it is constant, or about the action alone.
        batch: Its rewards on many states.
        moved: Its rewards there with goals of other episodes; `None` if goals do not move.
    """
    told = [replace(f, severity="error") for f in warnings if f.code in _E7]
    found = [*told, *_large(batch), *_one_term(batch)]
    goals_count = moved is None or np.abs(moved.reward - batch.reward).max() > STILL
    if not goals_count and not told:
        found.append(
            Finding(
                "IGNORES",
                "the goal is elsewhere in every episode, and the reward is the same wherever it is",
                hint="measure against the goal, e.g. by a distance to it",
            )
        )
    return tuple(found)


def _large(batch: Batch) -> Iterator[Finding]:
    most = float(np.abs(batch.reward).max())
    if most > LARGE:
        hint = "bound its terms, e.g. with np.tanh or tolerance"
        yield Finding("LARGE", f"the reward reaches {most:.3g}; {_statistics(batch)}", hint=hint)


def _one_term(batch: Batch) -> Iterator[Finding]:
    """Find the term that is nearly all of the variance: share = Cov(term, total) / Var(total)."""
    shares = _shares(batch)
    varying = [name for name, share in shares.items() if abs(share) > STILL]
    if len(varying) > 1:
        name = max(shares, key=lambda n: shares[n])
        if shares[name] > ONE_TERM:
            yield Finding(
                "ONE_TERM",
                f"term {name!r} is {100 * shares[name]:.1f} % of the reward's variance; "
                f"{_statistics(batch)}",
                hint=f"lower the weight of {name!r}, or raise those of the others",
            )


def _shares(batch: Batch) -> dict[str, float]:
    variance = float(batch.reward.var())
    if variance < STILL:
        return {}
    centred = batch.reward - batch.reward.mean()
    shares = (batch.terms * centred[:, None]).mean(axis=0) / variance
    return dict(zip(batch.names, shares.tolist(), strict=True))


def _statistics(batch: Batch) -> str:
    mean, sd = batch.terms.mean(axis=0), batch.terms.std(axis=0)
    told = zip(batch.names, mean, sd, strict=True)
    return ", ".join(f"{name} {m:.3g} ± {s:.3g}" for name, m, s in told) or "it names no terms"


def judge(lesson: Lesson, batch: Batch, scene: Schema) -> Judged:
    """Return how a program treats a teacher.

    What is told quotes the program's own values and the teacher's order, nothing else. The test of
    prefixes alone refuses no program: an action may be right although it is not paid at once.

    Args:
        lesson: What the teacher shows.
        batch: The program's rewards on the lesson's rows.
        scene: What the rows hold.
    """
    returns = np.array([batch.reward[e.rows].sum() for e in lesson.episodes])
    noise = np.array([e.noise for e in lesson.episodes])
    solved = np.array([e.success for e in lesson.episodes])
    pairs = above(returns[noise == 0.0], returns[noise == 1.0])
    levels = np.unique(noise)
    tau = float(kendalltau(levels, [returns[noise == one].mean() for one in levels]).statistic)
    enough = min(solved.sum(), (~solved).sum()) >= LEAST
    auroc = above(returns[solved], returns[~solved]) if enough else float("nan")
    worst, signs = _signs(lesson, batch)
    findings: tuple[Finding, ...] = ()
    if pairs < PAIRS or tau > TAU:
        findings = (_misordered(lesson, batch, scene, pairs, tau, worst),)
    return Judged(pairs, tau, signs, auroc, findings)


def above(high: Array, low: Array) -> float:
    """Return the share of pairs in which the first is larger, ties counted half (AUROC)."""
    order = np.sign(high[:, None] - low[None, :])
    return float((0.5 * (order + 1.0)).mean())


def _signs(lesson: Lesson, batch: Batch) -> tuple[Prefix | None, float]:
    """Return the prefix at which the expert is beaten most, and the mean share that it beats.

    More than half of ties abstain: there is no such prefix, and the share is NaN.
    """
    rates, ties = [], 0.0
    for prefix in lesson.prefixes:
        mine = batch.reward[prefix.expert].sum()
        theirs = batch.reward[prefix.others].sum(axis=1)
        rates.append(above(np.array([mine]), theirs))
        ties += float((theirs == mine).mean())
    if not rates or ties / len(rates) > TIES:
        return None, float("nan")
    least = int(np.argmin(rates))
    return (lesson.prefixes[least] if rates[least] < 0.5 else None), float(np.mean(rates))


def _misordered(
    lesson: Lesson, batch: Batch, scene: Schema, pairs: float, tau: float, worst: Prefix | None
) -> Finding:
    by_noise = {n: [e.rows for e in lesson.episodes if e.noise == n] for n in (0.0, 1.0)}
    means = {n: np.mean([batch.reward[rows].sum() for rows in r]) for n, r in by_noise.items()}
    message = (
        f"an expert's return is above a random policy's in {100 * pairs:.0f} % of pairs "
        f"(mean {means[0.0]:.4g} to {means[1.0]:.4g}), and returns fall with noise in its actions "
        f"by a rank correlation of {tau:.2f}"
    )
    expert, random = (np.concatenate(by_noise[n]) for n in (0.0, 1.0))
    fault = _fault(batch, expert, random)
    state = None
    if worst is not None:
        mine, theirs = batch.reward[worst.expert].sum(), batch.reward[worst.others].sum(axis=1)
        message += f"; step {worst.step}: expert {mine:.4g}, random {theirs.mean():.4g}"
        fault = fault or _fault(batch, worst.expert, worst.others.ravel())
        state = state_of(scene, lesson.rows[worst.expert[0]])
    if fault:
        message += f"; term {fault!r} is at fault"
    hint = "check the signs and the stages: what the expert does must be paid more than chance"
    return Finding("MISORDERED", message, hint=hint, state=state)


def _fault(batch: Batch, expert: Index, random: Index) -> str:
    """Return the term that pays the random policy most beyond the expert, `""` if none does."""
    if not batch.names:
        return ""
    gap = batch.terms[expert].mean(axis=0) - batch.terms[random].mean(axis=0)
    return batch.names[int(gap.argmin())] if gap.min() < 0 else ""
