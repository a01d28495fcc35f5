"""What a run showed, in words for a coder: success with its interval, statistics of each term."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import StatisticsError, correlation, fmean, pstdev
from typing import Any

from rewardlab.store.files import read_json
from rewardlab.training.run import Run

_TERM = "reward/terms/"
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
    if isinstance(final, dict):
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
    rows = _progress(run)
    success = [_first_number(row, _SUCCESS) for row in rows]
    for name in sorted({key for row in rows for key in row if key.startswith(_TERM)}):
        values = [_number(row.get(name)) for row in rows]
        known = [value for value in values if value is not None]
        if known:
            yield (
                f"Term {name.removeprefix(_TERM)}, mean per step: {fmean(known):.4g} "
                f"(std {pstdev(known):.3g}, from {min(known):.4g} to {max(known):.4g}; "
                f"first {known[0]:.4g}, last {known[-1]:.4g}){_correlated(values, success)}."
            )


def _correlated(values: Sequence[float | None], success: Sequence[float | None]) -> str:
    pairs = [
        (v, s) for v, s in zip(values, success, strict=True) if v is not None and s is not None
    ]
    if len(pairs) < 3:
        return ""
    try:
        return f", correlation with success {correlation(*zip(*pairs, strict=True)):+.2f}"
    except StatisticsError:
        return ""


def _warnings(run: Run) -> Iterator[str]:
    verdict = read_json(run.path / "verdict.json")
    findings = verdict.get("findings", []) if isinstance(verdict, dict) else []
    for finding in findings:
        yield f"Warning of the validator: {finding.get('code')}: {finding.get('message')}"


def _progress(run: Run) -> list[dict[str, str]]:
    try:
        with (run.path / "progress.csv").open(encoding="utf-8", newline="") as file:
            return [{k: v for k, v in row.items() if k and v} for row in csv.DictReader(file)]
    except (OSError, csv.Error, UnicodeDecodeError):
        return []


def _first_number(row: Mapping[str, str], keys: Sequence[str]) -> float | None:
    return next((n for key in keys if (n := _number(row.get(key))) is not None), None)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None
