"""Which run came from which, as told by their programs and by what was said about them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from rewardlab.store.files import read_json
from rewardlab.training.run import Run, list_runs


class Node(NamedTuple):
    """A run in its family.

    Attributes:
        run: The run.
        parent: The run whose program this one's was refined from, if it is there.
        depth: Number of refinements since the first program that is there.
    """

    run: Run
    parent: Run | None
    depth: int


def lineage(out: str | Path = "results") -> list[Node]:
    """Return the runs below a folder, parents before children, siblings oldest first."""
    runs = list(list_runs(out))
    parents: dict[str, Run | None] = {}
    for run in runs:
        parent = parent_of(run, runs)
        parents[run.id] = None if parent and _leads_to(run, parent, parents) else parent
    children: dict[str | None, list[Run]] = {}
    for run in runs:
        parent = parents[run.id]
        children.setdefault(parent.id if parent else None, []).append(run)
    nodes: list[Node] = []
    stack = [(run, 0) for run in reversed(children.get(None, []))]
    while stack:
        run, depth = stack.pop()
        nodes.append(Node(run, parents[run.id], depth))
        stack += [(child, depth + 1) for child in reversed(children.get(run.id, []))]
    return nodes


def ancestors(run: Run) -> list[Run]:
    """Return the runs that led to a run, the first one first; it is not among them."""
    runs = list(list_runs(run.path.parent))
    found: list[Run] = []
    seen = {run.id}
    parent = parent_of(run, runs)
    while parent is not None and parent.id not in seen:
        seen.add(parent.id)
        found.append(parent)
        parent = parent_of(parent, runs)
    return found[::-1]


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
    if newest is None:
        return []
    earlier = newest.get("earlier")
    kept = (
        [entry for entry in earlier if isinstance(entry, dict)] if isinstance(earlier, list) else []
    )
    return [newest, *kept]


def _leads_to(run: Run, parent: Run, parents: dict[str, Run | None]) -> bool:
    """Return whether `run` is already above `parent`: a program refined back into itself."""
    above: Run | None = parent
    while above is not None and above.id != run.id:
        above = parents.get(above.id)
    return above is not None
