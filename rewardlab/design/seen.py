"""What a run showed, in words for a coder: success with its interval, statistics of each term."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from rewardlab.evaluation.curves import TERM, Array, Curves, read_curves
from rewardlab.store.files import read_json
from rewardlab.training.run import Run

_SUCCESS = ("eval/success", "rollout/success_rate")
_N_SHOWN = 8


def describe_run(run: Run) -> str:
    """Return what was measured in a run: outcome, learning curve, terms, warnings."""
    return "\n".join([*_outcome(run), *_curve(run.evaluations), *_terms(run), *_warnings(run)])


def _outcome(run: Run) -> Iterator[str]:
    record = run.record
    reason = f" ({record['reason']})" if record.get("reason") else ""
    yield f"Training {run.status}{reason}, {record.get('n_timesteps', '?')} steps asked for."
    final = read_json(run.path / "evaluation.json")
    if final is not None:
        yield f"Final evaluation over {final.get('episodes', '?')} episodes: {_result(final)}."


def _curve(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    stride = max(1, math.ceil(len(rows) / _N_SHOWN))
    shown = [*rows[:-1:stride], *rows[-1:]]
    if shown:
        yield "Along training: " + "; ".join(
            f"step {row.get('timesteps')}: {_result(row)}" for row in shown
        )


def _result(row: Mapping[str, Any]) -> str:
    parts = []
    if isinstance(row.get("success"), int | float):
        interval = row.get("success_ci")
        between = f" (95% CI {interval[0]:.2f} to {interval[1]:.2f})" if interval else ""
        parts.append(f"success {row['success']:.2f}{between}")
    else:
        parts.append("no success signal")
    if isinstance(row.get("return_mean"), int | float):
        parts.append(f"mean return of the environment's own reward {row['return_mean']:.4g}")
    return ", ".join(parts)


def _terms(run: Run) -> Iterator[str]:
    curves = read_curves(run.path / "progress.csv")
    success = _success(curves)
    for name in sorted(column for column in curves.columns if column.startswith(TERM)):
        values = curves.columns[name]
        known = values[np.isfinite(values)]
        if len(known):
            yield (
                f"Term {name.removeprefix(TERM)}, mean per step: {known.mean():.4g} "
                f"(std {known.std():.3g}, from {known.min():.4g} to {known.max():.4g}; "
                f"first {known[0]:.4g}, last {known[-1]:.4g}){_correlated(values, success)}."
            )


def _success(curves: Curves) -> Array:
    """Return the success rate of each row, NaN where none was logged."""
    found = np.full(len(curves.steps), np.nan)
    for name in _SUCCESS:
        found = np.where(np.isfinite(found), found, curves.columns.get(name, np.nan))
    return found


def _correlated(values: Array, success: Array) -> str:
    both = np.isfinite(values) & np.isfinite(success)
    if both.sum() < 3 or not (np.ptp(values[both]) and np.ptp(success[both])):
        return ""
    return f", correlation with success {np.corrcoef(values[both], success[both])[0, 1]:+.2f}"


def _warnings(run: Run) -> Iterator[str]:
    verdict = read_json(run.path / "verdict.json") or {}
    for finding in verdict.get("findings", []):
        yield f"Warning of the validator: {finding.get('code')}: {finding.get('message')}"
