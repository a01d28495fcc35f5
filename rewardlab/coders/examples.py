"""Solved examples for few-shot prompts, chosen by likeness of the task and never leaking it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rewardlab.coders.base import Example
from rewardlab.coders.kin import absent, akin
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
        scene_of: Gives the scene of another task, `None` where it is not known. Without it only
            examples are shown that read as valid in `scene`.
    """

    goal: str
    task_id: str
    env_id: str
    scene: Schema
    frozen: Collection[str] = ()
    scene_of: Callable[[str], Schema | None] = lambda task_id: None


class Shown(NamedTuple):
    """An example that was chosen.

    Attributes:
        score: How much its goal is like the asked one, in [0, 1].
        entry: The program with its task.
        absent: Members that it reads and that the asked scene lacks.
    """

    score: float
    entry: Solved
    absent: tuple[str, ...] = ()


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

    Programs that read as valid in the asked task's scene come first. Where they are fewer than
    `k`, there follow programs of scenes with the same robot, or one of its family, of which the
    asked scene refuses nothing but members that it lacks; each example names these. (The
    pipeline's specification wants only examples that pass the asked task's validator. But so the
    seven tabletop tasks, on which few-shot was published, would get none of each other's: each of
    their scenes has members of its own.)

    Never shown is what could give the answer away: programs of the asked task, or of its
    environment under another suite's name (two tasks that one suite gives the same environment,
    e.g. two behaviours of a robot, are two tasks); a goal nearly the same as the asked one; twins
    of any of these programs, or of those of frozen tasks. Nor are twins of what is shown already.

    The published tasks were once banned as examples altogether; now their programs serve each
    other, left out one by one, and whoever evaluates on several names these as `frozen`.

    Args:
        query: What is asked.
        k: How many at most.
        among: The entries to choose from; by default the packaged and the user's library.
    """
    shelf = own()
    entries = _distinct([*reference(), *shelf.entries]) if among is None else list(among)
    secret = [entry for entry in entries if _is_secret(entry, query)]
    shown, dropped = _choose(_ranked(entries, query), query, secret, k)
    assert not any(_leak(one.entry, query, secret) for one in shown)
    return Retrieved(
        tuple(Example(e.task_id, e.goal, e.source, absent=absent) for _, e, absent in shown),
        {
            "k": k,
            "by": "TF-IDF of runs of 3 to 5 characters of the goal",
            "frozen": sorted(query.frozen),
            "shown": [_fact(one) for one in shown],
            "dropped": [{"task": e.task_id, "id": e.id[:12], "why": why} for e, why in dropped],
            "broken": [broken._asdict() for broken in shelf.broken] if among is None else [],
        },
    )


def _ranked(entries: Sequence[Solved], query: Query) -> list[tuple[float, Solved]]:
    scores = similarities(query.goal, [entry.goal for entry in entries])
    pairs = zip(scores, entries, strict=True)
    return sorted(pairs, key=lambda pair: (-pair[0], pair[1].task_id, pair[1].id))


def _choose(
    ranked: Sequence[tuple[float, Solved]], query: Query, secret: Sequence[Solved], k: int
) -> tuple[list[Shown], list[tuple[Solved, str]]]:
    """Return what is shown, and what is not and why: first what fits, then what is akin."""
    shown: list[Shown] = []
    dropped: list[tuple[Solved, str]] = []
    refused: list[tuple[float, Solved, str]] = []
    for score, entry in ranked:
        if len(shown) == k:
            break
        why = _leak(entry, query, secret) or _twin(entry, shown)
        error = "" if why else _error(entry, query)
        if error:
            refused.append((score, entry, error))
        elif why:
            dropped.append((entry, why))
        else:
            shown.append(Shown(score, entry))
    for score, entry, error in refused:
        twin = _twin(entry, shown)
        lacks = () if twin or len(shown) == k else _absent(entry, query)
        if lacks:
            shown.append(Shown(score, entry, lacks))
        else:
            dropped.append((entry, twin or f"the asked scene refuses it: {error}"))
    return shown, dropped


def _fact(shown: Shown) -> dict[str, Any]:
    score, entry, absent = shown
    why = "its robot is of the same family" if absent else "it reads as valid in the asked scene"
    fact = {"task": entry.task_id, "id": entry.id[:12], "score": round(score, 4), "why": why}
    return fact | ({"absent": list(absent)} if absent else {})


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


def _twin(entry: Solved, shown: Sequence[Shown]) -> str:
    """Return why an entry is of no use beside those shown, `""` if it is."""
    for other in (one.entry for one in shown):
        if likeness(entry.goal, other.goal) >= NEAR_DUPLICATE or twins(entry.source, other.source):
            return f"it is a twin of {other.task_id}, which is shown"
    return ""


def _error(entry: Solved, query: Query) -> str:
    """Return the first error of an entry's program in the asked scene, `""` if there is none."""
    errors = (f for f in read(entry.source, query.scene).findings if f.severity == "error")
    first = next(errors, None)
    return one_line(str(first), 200) if first else ""


def _absent(entry: Solved, query: Query) -> tuple[str, ...]:
    """Return what a program of a like robot reads and the asked scene lacks, if it is only that."""
    scene = query.scene_of(entry.task_id)
    if scene is None or not akin(scene, query.scene):
        return ()
    return absent(entry.source, scene, query.scene)


def _suite(task_id: str) -> str:
    return task_id.partition("/")[0]
