"""The file of corrections: JSON lines, append-only, readable by its owner alone."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from rewardlab.coders.corrections.record import Correction
from rewardlab.coders.text import one_line
from rewardlab.store.files import append_json, storage_error

OFF = "off"
"""Instead of a path: keep no corrections."""
MAX_LINE = 400_000
"""A longer line is none of ours."""


class Broken(NamedTuple):
    """A line that cannot be used, counted from 1, and why."""

    line: int
    why: str


class Corrections(NamedTuple):
    """What a file holds: records without repetition, in their order, and lines that are none."""

    records: tuple[Correction, ...] = ()
    broken: tuple[Broken, ...] = ()


def corrections_file(given: str | Path | None = None) -> Path | None:
    """Return where corrections are kept; `None` for nowhere.

    It is what is given, else `$REWARDLAB_CORRECTIONS`, else `rewardlab/corrections.jsonl` in the
    user's data folder (`$XDG_DATA_HOME` or `~/.local/share`). `"off"` keeps none.
    """
    place = given or os.environ.get("REWARDLAB_CORRECTIONS")
    if place is None or place == "":
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
        return data / "rewardlab" / "corrections.jsonl"
    return None if str(place) == OFF else Path(place).expanduser()


def append(path: Path, record: Correction) -> None:
    """Add a record, with the time if it has none.

    Raises:
        StorageError: It cannot be written.
    """
    ts = record.ts or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    append_json(path, replace(record, ts=ts).to_json(), private=True)


def read(path: Path) -> Corrections:
    """Read a file; equal ids count once, a line that is no record is named and the rest kept.

    Raises:
        StorageError: It is there but cannot be read.
    """
    records: dict[str, Correction] = {}
    broken: list[Broken] = []
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    record = _read(line)
                    records.setdefault(record.id, record)
                except (ValueError, RecursionError) as error:
                    broken.append(Broken(number, one_line(str(error), 200)))
    except FileNotFoundError:
        return Corrections()
    except OSError as error:
        raise storage_error(path, error) from error
    return Corrections(tuple(records.values()), tuple(broken))


def _read(line: bytes) -> Correction:
    if len(line) > MAX_LINE:
        raise ValueError(f"it is longer than {MAX_LINE:,} bytes")
    try:
        data = json.loads(line)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"it is no JSON: {error}") from None
    return Correction.from_json(data)
