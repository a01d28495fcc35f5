"""The offline composer: a coder without a model, that knows a few skills and says so."""

from __future__ import annotations

from collections.abc import Iterator

from rewardlab.coders.base import Reply, Request
from rewardlab.coders.library import Solved
from rewardlab.coders.offline import arm, body
from rewardlab.coders.offline.comments import revise
from rewardlab.coders.offline.grounding import ground
from rewardlab.coders.offline.history import recall
from rewardlab.coders.offline.known import verified
from rewardlab.coders.offline.plan import Plan
from rewardlab.coders.offline.render import WRITTEN, render
from rewardlab.coders.offline.variants import vary
from rewardlab.errors import CoderError

NAME = "offline"
BANNER = "Written by the offline composer, by rule and without a language model"


class OfflineComposer:
    """Reads a goal, grounds it in the task's scene and composes a staged program by rule.

    For the task's own sentence it returns the reference library's program, which was trained, and
    says so (see `known.verified`); everything else is composed.

    The same request always gets the same reply. Candidate `request.sample` differs from the
    others in weights, shape or approach. When refining, every comment so far is applied to the
    plan of the goal, so it also continues from programs that others wrote.

    Args:
        library: Whether to use the reference library.
    """

    name = NAME

    def __init__(self, *, library: bool = True) -> None:
        self._library = library

    def write(self, request: Request) -> Reply:
        """Answer a request.

        Raises:
            GoalNotUnderstood: The goal or a comment cannot be acted on.
            CoderError: A program that it composed was refused by validation.
        """
        known = verified(request) if self._library else None
        if known is not None:
            return quote(known)
        if request.attempt is not None and _composed(request.attempt.source):
            found = "; ".join(str(finding) for finding in request.attempt.findings[:2])
            raise CoderError(
                f"the offline composer's program was refused, and it knows no other: {found}. "
                "Please report this; meanwhile use --coder openai or edit the program"
            )
        history = recall(request)
        plan = vary(ground(request), history.sample)
        return reply(revise(plan, history.earlier, history.comment), history.remark)


def quote(known: Solved) -> Reply:
    """Return a program of the reference library as a reply."""
    said = (
        f"From the reference library: the program {known.name!r} for {known.task_id}, of which "
        "this is the very sentence. No language model took part."
    )
    notes = {"coder": said, "library": known.name}
    return Reply(f"{said}\n\n```python\n{known.source.rstrip()}\n```\n", NAME, notes=notes)


def _composed(source: str) -> bool:
    return WRITTEN in " ".join(source.split())


def reply(plan: Plan, parent: str = "") -> Reply:
    """Return a plan as a reply."""
    family = arm if plan.family in ("reach", "move", "carry") else body
    source = render(plan, family.draft(plan), parent)
    said = " ".join(
        part for part in (f"{BANNER}: skill {plan.skill!r}.", parent, *told(plan)) if part
    )
    notes = {"coder": said, "plan": plan.to_json()}
    if plan.changes:
        notes["changes"] = [f"{change.comment}: {change.effect}" for change in plan.changes]
    return Reply(f"{said}\n\n```python\n{source}```\n", NAME, notes=notes)


def told(plan: Plan) -> Iterator[str]:
    """Yield what a person should know of how the goal was read, a sentence each."""
    if plan.heeded:
        effects = "; ".join(f"{change.comment!r}: {change.effect}" for change in plan.heeded)
        yield f"Heeded too: {effects}."
    if plan.ignored:
        yield f"Words of the goal that it did not use: {_quoted(plan.ignored)}."
    if plan.spared:
        yield f"Told or forbidden, not asked for, and in no term: {_quoted(plan.spared)}."
    if plan.caveat:
        yield plan.caveat


def _quoted(words: tuple[str, ...]) -> str:
    return ", ".join(repr(word) for word in words)
