"""List the runs; one that trains a refined program stands under the run it came from.

Examples:
  rewardlab runs
  rewardlab runs --out elsewhere --json
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rewardlab.cli.answer import Answer, Table, percent
from rewardlab.cli.flags import Json, Out

if TYPE_CHECKING:
    from rewardlab.training.run import Run


@dataclass(frozen=True)
class Flags:
    """Flags of `rewardlab runs`."""

    out: Out = "results"
    json: Json = False


def run(flags: Flags) -> Answer:
    """List them."""
    from rewardlab.training.run import list_runs

    entries = [_entry(found) for found in list_runs(flags.out)]
    if not entries:
        return Answer({"runs": []}, f"no runs in {flags.out}")
    rows = [
        (branch + e["id"], e["task"], e["status"], f"{e['n_timesteps']:,}", _success(e))
        for branch, e in _tree(entries)
    ]
    columns = ("run", "task", "status", "steps", "success")
    return Answer({"runs": entries}, Table(columns, rows))


def _entry(found: Run) -> dict[str, Any]:
    from rewardlab.store.files import read_json

    record = found.record
    measured = read_json(found.path / "evaluation.json") or (found.evaluations or [{}])[-1]
    return {
        "id": found.id,
        "path": str(found.path),
        "task": record["task"],
        "status": found.status,
        "program_id": record["program_id"],
        "parent": record["parent"],
        "n_timesteps": record["n_timesteps"],
        "success": measured.get("success"),
        "success_ci": measured.get("success_ci"),
    }


def _success(entry: dict[str, Any]) -> str:
    return "" if entry["success"] is None else percent(entry["success"], entry["success_ci"])


def _tree(entries: Sequence[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield runs depth first, each with the branch that is drawn before it.

    A run hangs under the newest earlier run whose program is its program's parent.
    """
    children: dict[str | None, list[dict[str, Any]]] = {}
    holder: dict[str | None, str] = {}
    for entry in entries:
        children.setdefault(holder.get(entry["parent"]), []).append(entry)
        if entry["program_id"]:
            holder[entry["program_id"]] = entry["id"]

    def walk(id: str | None, depth: int) -> Iterator[tuple[str, dict[str, Any]]]:
        for child in children.get(id, []):
            yield "  " * (depth - 1) + "└ " * (depth > 0), child
            yield from walk(child["id"], depth + 1)

    return walk(None, 0)
