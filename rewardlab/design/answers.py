"""What a person answered after each round, independent of the runs' names, to be said again."""

from __future__ import annotations

import json
from pathlib import Path

from rewardlab.coders.replay import family
from rewardlab.design.feedback import SIDES, UNDECIDED, Feedback
from rewardlab.errors import UsageError
from rewardlab.store.files import read_json

FILE = "comments.txt"
"""Name of the answers beside recorded replies."""
CHOICES = (*SIDES, *UNDECIDED)
_FIELDS = ("comment", "rating", "choice", "seen")


def read_answers(path: str | Path) -> list[Feedback]:
    """Return the answers of recorded rounds, in their order.

    Args:
        path: A file with an answer per line, in words or as JSON with `comment`, `rating`,
            `choice` and `seen`; a folder with such a file, `comments.txt`; or the run folder of the
            first round.

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


def _recorded(folder: Path) -> list[Feedback]:
    said = []
    for run in family(folder)[:-1]:
        if (read_json(run / "run.json") or {}).get("status") != "failed":  # that one was repaired
            said.append(Feedback.from_json(read_json(run / "feedback.json") or {}).aside())
    return said


def _read(line: str, where: str) -> Feedback:
    if not line.lstrip().startswith("{"):
        return Feedback(line.strip())
    try:
        return _answer(**json.loads(line))
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"{where}: expected words, or JSON with {', '.join(_FIELDS)} ({error})"
        ) from error
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error


def _answer(
    comment: str = "", rating: int | None = None, choice: str | None = None, seen: str = ""
) -> Feedback:
    if choice not in (None, *CHOICES):
        raise UsageError(f"a choice is one of {', '.join(CHOICES)}: {choice!r}")
    other = "left" if choice else None
    return Feedback(comment or None, rating, choice, seen or None, other)
