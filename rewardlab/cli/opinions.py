"""What a person says between rounds: asked on the terminal, or read from what was said before."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rewardlab.cli.answer import note

if TYPE_CHECKING:
    from rewardlab.cli.run import Flags
    from rewardlab.design.feedback import Feedback
    from rewardlab.training.run import Run

_KEYS = {"l": "left", "r": "right", "e": "equal", "n": "neither"}


def recorded(flags: Flags) -> list[Feedback] | None:
    """Return the answers that are given again, `None` if a person is asked."""
    from rewardlab.design.answers import read_answers

    if flags.comments is not None:
        return read_answers(flags.comments)
    kind, _, folder = flags.coder.partition(":")
    if kind != "replay" or flags.yes:
        return None
    return read_answers(folder) or None if Path(folder).is_dir() else None


def ask(run: Run, other: Run | None) -> Feedback | None:
    """Ask what a person thinks of a run; `None` for the end.

    An empty answer, or nobody there to answer, is the end; after a choice or a rating it is not.
    """
    from rewardlab.design.feedback import Feedback

    rating, choice = None, choose(run, other) if other else None
    enough = "go by what was measured" if choice else "stop"
    words = _read(f"What should change? Say it in words, or rate it 1 to 5. (empty: {enough})")
    if words in {"1", "2", "3", "4", "5"}:
        rating = int(words)
        words = _read("And what should change? (empty: go by what was measured)")
    if not (words or rating or choice):
        return None
    return Feedback(words or None, rating, choice, other="left" if choice else None)


def filmed_before(run: Run) -> Run | None:
    """Return the run of the round before, if both have a clip to look at."""
    from rewardlab.design.standing import before

    other = before(run)
    both = other and all((r.path / "video.mp4").exists() for r in (other, run))
    return other if both else None


def choose(run: Run, other: Run) -> str | None:
    """Ask which of two clips is better: left (`other`), right (`run`), equal or neither."""
    for side, shown in (("left ", other), ("right", run)):
        note(f"{side}  {shown.path / 'video.mp4'}")
    question = "Which clip is better? left, right, equal, neither (empty: do not compare)"
    while said := _read(question):
        chosen = _KEYS.get(said[0].lower())
        if chosen and chosen.startswith(said.lower()):
            return chosen
        note(f"not a choice: {said!r}")
    return None


def _read(question: str) -> str:
    note(question)
    print("> ", end="", file=sys.stderr, flush=True)  # stdout is for the answer alone
    try:
        return input().strip()
    except EOFError:
        note("")
        return ""
