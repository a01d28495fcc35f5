"""What a run logged along training, as arrays, and what it says about each reward term."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rewardlab.store.files import storage_error

Array = npt.NDArray[np.float64]

STEPS = "time/total_timesteps"
TERM = "reward/terms/"
LAST_SHARE = 0.1
"""The end of training, over which terms are summed up."""
_BESIDE = re.compile(r"[\s,)\]}]*#(.*)")


class Term(NamedTuple):
    """A named term of a reward program along training.

    Attributes:
        name: Its name.
        mean: Mean per step, at the end of training.
        share: Its part of the summed magnitudes of all terms' means there, in [0, 1].
        low: Lowest logged mean.
        high: Highest logged mean.
        text: What it is: the program's own comment, else its expression, else `""`.
    """

    name: str
    mean: float
    share: float
    low: float
    high: float
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
    terms, texts = curves.terms, term_texts(source)
    last = max(1, round(LAST_SHARE * len(curves.steps)))
    means = {name: float(values[-last:].mean()) for name, values in terms.items()}
    whole = sum(abs(mean) for mean in means.values()) or 1.0
    found = [
        Term(
            name, means[name], abs(means[name]) / whole, float(values.min()), float(values.max()),
            texts.get(name, ""),
        )
        for name, values in terms.items()
    ]  # fmt: skip
    return sorted(found, key=lambda term: -term.share)


def term_texts(source: str) -> dict[str, str]:
    """Return what a program says about its terms: a comment beside or above, else the expression.

    A term is a constant key of a dictionary, or of an assignment such as `terms["reach"] = …`.
    The program is read, not executed.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    lines = source.splitlines()
    values = {
        node.targets[0].id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    texts: dict[str, str] = {}
    for name, value in _named(tree):
        expression = values.get(value.id, value) if isinstance(value, ast.Name) else value
        text = _comment(lines, value) or _comment(lines, expression) or ast.unparse(expression)
        texts[name] = text
    return texts


def _named(tree: ast.Module) -> list[tuple[str, ast.expr]]:
    found: list[tuple[ast.expr | None, ast.expr]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            found += zip(node.keys, node.values, strict=True)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            found.append((node.targets[0].slice, node.value))
    return [
        (key.value, value)
        for key, value in found
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    ]


def _comment(lines: list[str], node: ast.expr) -> str:
    """Return the comment that ends the node's last line, or is the whole line above it."""
    last = lines[(node.end_lineno or node.lineno) - 1].encode()
    beside = _BESIDE.fullmatch(last[node.end_col_offset or 0 :].decode())
    if beside:
        return beside[1].strip()
    above = lines[node.lineno - 2].strip() if node.lineno > 1 else ""
    return above.lstrip("# ") if above.startswith("#") else ""


def _number(value: str | list[str] | None) -> float:
    try:
        return float(value) if isinstance(value, str) and value else np.nan
    except ValueError:
        return np.nan
