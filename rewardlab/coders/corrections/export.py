"""Corrections as chat records to fine-tune a model on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rewardlab.coders.corrections.record import Correction, Told
from rewardlab.coders.templates import fenced, fill
from rewardlab.coders.text import one_line

KINDS = ("plan", "feedback", "correct")
SYSTEM = (
    "You write dense reward functions for training robot policies by reinforcement learning, "
    "and you find and correct what is wrong with them."
)


def chats(
    records: Iterable[Correction], *, describe: Callable[[str], str] = lambda task: ""
) -> Iterator[dict[str, Any]]:
    """Yield chat records: `{"kind", "id", "messages": [system, user, assistant]}`.

    Of each correction that was accepted and is not hollow: `plan`, goal to program, if the fix is
    faultless; `feedback`, program to what was found, and fix to `OK` likewise; `correct`, program
    and finding to fix. Equal records come once.

    Args:
        records: Corrections.
        describe: Gives the description of a task's scene, `""` where it is not known.
    """
    seen: set[tuple[str, str]] = set()
    for record in records:
        if not record.useful:
            continue
        for kind, user, assistant in _turns(record, describe(record.task)):
            if (user, assistant) not in seen:
                seen.add((user, assistant))
                yield {"kind": kind, "id": record.id, "messages": _messages(user, assistant)}


def _turns(record: Correction, description: str) -> Iterator[tuple[str, str, str]]:
    facts = {"description": description, "goal": record.goal}
    if record.fixed_class == "OK":
        yield "plan", fill("export.j2", {**facts, "kind": "plan"}), _answer(record.fixed)
        asked = {**facts, "kind": "feedback", "program": record.fixed}
        yield "feedback", fill("export.j2", asked), "OK"
    asked = {**facts, "kind": "feedback", "program": record.program}
    yield "feedback", fill("export.j2", asked), said(record.feedback)
    asked = {**facts, "kind": "correct", **correction_values(record)}
    yield "correct", fill("export.j2", asked), _answer(record.fixed)


def correction_values(record: Correction) -> dict[str, Any]:
    """Return the variables of `correct.j2`."""
    told = record.feedback
    return {
        "goal": record.goal,
        "program": record.program,
        "error": told.class_,
        "code": told.code,
        "line": told.line,
        "message": one_line(told.message, 500),
    }


def said(told: Told) -> str:
    """Return a finding on one line."""
    place = f" line {told.line}:" if told.line is not None else ""
    return f"{told.class_} {told.code}:{place} {one_line(told.message, 500)}"


def _answer(source: str) -> str:
    return fenced(source)


def _messages(user: str, assistant: str) -> list[dict[str, str]]:
    pairs = (("system", SYSTEM), ("user", user), ("assistant", assistant))
    return [{"role": role, "content": content} for role, content in pairs]
