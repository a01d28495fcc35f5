"""What a run logged along training, as arrays, and what it says about each reward term."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rewardlab.evaluation.explain import explain
from rewardlab.store.files import storage_error

Array = npt.NDArray[np.float64]

STEPS = "time/total_timesteps"
"""Column that says when a row was written."""

TERM = "reward/terms/"
"""What the columns of reward terms begin with."""

LAST_SHARE = 0.1
"""The end of training, over which terms are summed up."""


class Term(NamedTuple):
    """A named term of a reward program along training.

    Attributes:
        name: Its name.
        mean: Mean per step, at the end of training.
        share: Its part of the summed magnitudes of all terms' means there, in [0, 1].
        low: Lowest logged mean.
        high: Highest logged mean.
        weight: The number that the program multiplies it with, where it shows one.
        text: What it is: the program's own comment, else its expression, else `""`.
    """

    name: str
    mean: float
    share: float
    low: float
    high: float
    weight: float | None = None
    text: str = ""


class Curves(NamedTuple):
    """Columns of `progress.csv`.

    Attributes:
        steps: `(n,)` environment steps, increasing.
        columns: `(n,)` values by column name, NaN where a row has none.
    """

    steps: Array
    columns: Mapping[str, Array]

    def get(self, name: str) -> tuple[Array, Array]:
        """Return steps and values `(m,)` of the rows that have a column."""
        values = self.columns.get(name)
        if values is None:
            return np.empty(0), np.empty(0)
        known = np.isfinite(values)
        return self.steps[known], values[known]

    def last(self, prefix: str) -> dict[str, float]:
        """Return the last value of each column that starts so, by the rest of its name."""
        return {
            name.removeprefix(prefix): float(self.get(name)[1][-1])
            for name in self.columns
            if name.startswith(prefix) and len(self.get(name)[1])
        }

    @property
    def terms(self) -> dict[str, Array]:
        """Values `(n,)` of the reward terms by name, 0 where a row has none."""
        return {
            name.removeprefix(TERM): np.nan_to_num(values)
            for name, values in self.columns.items()
            if name.startswith(TERM)
        }


def read_curves(path: Path) -> Curves:
    """Read a `progress.csv`; none, or a row that a crash cut off, is no error.

    Raises:
        StorageError: It is there but cannot be read.
    """
    try:
        text = path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        text = ""
    except OSError as error:
        raise storage_error(path, error) from error
    by_step: dict[float, dict[str, float]] = {}
    for row in csv.DictReader(text.splitlines()):
        numbers = {name: _number(value) for name, value in row.items() if name}
        step = numbers.get(STEPS, np.nan)
        if np.isfinite(step) and None not in row.values():
            by_step[step] = numbers
    rows = [by_step[step] for step in sorted(by_step)]
    names = rows[-1] if rows else ()
    columns = {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}
    return Curves(np.array(sorted(by_step)), columns)


def sum_up(curves: Curves, source: str = "") -> list[Term]:
    """Return the terms, those of the largest share first.

    Args:
        curves: What was logged.
        source: The program, which explains its terms.
    """
    terms, explained = curves.terms, explain(source)
    last = max(1, round(LAST_SHARE * len(curves.steps)))
    means = {name: float(values[-last:].mean()) for name, values in terms.items()}
    whole = sum(abs(mean) for mean in means.values()) or 1.0
    found = [
        Term(
            name, means[name], abs(means[name]) / whole, float(values.min()), float(values.max()),
            *explained.get(name, ()),
        )
        for name, values in terms.items()
    ]  # fmt: skip
    return sorted(found, key=lambda term: -term.share)


def _number(value: str | list[str] | None) -> float:
    try:
        return float(value) if isinstance(value, str) and value else np.nan
    except ValueError:
        return np.nan
