"""List the runs; one that trains a refined program stands under the run it came from.

Examples:
  rewardlab runs
  rewardlab runs --out elsewhere --json
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rewardlab.cli.answer import Answer, Table, percent
from rewardlab.cli.flags import Json, Out
from rewardlab.store.files import read_json

if TYPE_CHECKING:
    from rewardlab.training.run import Run


@dataclass(frozen=True)
class Flags:
    """Flags of `rewardlab runs`."""

    out: Out = "results"
    json: Json = False


def run(flags: Flags) -> Answer:
    """List them."""
    from rewardlab.training.lineage import lineage

    nodes = lineage(flags.out)
    entries = [entry(node.run) for node in nodes]
    if not entries:
        return Answer({"runs": []}, f"no runs in {flags.out}")
    rows = [
        (
            "  " * (node.depth - 1) + "└ " * (node.depth > 0) + told["id"],
            told["task"],
            told["status"],
            _steps(node.run.record, told["status"]),
            success_of(told),
        )
        for node, told in zip(nodes, entries, strict=True)
    ]
    return Answer({"runs": entries}, Table(("run", "task", "status", "steps", "success"), rows))


def entry(run: Run) -> dict[str, Any]:
    """Return what `--json` says about a run."""
    record = run.record
    measured = read_json(run.path / "evaluation.json") or (run.evaluations or [{}])[-1]
    return {
        "id": run.id,
        "path": str(run.path),
        "task": record["task"],
        "status": run.status,
        "program_id": record["program_id"],
        "parent": record["parent"],
        "n_timesteps": record["n_timesteps"],
        "success": measured.get("success"),
        "success_ci": measured.get("success_ci"),
    }


def _steps(record: dict[str, Any], status: str) -> str:
    """Return how many steps a run is about and, unless it finished, how many of them are saved."""
    whole = f"{record['n_timesteps']:,}"
    return whole if status == "finished" else f"{record.get('steps', 0):,} of {whole}"


def success_of(told: dict[str, Any]) -> str:
    """Return an entry's success rate for people; empty while it is not known."""
    return "" if told["success"] is None else percent(told["success"], told["success_ci"])
