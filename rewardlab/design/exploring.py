"""Exploring what a valid program pays: on many states (E7), and beside a teacher (E8)."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from rewardlab.config import Sandbox
from rewardlab.design.correcting import Explore, Explored, nothing
from rewardlab.design.judging import degenerate, judge
from rewardlab.design.lesson import Lesson, record_lesson
from rewardlab.design.validate import probe_rows
from rewardlab.design.verdict import Verdict
from rewardlab.errors import RewardFault, UnknownName
from rewardlab.program.finding import Finding
from rewardlab.program.program import RewardProgram
from rewardlab.program.schema import Schema
from rewardlab.sandbox.batch import Array

if TYPE_CHECKING:
    from rewardlab.envs.tasks import Task

Teachers = Literal["none", "free", "guided", "both"]
TEACHERS = ("none", "free", "guided", "both")
K = 256
"""States of random rollouts on which a program is looked at."""
MOVES = 1e-3
"""Spread from which on a goal counts as moving [m]."""


def explorer(
    task: Task,
    teachers: Teachers = "both",
    *,
    seed: int = 0,
    sandbox: Sandbox = "auto",
    allow_degraded: bool = False,
) -> Explore:
    """Return what finds errors that validation does not.

    Args:
        task: The task.
        teachers: `"free"`: what is degenerate on many states. `"guided"`: what is ordered against
            the task's expert, where it has one. `"both"` or `"none"` of these.
        seed: Fixes states and lessons, which are recorded once per task.
        sandbox: As in `validate`.
        allow_degraded: As in `validate`.

    Raises:
        UnknownName: There is no such way.
    """
    if teachers not in TEACHERS:
        raise UnknownName("teachers", teachers, TEACHERS)
    if teachers == "none":
        return nothing

    def explore(program: RewardProgram, verdict: Verdict) -> Explored:
        from rewardlab.sandbox.runner import RewardRunner

        lesson = lesson_of(task, seed) if teachers != "free" else None
        held = {"sandbox": sandbox, "allow_degraded": allow_degraded}
        try:
            with RewardRunner(program, task.scene, **held) as runner:  # type: ignore[arg-type]
                if teachers != "guided":
                    found = _free(runner, program, verdict, task, seed)
                    if found:
                        return Explored(found)
                if lesson is None:
                    return Explored()
                judged = judge(lesson, runner.evaluate(lesson.rows), task.scene)
        except RewardFault as fault:
            return Explored((_as_finding(fault),))
        score = judged.pairs if math.isnan(judged.auroc) else (judged.pairs + judged.auroc) / 2
        return Explored(judged.findings, score)

    return explore


@lru_cache(maxsize=8)
def lesson_of(task: Task, seed: int) -> Lesson | None:
    """Return the lesson of a task, recorded once per process."""
    return record_lesson(task, seed=seed)


@lru_cache(maxsize=8)
def many_states(task: Task, seed: int) -> Array:
    """Return the states of the probe and `K` more of random rollouts, made once per process."""
    from rewardlab.envs.states import real_states

    more = real_states(task, n=K, seed=seed + 1).rows
    return np.concatenate((probe_rows(task, seed).rows, more))


def with_other_goals(rows: Array, scene: Schema) -> Array | None:
    """Return rows with goals of other ones; `None` if the scene has none that moves."""
    goals = [
        slot for path, slot in scene.layout.items() if path.rpartition(".")[2].startswith("goal")
    ]
    at = [i for slot in goals for i in range(slot.start, slot.stop)]
    if not at or np.ptp(rows[:, at], axis=0).max() < MOVES:
        return None
    moved, size = rows.copy(), scene.size
    for block in range(3):
        columns = [block * size + i for i in at]
        moved[:, columns] = np.roll(rows[:, columns], len(rows) // 2, axis=0)
    return moved


def _free(
    runner: object, program: RewardProgram, verdict: Verdict, task: Task, seed: int
) -> tuple[Finding, ...]:
    from rewardlab.sandbox.runner import RewardRunner

    assert isinstance(runner, RewardRunner)
    rows = many_states(task, seed)
    moved = None if re.search(r"\bobs\b", program.source) else with_other_goals(rows, task.scene)
    paid = None if moved is None else runner.evaluate(moved)
    return degenerate(verdict.findings, runner.evaluate(rows), paid)


def _as_finding(fault: RewardFault) -> Finding:
    record = fault.record
    return Finding(
        str(record.get("code", "RewardRuntimeError")),
        str(record.get("message", fault)),
        line=record.get("line"),
        hint=str(record.get("hint") or ""),
        state=record.get("read"),
    )
