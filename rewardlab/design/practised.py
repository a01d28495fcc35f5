"""What practice came to: how many programs run, and are in order, after how many corrections."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rewardlab.design.candidate import Candidate
from rewardlab.design.severity import Severity
from rewardlab.errors import StorageError
from rewardlab.evaluation.statistics import wilson

_RUNS = 2
"""Rank of E7: programs up to it pass E1 to E6."""


@dataclass(frozen=True)
class Row:
    """What came of one program.

    Attributes:
        sample: Its number.
        severities: `(rank, n)` of its drafts, each as rules left it.
        hits: Requests that showed a correction of the code to be put right.
        program_id: Of what was returned, `""` if nothing passed.
        score: Of the best draft, by the teacher.
        reason: Why it is not faultless.
    """

    sample: int
    severities: tuple[tuple[int, int], ...]
    hits: int = 0
    program_id: str = ""
    score: float = 0.0
    reason: str = ""

    def runs_at(self, r: int) -> bool:
        """Whether a draft within `r` corrections passes E1 to E6."""
        return any(rank <= _RUNS for rank, _ in self.severities[: r + 1])

    def right_at(self, r: int) -> bool:
        """Whether nothing at all is wrong with one."""
        return any(rank == 0 for rank, _ in self.severities[: r + 1])

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return {**asdict(self), "severities": [list(pair) for pair in self.severities]}


def row_of(sample: int, candidate: Candidate) -> Row:
    """Return what came of a candidate."""
    best = candidate.best
    return Row(
        sample,
        tuple(tuple(draft.severity) for draft in candidate.drafts),  # type: ignore[misc]
        candidate.hits,
        candidate.program.id if candidate.program else "",
        best.score if best else 0.0,
        candidate.reason,
    )


def read_rows(path: Path) -> list[Row]:
    """Read rows; lines that are none, e.g. half of one after a crash, are left out.

    Raises:
        StorageError: The file is there but cannot be read.
    """
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageError(f"cannot use {path}: {error.strerror or error}") from error
    return [row for line in lines if (row := _row(line)) is not None]


def _row(line: bytes) -> Row | None:
    try:
        data = json.loads(line)
        pairs = tuple(Severity(int(rank), int(n)) for rank, n in data["severities"])
        texts = (str(data["program_id"]), float(data["score"]), str(data["reason"]))
        return Row(int(data["sample"]), pairs, int(data["hits"]), *texts)
    except (ValueError, TypeError, LookupError, RecursionError):
        return None


def shares(rows: Sequence[Row], rounds: int) -> dict[str, Any]:
    """Return what practice came to, JSON-ready.

    `exec` and `sem` hold for `r = 0 … rounds` the share of programs of which a draft within `r`
    corrections passes E1 to E6, and has nothing wrong at all, each with Wilson's 95 % interval.
    """
    n = len(rows)
    return {
        "programs": n,
        "exec": [_share(sum(row.runs_at(r) for row in rows), n) for r in range(rounds + 1)],
        "sem": [_share(sum(row.right_at(r) for row in rows), n) for r in range(rounds + 1)],
        "rounds": sum(len(row.severities) - 1 for row in rows) / n if n else None,
        "hits": sum(row.hits > 0 for row in rows) / n if n else None,
        "first": _first(rows),
    }


def _share(k: int, n: int) -> dict[str, Any]:
    if not n:
        return {"share": None, "ci": None}
    return {"share": k / n, "ci": list(wilson(k, n))}


def _first(rows: Iterable[Row]) -> Mapping[str, int]:
    """Count the classes of first drafts."""
    counts: dict[str, int] = {}
    for row in rows:
        name = Severity(*row.severities[0]).error if row.severities else "none"
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))
