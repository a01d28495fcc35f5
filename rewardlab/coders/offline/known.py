"""A verified program instead of a composed one, where the reference library has it."""

from __future__ import annotations

import re

from rewardlab.coders import library
from rewardlab.coders.base import Request
from rewardlab.coders.library import Solved
from rewardlab.coders.offline.grounding_arm import own_goal


def verified(request: Request) -> Solved | None:
    """Return the reference library's program for a request, if it is for exactly that.

    It is for the first candidate of a goal that is the task's own sentence, word for word: another
    wording may ask for something that the program does not know of. Refinements and repairs are
    composed, since only a plan can be changed.
    """
    first = not (request.rounds or request.attempt or request.sample)
    if not first or _said(request.goal) != _said(own_goal(request)):
        return None
    return next((s for s in library.reference() if s.task_id == request.task_id), None)


def _said(goal: str) -> list[str]:
    return re.findall(r"[a-z0-9.]*[a-z0-9]", goal.lower())
