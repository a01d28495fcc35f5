"""What several seeds say together, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from rewardlab.evaluation.statistics import Interval, wilson

Metric = Literal["exec", "plan", "success", "exact", "lcs"]
METRICS: dict[Metric, str] = {
    "exec": "Exec",
    "plan": "PlanExec",
    "success": "SR",
    "exact": "EM",
    "lcs": "LCS",
}
"""Names that the literature gives them."""
_RESAMPLES = 2000
Measures = Mapping[int, Mapping[str, Any]]
"""What `measures/ARM.json` holds, by seed."""
Array = npt.NDArray[np.float64]


class Estimate(NamedTuple):
    """A number with its 95 % interval; both None where nothing was counted."""

    value: float | None
    ci: Interval | None

    def json(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return {"value": self.value, "ci": None if self.ci is None else list(self.ci)}


def estimate(measures: Measures, mode: str, metric: Metric, *, unseen: bool = False) -> Estimate:
    """Return a metric of an arm in a mode, over all seeds and test episodes.

    Exec is pooled: steps that worked / steps. The interval is Wilson's for a share of one seed's
    episodes, or where all agree; else a bootstrap over seeds, then over episodes.

    Args:
        measures: Of one arm.
        mode: Of acting.
        metric: Which.
        unseen: Whether only of episodes whose expert does what none does in training.
    """
    up, down = _counts(measures, mode, metric, unseen=unseen)
    if down.sum() == 0:
        return Estimate(None, None)
    value = float(up.sum() / down.sum())
    if metric != "lcs" and (len(up) == 1 or value in (0.0, 1.0)):
        return Estimate(value, wilson(int(up[0].sum()), int(down[0].sum())))
    return Estimate(value, _interval(_resampled(up, down)))


def difference(
    first: tuple[Measures, str], second: tuple[Measures, str], metric: Metric
) -> Estimate:
    """Return how much more of a metric the first (arm, mode) has than the second.

    The bootstrap draws the same seeds and episodes for both.
    """
    seeds = sorted(set(first[0]) & set(second[0]))
    pair = [
        _counts({seed: measures[seed] for seed in seeds}, mode, metric)
        for measures, mode in (first, second)
    ]
    if not seeds or any(down.sum() == 0 for _, down in pair):
        return Estimate(None, None)
    one, other = (float(up.sum() / down.sum()) for up, down in pair)
    drawn = _resampled(*pair[0]) - _resampled(*pair[1])
    return Estimate(one - other, _interval(drawn))


def foresight(measures: Measures) -> dict[str, float | None] | None:
    """Return the means over seeds of an arm's foresight; None if it foresees nothing."""
    told = [measured["foresight"] for measured in measures.values()]
    if not told or any(each is None for each in told):
        return None
    return {key: _mean([each[key] for each in told]) for key in told[0]}


def _counts(
    measures: Measures, mode: str, metric: Metric, *, unseen: bool = False
) -> tuple[Array, Array]:
    """Return what is counted, and of how much: (seeds, episodes) each."""
    up, down = [], []
    for _, measured in sorted(measures.items()):
        columns = measured["modes"][mode]
        kept = np.array(measured["unseen"], bool) | (not unseen)
        values = np.array(columns["ok" if metric == "exec" else metric], np.float64)
        whole = np.array(columns["steps"], np.float64) if metric == "exec" else values * 0 + 1
        up.append(values[kept])
        down.append(whole[kept])
    return np.stack(up), np.stack(down)


def _resampled(up: Array, down: Array) -> Array:
    """Return the ratio in each resample (R,); equal shapes are resampled alike."""
    rng = np.random.default_rng(0)
    n_seeds, n = up.shape
    seeds = rng.integers(n_seeds, size=(_RESAMPLES, n_seeds, 1))
    episodes = rng.integers(n, size=(_RESAMPLES, n_seeds, n))
    total = np.maximum(down[seeds, episodes].sum((1, 2)), 1e-12)
    ratio: Array = up[seeds, episodes].sum((1, 2)) / total
    return ratio


def _interval(drawn: Array) -> Interval:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(float(low), float(high))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
