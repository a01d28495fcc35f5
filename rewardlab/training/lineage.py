"""Which run a run's program was refined from, and what was said about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rewardlab.store.files import read_json
from rewardlab.training.run import Run


def parent_of(run: Run, runs: Iterable[Run]) -> Run | None:
    """Return the run that a run's program was refined from.

    Where several runs trained the parent program, it is the one whose feedback made this program,
    else the last of them that is older.
    """
    record = run.record
    parent, program = record.get("parent"), record.get("program_id")
    if not parent or parent == program:
        return None
    same = [r for r in runs if r.id != run.id and r.record.get("program_id") == parent]
    for candidate in same:
        if any(entry.get("child") == program for entry in feedback_of(candidate)):
            return candidate
    older = [r for r in same if r.record.get("created", "") <= record.get("created", "")]
    return older[-1] if older else None


def feedback_of(run: Run) -> list[dict[str, Any]]:
    """Return what was said about a run, the newest first, with `comment`, `rating`, `child`."""
    newest = read_json(run.path / "feedback.json")
    if not isinstance(newest, dict):
        return []
    earlier = newest.get("earlier")
    kept = (
        [entry for entry in earlier if isinstance(entry, dict)] if isinstance(earlier, list) else []
    )
    return [newest, *kept]
