"""What was learnt from corrections, put into requests, and made into rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rewardlab.coders.base import Request
from rewardlab.coders.corrections.file import read
from rewardlab.coders.corrections.memory import Wanted, remember
from rewardlab.coders.corrections.record import Correction
from rewardlab.coders.corrections.substitutions import avoided, learnt
from rewardlab.design.correcting import (
    Correcting,
    Explore,
    Recall,
    as_it_is,
    journal_of,
    no_rules,
    nothing,
)
from rewardlab.design.mending import rules
from rewardlab.design.severity import worst
from rewardlab.errors import UsageError

if TYPE_CHECKING:
    from rewardlab.envs.tasks import Task

K = 2
"""Corrections shown where they are asked for."""


def correcting(
    task: Task,
    *,
    corrections: str | Path | None = None,
    memory: int = 0,
    mend: bool = False,
    frozen: Collection[str] = (),
    explore: Explore = nothing,
) -> Correcting:
    """Return how a loop on a task corrects.

    Args:
        task: The task.
        corrections: See `corrections_file`.
        memory: Corrections of other tasks to show, and if any, what to avoid in this environment.
        mend: Repair by rules what leaves no doubt; learnt substitutions are among them.
        frozen: Tasks of which none may be shown.
        explore: Finds what validation does not, see `explorer`.

    Raises:
        UsageError: `memory` is negative.
        StorageError: The file cannot be read.
    """
    if memory < 0:
        raise UsageError(f"memory must be at least 0, got {memory}")
    journal = journal_of(task, corrections)
    known: tuple[Correction, ...] = ()
    if journal.file and (memory or mend):
        known, journal.skipped = read(journal.file)
    return Correcting(
        journal,
        explore=explore,
        mend=rules(learnt(known, task.suite)) if mend else no_rules,
        recall=recall(task, known, memory, frozen=frozen) if memory else as_it_is,
    )


def recall(
    task: Task, records: Sequence[Correction], k: int, *, frozen: Collection[str] = ()
) -> Recall:
    """Return what adds corrections to a request: `k` that fit, and names to avoid."""
    avoid = tuple((found.wrong, found.right) for found in avoided(records, task.env_id))

    def add(request: Request) -> Request:
        finding = worst(request.attempt.findings) if request.attempt else None
        code, message = (finding.code, finding.message) if finding else ("", "")
        wanted = Wanted(
            request.goal, task.id, task.env_id, task.suite, code, message, frozen=frozen
        )
        shown = tuple(one.record for one in remember(records, wanted, k))
        return replace(request, corrections=shown, avoid=avoid)

    return add
