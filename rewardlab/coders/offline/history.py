"""What was said before a request: which candidate to start from and which comments to apply."""

from __future__ import annotations

from typing import Any, NamedTuple

from rewardlab.coders.base import Request

_ANEW = (
    "which cannot edit it: this one is composed anew from the goal and what was said, and takes "
    "nothing over."
)
FOREIGN = f"The parent program was not written by this composer, {_ANEW}"
QUOTED = f"The parent program is the reference library's, not written by this composer, {_ANEW}"
UNSAID = (
    "Nobody said in words what should change, and the composer understands nothing else: this is "
    "its next variant for the same goal."
)


class History(NamedTuple):
    """Where a refinement starts.

    Attributes:
        sample: Index of the candidate.
        earlier: Comments that led to the parent, oldest first.
        comment: The new one; `None` if there is none.
        remark: What a reader of the program should know about its parent.
    """

    sample: int
    earlier: tuple[str, ...] = ()
    comment: str | None = None
    remark: str = ""


def recall(request: Request) -> History:
    """Gather comments from the parent's own plan, or from the rounds if another coder wrote it.

    Without a new comment the next variant of the parent is due.
    """
    if not request.rounds:
        return History(request.sample, remark=FOREIGN if request.attempt else "")
    *past, last = request.rounds
    comment = last.feedback.strip() or None
    plan = last.program.notes.get("plan")
    if last.program.origin == "offline" and isinstance(plan, dict):
        if comment is None:
            return History(_sample(plan) + 1, _comments(plan), None, UNSAID)
        return History(_sample(plan), _comments(plan), comment)
    quoted = last.program.origin == "offline"  # from the reference library
    said = tuple(words for r in past if (words := r.feedback.strip()))
    unsaid = "" if comment else " Nobody said in words what should change."
    return History(request.sample, said, comment, (QUOTED if quoted else FOREIGN) + unsaid)


def _sample(plan: dict[str, Any]) -> int:
    sample = plan.get("sample")
    return sample if isinstance(sample, int) and sample >= 0 else 0


def _comments(plan: dict[str, Any]) -> tuple[str, ...]:
    changes = plan.get("changes")
    entries = changes if isinstance(changes, list | tuple) else ()
    return tuple(e["comment"] for e in entries if isinstance(e, dict) and "comment" in e)
