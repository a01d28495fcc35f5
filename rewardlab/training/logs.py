"""Curves: SB3's logger, writing files that a resumed run continues."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from stable_baselines3.common.logger import (
    KVWriter,
    Logger,
    TensorBoardOutputFormat,
    filter_excluded_keys,
)

from rewardlab.evaluation.curves import STEPS
from rewardlab.store.files import storage_error, write_text

Source: TypeAlias = Callable[[], Mapping[str, float]]
"""Gives what was measured since the last row."""


class RunLogger(Logger):
    """SB3's logger, which asks its sources whenever a row is due.

    Args:
        folder: Run folder; curves go to `progress.csv` and `tb/`.
        start: Step from which the run goes on; later rows of an earlier attempt are cut.
    """

    def __init__(self, folder: Path, start: int) -> None:
        formats = [
            CsvWriter(folder / "progress.csv", start),
            TensorBoardWriter(folder / "tb", start),
        ]
        super().__init__(str(folder), formats)
        self.sources: list[Source] = []
        self.last: dict[str, Any] = {}

    def dump(self, step: int = 0) -> None:
        """Write a row."""
        for source in self.sources:
            for key, value in source().items():
                self.record(key, value)
        self.last = dict(self.name_to_value)
        super().dump(step)

    def state_dict(self) -> dict[str, Any]:
        """Return what was recorded since the last row."""
        values = {k: v for k, v in self.name_to_value.items() if np.isscalar(v)}
        return {
            "values": values,
            "counts": {k: self.name_to_count[k] for k in values},
            "excluded": {k: list(self.name_to_excluded[k] or ()) for k in values},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        self.name_to_value.update(state["values"])
        self.name_to_count.update(state["counts"])
        self.name_to_excluded.update({k: tuple(v) for k, v in state["excluded"].items()})


class CsvWriter(KVWriter):
    """A CSV file to which rows are appended; a new column rewrites it in one step.

    Args:
        path: The file; if it exists it is continued.
        start: Rows of later steps are cut.
    """

    def __init__(self, path: Path, start: int) -> None:
        self._path = path
        self._columns, rows = read_progress(path)
        self._rows = [row for row in rows if float(row.get(STEPS) or "inf") <= start]
        self._rewrite()

    def write(
        self,
        key_values: dict[str, Any],
        key_excluded: dict[str, tuple[str, ...]],
        step: int = 0,
    ) -> None:
        """Add a row."""
        values = filter_excluded_keys(key_values, key_excluded, "csv") | {STEPS: step}
        row = {key: _text(value) for key, value in values.items() if value is not None}
        same = bool(self._rows) and self._rows[-1].get(STEPS) == row[STEPS]
        if same:  # what was measured at the same step belongs into the same row
            self._rows[-1] |= row
        else:
            self._rows.append(row)
        new = [key for key in row if key not in self._columns]
        self._columns += new
        if new or same:
            self._rewrite()
        else:
            self._append(row)

    def close(self) -> None:
        """Nothing stays open."""

    def _append(self, row: dict[str, str]) -> None:
        try:
            with self._path.open("a", encoding="utf-8", newline="") as file:
                csv.DictWriter(file, self._columns, lineterminator="\n").writerow(row)
        except OSError as error:
            raise storage_error(self._path, error) from error

    def _rewrite(self) -> None:
        if not self._columns:
            return
        text = io.StringIO()
        writer = csv.DictWriter(text, self._columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._rows)
        write_text(self._path, text.getvalue())


def _text(value: Any) -> str:
    return str(value.item() if isinstance(value, np.generic) else value)


class TensorBoardWriter(TensorBoardOutputFormat):
    """SB3's TensorBoard writer; events of a cut-off attempt are hidden.

    Args:
        folder: Where the events go.
        start: Step from which the run goes on.
    """

    def __init__(self, folder: Path, start: int) -> None:
        from torch.utils.tensorboard.writer import SummaryWriter

        self.writer = SummaryWriter(str(folder), purge_step=start + 1 if start else None)
        self._is_closed = False


def read_progress(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return columns and rows of a `progress.csv`; a row cut off by a crash is left out."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return [], []
    except OSError as error:
        raise storage_error(path, error) from error
    whole = text[: text.rfind("\n") + 1]
    reader = csv.reader(io.StringIO(whole))
    columns = next(reader, [])
    return columns, [
        {key: value for key, value in zip(columns, row, strict=True) if value}
        for row in reader
        if len(row) == len(columns)
    ]
