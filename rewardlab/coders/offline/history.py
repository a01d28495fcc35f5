"""What was said before a request: which candidate to start from and which comments to apply."""

from __future__ import annotations

from typing import Any, NamedTuple

from rewardlab.coders.base import Request
from rewardlab.errors import GoalNotUnderstood

FOREIGN = (
    "The parent program was not written by this composer, which cannot edit it: this one is "
    "composed anew from the goal and the comments."
)


class History(NamedTuple):
    """Where a refinement starts.

    Attributes:
        sample: Index of the candidate.
        earlier: Comments that led to the parent, oldest first.
        comment: The new one; `None` when not refining.
        remark: What a reader of the program should know about its parent.
    """

    sample: int
    earlier: tuple[str, ...] = ()
    comment: str | None = None
    remark: str = ""


def recall(request: Request) -> History:
    """Gather comments from the parent's own plan, or from the rounds if another coder wrote it.

    Raises:
        GoalNotUnderstood: The last round has no comment in words.
    """
    if not request.rounds:
        return History(request.sample)
    *past, last = request.rounds
    comment = last.feedback.strip()
    if not comment:
        raise GoalNotUnderstood(
            "the offline composer refines by a comment in words, and there is none, e.g. "
            "'too slow' or 'keep the gripper open'"
        )
    plan = last.program.notes.get("plan")
    if last.program.origin == "offline" and isinstance(plan, dict):
        return History(_sample(plan), _comments(plan), comment)
    said = tuple(words for r in past if (words := r.feedback.strip()))
    return History(request.sample, said, comment, FOREIGN)


def _sample(plan: dict[str, Any]) -> int:
    sample = plan.get("sample")
    return sample if isinstance(sample, int) and sample >= 0 else 0


def _comments(plan: dict[str, Any]) -> tuple[str, ...]:
    changes = plan.get("changes")
    entries = changes if isinstance(changes, list | tuple) else ()
    return tuple(e["comment"] for e in entries if isinstance(e, dict) and "comment" in e)
