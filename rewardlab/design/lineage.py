"""Which program came from which, read from run folders."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from rewardlab.training.lineage import parent_of
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


def _leads_to(run: Run, parent: Run, parents: dict[str, Run | None]) -> bool:
    """Return whether `run` is already above `parent`: a program refined back into itself."""
    above: Run | None = parent
    while above is not None and above.id != run.id:
        above = parents.get(above.id)
    return above is not None
