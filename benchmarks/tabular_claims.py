"""Which published orderings the rows of `benchmarks/tabular_shapers.py` show, and which not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

Row = dict[str, Any]

BAR = 0.6
"""Of the other's episodes that a method may need."""
SOLVED = 0.5
"""Of J* that a method holds at the end if it solves a task at all."""

_OTHERS = ("ExpRD", "ExpRD, min_norm", "ExpRD, interior point", "Orig")
AREAS = {
    "expadard-linek": tuple(("ExpAdaRD", other) for other in _OTHERS),
    "expadard-room": tuple(("ExpAdaRD", other) for other in _OTHERS),
    "exprd-room": (
        ("PBRS", "ExpRD all states, min_norm", "PBRS-CRAFT", "ExpRD B=5", "ExpRD B=3", "Orig"),
        ("Orig", "CRAFT"),
        ("ExpRD all states", "PBRS-CRAFT"),
        ("ExpRD B=5, min_norm", "Orig"),
    ),
    "exprd-linek": (
        ("PBRS", "ExpRD B=5", "Orig"),
        ("ExpRD all states, min_norm", "ExpRD B=5"),
        ("ExpRD all states", "ExpRD B=5"),
        ("ExpRD B=3", "Orig"),
    ),
}
EPISODES = {
    **{
        name: tuple(("ExpAdaRD", f"ExpRD{rule}") for rule in ("", ", min_norm", ", interior point"))
        for name in ("expadard-linek", "expadard-room")
    },
    **{
        f"explors-{name}-reinforce": (("ExploRS", "ExploB"),)
        for name in ("room", "room-plus", "chain", "chain-plus")
    },
}
_BONUS, _NONE = ("ExploRS", "ExploB"), ("Orig", "SelfRS", "SORS")
SOLVES = {
    "explors-room-plus-reinforce": (_BONUS, _NONE),
    "explors-room-plus-q": (_BONUS, _NONE),
    "explors-chain-plus-q": (_BONUS, _NONE),
    "explors-chain-plus-reinforce": (_BONUS, ("Orig", "SORS")),
    "explors-chain-q": (("Orig", "ExploRS"), ()),
}


class Claim(NamedTuple):
    """A published ordering and what was measured of it.

    Attributes:
        said: The ordering.
        found: What was measured, with its interval.
        holds: Whether it holds, beyond its interval or within.
    """

    said: str
    found: str
    holds: str


def claims(name: str, rows: list[Row]) -> list[Claim]:
    """Return what the rows of a table say of the orderings published for it."""
    by_name = {row["method"]: row for row in rows}
    made: list[Claim] = []
    for order in AREAS.get(name, ()):
        made += [_larger(a, b) for a, b in pairwise(_there(order, by_name))]
    for order in EPISODES.get(name, ()):
        made += [_faster(a, b) for a, b in pairwise(_there(order, by_name))]
    can, cannot = SOLVES.get(name, ((), ()))
    made += [_solves(row, True) for row in _there(can, by_name)]
    return made + [_solves(row, False) for row in _there(cannot, by_name)]


def _there(names: tuple[str, ...], rows: dict[str, Row]) -> list[Row]:
    return [rows[name] for name in names if name in rows]


def _larger(a: Row, b: Row) -> Claim:
    """Compare the areas of two methods, runs drawn anew."""
    areas = [np.array(row["area"]) / row["best"] for row in (a, b)]
    rng = np.random.default_rng(0)
    low, high = ends(
        [float(np.subtract(*(rng.choice(x, len(x)).mean() for x in areas))) for _ in range(2000)]
    )
    found = areas[0].mean() - areas[1].mean()
    holds = "yes" if low > 0 else "no" if high < 0 else "undecided"
    told = f"area {found:+.3f} [{low:+.3f}, {high:+.3f}]"
    return Claim(f"{a['method']} > {b['method']}", told, holds)


def _faster(a: Row, b: Row) -> Claim:
    """Compare the episodes to 90 % of two methods; never counts as later than all."""
    said = f"{a['method']} needs at most {BAR} of the episodes of {b['method']}"
    if a["reached"] is None:
        return Claim(said, f"{a['method']} never gets there", "no")
    if b["reached"] is None:
        most = a["reached"] / b["n_episodes"]
        return Claim(said, f"less than {most:.2f}: {b['method']} never gets there", "yes")
    low, high = ends(ratios(a, b))
    found = a["reached"] / b["reached"]
    holds = "yes" if high <= BAR else "no" if low > BAR else "undecided"
    return Claim(said, f"{found:.2f} [{low:.2f}, {high:.2f}]", holds)


def _solves(row: Row, can: bool) -> Claim:
    """Say whether a method holds half of J* at the end, on average over runs."""
    share = float(np.mean(row["last"])) / row["best"]
    said = f"{row['method']} {'solves' if can else 'does not solve'} it"
    return Claim(said, f"{share:.3f} of J* at the end", "yes" if (share > SOLVED) == can else "no")


def ratios(a: Row, b: Row) -> list[float]:
    """Return the ratio of episodes to 90 % in each resample."""
    pairs = zip(a["reached_resampled"], b["reached_resampled"], strict=True)
    return [np.inf if x is None else 0.0 if y is None else x / y for x, y in pairs]


def ends(values: list[float]) -> tuple[float, float]:
    """Return the 95 % interval of resampled values."""
    ordered = np.sort(values)
    return ordered[int(0.025 * len(ordered))], ordered[int(0.975 * len(ordered)) - 1]


def lines(made: list[Claim]) -> Iterator[str]:
    """Return a table."""
    yield "| published | measured | holds |"
    yield "|---|---|---|"
    for claim in made:
        yield f"| {claim.said} | {claim.found} | {claim.holds} |"
