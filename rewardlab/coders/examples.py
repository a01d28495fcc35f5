"""Solved examples for few-shot prompts, chosen by likeness of the task and never leaking it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rewardlab.coders.base import Example
from rewardlab.coders.library import Solved, own, reference
from rewardlab.coders.likeness import NEAR_DUPLICATE, likeness, similarities, twins
from rewardlab.coders.text import one_line
from rewardlab.program.reading import read
from rewardlab.program.schema import Schema


@dataclass(frozen=True)
class Query:
    """For what examples are wanted.

    Attributes:
        goal: What is asked.
        task_id: The task that is asked about.
        env_id: Its environment.
        scene: Its scene.
        frozen: Ids of further tasks of which nothing may be shown, e.g. those that an evaluation
            compares methods on.
    """

    goal: str
    task_id: str
    env_id: str
    scene: Schema
    frozen: Collection[str] = ()


class Retrieved(NamedTuple):
    """What was found.

    Attributes:
        examples: The best first.
        record: JSON-ready: what is shown with its score, what was dropped and why, what is broken.
    """

    examples: tuple[Example, ...]
    record: dict[str, Any]


def retrieve(query: Query, k: int, *, among: Sequence[Solved] | None = None) -> Retrieved:
    """Return up to `k` examples whose goals are most like the asked one, ties by task and program.

    Never shown is what could give the answer away: programs of the asked task, or of its
    environment under another suite's name (two tasks that one suite gives the same environment,
    e.g. two behaviours of a robot, are two tasks); a goal nearly the same as the asked one; twins
    of any of these programs, or of those of frozen tasks. Nor are twins of what is shown already,
    and programs that do not read as valid in the asked task's scene.

    The published tasks were once banned as examples altogether; now their programs serve each
    other, left out one by one, and whoever evaluates on several names these as `frozen`.

    Args:
        query: What is asked.
        k: How many at most.
        among: The entries to choose from; by default the packaged and the user's library.
    """
    shelf = own()
    entries = _distinct([*reference(), *shelf.entries]) if among is None else list(among)
    scores = similarities(query.goal, [entry.goal for entry in entries])
    ranked = sorted(
        zip(scores, entries, strict=True), key=lambda item: (-item[0], item[1].task_id, item[1].id)
    )
    secret = [entry for entry in entries if _is_secret(entry, query)]
    chosen: list[tuple[float, Solved]] = []
    dropped: list[dict[str, str]] = []
    for score, entry in ranked:
        if len(chosen) == k:
            break
        why = _leak(entry, query, secret) or _misfit(entry, query, [e for _, e in chosen])
        if why:
            dropped.append({"task": entry.task_id, "id": entry.id[:12], "why": why})
        else:
            chosen.append((score, entry))
    assert not any(_leak(entry, query, secret) for _, entry in chosen)
    return Retrieved(
        tuple(Example(entry.task_id, entry.goal, entry.source) for _, entry in chosen),
        {
            "k": k,
            "by": "TF-IDF of runs of 3 to 5 characters of the goal",
            "frozen": sorted(query.frozen),
            "shown": [
                {"task": e.task_id, "id": e.id[:12], "score": round(score, 4)}
                for score, e in chosen
            ],
            "dropped": dropped,
            "broken": [broken._asdict() for broken in shelf.broken] if among is None else [],
        },
    )


def _distinct(entries: Sequence[Solved]) -> list[Solved]:
    """Drop programs that are there already: a user's library may hold packaged ones."""
    return list({entry.id: entry for entry in reversed(entries)}.values())


def _is_secret(entry: Solved, query: Query) -> bool:
    return _is_asked(entry, query) or entry.task_id in query.frozen


def _is_asked(entry: Solved, query: Query) -> bool:
    alias = entry.env_id == query.env_id and _suite(entry.task_id) != _suite(query.task_id)
    return entry.task_id == query.task_id or alias


def _leak(entry: Solved, query: Query, secret: Sequence[Solved]) -> str:
    """Return why an entry might give the answer away, `""` if it does not."""
    if _is_asked(entry, query):
        return "it is of the asked task"
    if entry.task_id in query.frozen:
        return "its task is frozen"
    if likeness(entry.goal, query.goal) >= NEAR_DUPLICATE:
        return "its goal is nearly the asked one"
    other = next((s for s in secret if twins(s.source, entry.source)), None)
    return f"it is a twin of a program of {other.task_id}" if other else ""


def _misfit(entry: Solved, query: Query, shown: Sequence[Solved]) -> str:
    """Return why an entry is of no use beside those shown, `""` if it is."""
    for other in shown:
        if likeness(entry.goal, other.goal) >= NEAR_DUPLICATE or twins(entry.source, other.source):
            return f"it is a twin of {other.task_id}, which is shown"
    errors = read(entry.source, query.scene).findings
    first = next((finding for finding in errors if finding.severity == "error"), None)
    return f"the asked scene refuses it: {one_line(str(first), 200)}" if first else ""


def _suite(task_id: str) -> str:
    return task_id.partition("/")[0]
