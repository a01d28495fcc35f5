"""The page that says what a study found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from rewardlab.e2cl.arms import ARMS
from rewardlab.e2cl.summary import (
    METRICS,
    Estimate,
    Measures,
    difference,
    estimate,
    foresight,
)

Found = Mapping[str, Measures]
"""Measures by arm, then by seed."""
_COMPARED = (
    (("e2cl", "self"), ("il", "plain")),
    (("e2cl", "self"), ("il-long", "plain")),
    (("e2cl", "plain"), ("il-long", "plain")),
    (("e2cl", "self"), ("e2cl", "plain")),
    (("e2cl", "self"), ("il-dup", "plain")),
    (("e2cl-few", "self"), ("il", "plain")),
)
"""Differences that answer a question: is it more than imitation, than longer training, than ..."""


class Line(NamedTuple):
    """An arm in a mode with all metrics."""

    arm: str
    mode: str
    estimates: dict[str, Estimate]


def lines(found: Found, *, unseen: bool = False) -> list[Line]:
    """Return all arms and modes, in the order of `ARMS`."""
    return [
        Line(
            arm,
            mode,
            {metric: estimate(found[arm], mode, metric, unseen=unseen) for metric in METRICS},
        )
        for arm in ARMS
        if arm in found
        for mode in next(iter(found[arm].values()))["modes"]
    ]


def document(found: Found) -> dict[str, Any]:
    """Return it all for machines."""
    return {
        "results": [
            {
                "arm": line.arm,
                "mode": line.mode,
                **{metric: told.json() for metric, told in line.estimates.items()},
            }
            for line in lines(found)
        ],
        "foresight": {arm: foresight(measures) for arm, measures in found.items()},
        "differences": [
            {"first": list(first), "second": list(second), "metric": metric, **told.json()}
            for first, second, metric, told in _differences(found)
        ],
    }


def page(found: Found, *, title: str, command: str, facts: Sequence[str]) -> str:
    """Return the page in Markdown."""
    n_unseen = sum(next(iter(next(iter(found.values())).values()))["unseen"])
    n = len(next(iter(next(iter(found.values())).values()))["episodes"])
    parts = [
        f"# {title}",
        f"`{command}`",
        "\n".join(f"- {fact}" for fact in facts),
        "All in %, with 95 % intervals (bootstrap over seeds, then episodes; Wilson's for one "
        "seed, or where all agree). Exec: actions that worked / actions. PlanExec: episodes in "
        "which all worked and that were ended. SR: the goal held. EM: the expert's actions "
        "exactly. LCS: how much of them, in order.",
        *_table(lines(found)),
    ]
    if 0 < n_unseen < n:
        parts += [
            f"## The {n_unseen} of {n} episodes whose expert does what none does in training",
            *_table(lines(found, unseen=True)),
        ]
    parts += ["## Differences", *_difference_table(found)]
    parts += ["## Foreseen answers", *_foresight_table(found)]
    parts += ["## Interventions", *_intervention_table(found)]
    parts += ["## Arms", *_arm_table(found)]
    return "\n\n".join(parts) + "\n"


def shown(told: Estimate) -> str:
    """Return an estimate in %, e.g. `96.3 [95.1, 97.2]`."""
    if told.value is None or told.ci is None:
        return "undefined"
    low, high = (100 * bound for bound in told.ci)
    return f"{100 * told.value:.1f} [{low:.1f}, {high:.1f}]"


def _table(rows: Sequence[Line]) -> Iterator[str]:
    head = ("arm", "mode", *METRICS.values())
    yield _markdown(head, [(r.arm, r.mode, *map(shown, r.estimates.values())) for r in rows])


def _differences(found: Found) -> Iterator[tuple[Any, Any, Any, Estimate]]:
    for first, second in _COMPARED:
        if all(arm in found and _has(found[arm], mode) for arm, mode in (first, second)):
            for metric in METRICS:
                pair = [(found[arm], mode) for arm, mode in (first, second)]
                yield first, second, metric, difference(pair[0], pair[1], metric)


def _has(measures: Measures, mode: str) -> bool:
    return all(mode in measured["modes"] for measured in measures.values())


def _difference_table(found: Found) -> Iterator[str]:
    rows: dict[str, list[str]] = {}
    for first, second, _, told in _differences(found):
        rows.setdefault(f"{' '.join(first)} − {' '.join(second)}", []).append(shown(told))
    yield _markdown(("", *METRICS.values()), [(name, *cells) for name, cells in rows.items()])


def _foresight_table(found: Found) -> Iterator[str]:
    yield (
        "Of each expert step of the test episodes, with other objects, and with another verb: "
        "is it foreseen whether the world refuses it, and why? Means over seeds; always saying "
        "the commoner would be right in the share under majority."
    )
    rows = []
    for arm in ARMS:
        told = foresight(found[arm]) if arm in found else None
        if told is not None:
            errors = told["errors"] or 0.0
            majority = max(errors, 1 - errors)
            keys = ("binary", "exact", "recall", "false_positive")
            rows.append(
                (arm, f"{told['n']:.0f}", _share(majority), *(_share(told[k]) for k in keys))
            )
    head = ("arm", "pairs", "majority", "accuracy", "kind", "error recall", "false positives")
    yield _markdown(head, rows)


def _intervention_table(found: Found) -> Iterator[str]:
    yield "Of all steps: how many plans were foreseen to fail, and how many were replaced."
    rows = []
    for arm in ARMS:
        told = [measured["interventions"] for measured in found.get(arm, {}).values()]
        for mode in told[0] if told else ():
            if mode != "plain":
                means = (sum(each[mode][i] for each in told) / len(told) for i in (0, 1))
                rows.append((arm, mode, *map(_share, means)))
    yield _markdown(("arm", "mode", "foreseen to fail", "replaced"), rows)


def _arm_table(found: Found) -> Iterator[str]:
    rows = []
    for arm, recipe in ARMS.items():
        if arm in found:
            fits = [measured["fit"] for measured in found[arm].values()]
            samples = sum(sum(each["samples"].values()) for each in fits) / len(fits)
            steps = sum(each["steps"] for each in fits) / len(fits)
            seconds = median(each["seconds"] for each in fits)
            rows.append((arm, recipe.about, f"{samples:,.0f}", f"{steps:,.0f}", f"{seconds:,.0f}"))
    yield (
        "Means over seeds, of the time of fitting the median; all but pretuned go on from it "
        "(e2cl-few from one of its own)."
    )
    yield _markdown(("arm", "learns from", "samples", "steps", "fitting [s]"), rows)


def _share(value: float | None) -> str:
    return "undefined" if value is None else f"{100 * value:.1f}"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    ruled = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in ruled)
