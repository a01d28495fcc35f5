"""What a person answered after each round, independent of the runs' names, to be said again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from rewardlab.coders.replay import family
from rewardlab.design.feedback import UNDECIDED
from rewardlab.errors import UsageError
from rewardlab.store.files import read_json

FILE = "comments.txt"
"""Name of the answers beside recorded replies."""
CHOICES = ("left", "right", *UNDECIDED)


class Said(NamedTuple):
    """What is said about a run.

    Attributes:
        comment: What should change; `""` for no words.
        rating: 1 (useless) to 5 (just right).
        choice: Which of two clips is better: `"left"` (the run before), `"right"` (this one),
            `"equal"` or `"neither"`.
        seen: What the policy does, in words.
    """

    comment: str = ""
    rating: int | None = None
    choice: str | None = None
    seen: str = ""

    @property
    def words(self) -> str:
        """It on one line; `""` if nothing was said."""
        rated = f"rated {self.rating} of 5" if self.rating else ""
        chosen = f"better clip: {self.choice}" if self.choice else ""
        return ", ".join(part for part in (self.comment, rated, chosen) if part)

    def arguments(self, run: str, other: str | None) -> dict[str, Any]:
        """Return it as arguments of `refine`, for a run and the one that it is compared with."""
        chosen = {}
        if self.choice is not None and other is not None:
            prefer = {"left": other, "right": run}.get(self.choice, self.choice)
            chosen = {"prefer": prefer, "other": other}
        return {
            "comment": self.comment or None,
            "rating": self.rating,
            "seen": self.seen or None,
            **chosen,
        }


def answer_of(entry: dict[str, Any]) -> Said:
    """Return the answer that an entry of `feedback.json` holds."""
    prefer, other = entry.get("prefer"), entry.get("other")
    choice = None
    if prefer is not None:
        choice = prefer if prefer in UNDECIDED else "left" if prefer == other else "right"
    return Said(entry.get("comment") or "", entry.get("rating"), choice, entry.get("seen") or "")


def read_answers(path: str | Path) -> list[Said]:
    """Return the answers of recorded rounds, in their order.

    Args:
        path: A file with an answer per line, in words or as JSON with the fields of `Said`; a
            folder with such a file, `comments.txt`; or the run folder of the first round.

    Raises:
        UsageError: A line is neither, or the file cannot be read.
    """
    path = Path(path)
    if path.is_dir() and not (path / FILE).exists():
        return _recorded(path)
    path = path / FILE if path.is_dir() else path
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the comments in {path}: {error}") from error
    return [_read(line, f"{path}, line {i}") for i, line in enumerate(lines, 1) if line.strip()]


def _recorded(folder: Path) -> list[Said]:
    said = []
    for run in family(folder)[:-1]:
        if (read_json(run / "run.json") or {}).get("status") != "failed":  # that one was repaired
            said.append(answer_of(read_json(run / "feedback.json") or {}))
    return said


def _read(line: str, where: str) -> Said:
    if not line.lstrip().startswith("{"):
        return Said(line.strip())
    try:
        answer = Said(**json.loads(line))
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"{where}: expected words, or JSON with {', '.join(Said._fields)} ({error})"
        ) from error
    if answer.choice not in (None, *CHOICES):
        raise UsageError(f"{where}: a choice is one of {', '.join(CHOICES)}: {answer.choice!r}")
    return answer
