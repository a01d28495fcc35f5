"""List the runs; one that trains a refined program stands under the run it came from.

Examples:
  rewardlab runs
  rewardlab runs --out elsewhere --json
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rewardlab.cli.answer import Answer, Table
from rewardlab.cli.flags import Json, Out
from rewardlab.errors import StorageError
from rewardlab.store.files import read_json
from rewardlab.store.text import percent

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
            "".join([told["task"], *(f" + {part}" for part in _beside(node.run.record))]),
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
    success, interval = _measured(run)
    return {
        "id": run.id,
        "path": str(run.path),
        "task": record["task"],
        "status": run.status,
        "program_id": record["program_id"],
        "parent": record["parent"],
        "n_timesteps": record["n_timesteps"],
        "success": success,
        "success_ci": interval,
    }


def _beside(record: dict[str, Any]) -> list[str]:
    """Return what is paid beside the task's own reward, or over a program."""
    shaping = record.get("shaping")
    parts = [f"program as {shaping}" if shaping else "", record.get("shaper") or ""]
    return [part for part in parts if part]


def _measured(run: Run) -> tuple[float | None, list[float] | None]:
    """Return the last success rate with its interval, `None` where there is none to be read."""
    try:
        last = read_json(run.path / "evaluation.json") or (run.evaluations or [{}])[-1]
    except StorageError:  # one damaged file must not hide the other runs
        return None, None
    rate, interval = last.get("success"), last.get("success_ci")
    bounds = interval if isinstance(interval, list) and len(interval) == 2 else []
    if not all(isinstance(number, int | float) for number in (rate, *bounds)):
        return None, None
    return rate, bounds or None


def _steps(record: dict[str, Any], status: str) -> str:
    """Return how many steps a run is about and, unless it finished, how many of them are saved."""
    whole = f"{record['n_timesteps']:,}"
    return whole if status == "finished" else f"{record.get('steps', 0):,} of {whole}"


def success_of(told: dict[str, Any]) -> str:
    """Return an entry's success rate for people; empty while it is not known."""
    return "" if told["success"] is None else percent(told["success"], told["success_ci"])
