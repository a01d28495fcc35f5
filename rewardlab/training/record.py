"""The record of a run, `run.json`: which layout of the folder it tells of, and what it must say."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args

from rewardlab.errors import StorageError
from rewardlab.store.files import read_json

FORMAT = 1
"""Version of the folder's layout; a newer one is refused."""

Status = Literal["running", "finished", "failed", "interrupted"]


_NEEDED: dict[str, Any] = {
    "status": str,
    "task": str,
    "program_id": str | None,
    "parent": str | None,
    "n_timesteps": int,
}


def check(path: Path) -> None:
    """Check the record of a run folder.

    Raises:
        StorageError: Not a run folder, damaged, or from a newer version of rewardlab.
    """
    record = read_json(path / "run.json")
    if record is None:
        raise StorageError(f"{path} is not a run folder: it has no run.json")
    if not isinstance(record.get("format"), int):
        raise StorageError(f"{path / 'run.json'} is damaged: it names no format")
    if record["format"] > FORMAT:
        raise StorageError(
            f"{path} was written by a newer rewardlab (format {record['format']}, this "
            f"version reads up to {FORMAT}): upgrade with pip install -U rewardlab"
        )
    lost = sorted(k for k, kinds in _NEEDED.items() if not isinstance(record.get(k, ()), kinds))
    if lost or record["status"] not in get_args(Status):
        raise StorageError(
            f"{path / 'run.json'} is damaged: it has no {', '.join(lost or ['status'])}"
        )
