"""Practice: a coder writes programs for a task, its errors are explored and corrections kept."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rewardlab.coders.base import Coder
from rewardlab.coders.select import make_coder
from rewardlab.config import Sandbox, check_seed
from rewardlab.design.asking import OnEvent
from rewardlab.design.budget import Budget
from rewardlab.design.candidate import Loop, quiet
from rewardlab.design.exploring import Teachers, explorer
from rewardlab.design.generate import check_request, first_request, run_loop
from rewardlab.design.practised import Row, read_rows, row_of
from rewardlab.design.recalling import K, correcting
from rewardlab.design.transcript import Transcript
from rewardlab.design.validate import as_task, validate
from rewardlab.errors import UsageError
from rewardlab.program.program import id_of
from rewardlab.store.files import append_json

if TYPE_CHECKING:
    from rewardlab.envs.tasks import Task


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What makes two practices one.

    Attributes:
        task: Id of the task.
        goal: What is asked.
        coder: Who writes: its name, and its model if it has one.
        rounds: How often findings go back.
        teachers: Who looks for errors, see `explorer`.
        memory: Corrections shown.
        mend: Whether rules repair.
        seed: The seed.
    """

    task: str
    goal: str
    coder: str
    rounds: int
    teachers: str
    memory: int
    mend: bool
    seed: int

    @property
    def folder(self) -> str:
        """A name for its folder, which no other settings have."""
        short = re.sub(r"[^A-Za-z0-9]+", "-", self.task).strip("-")[:40]
        return f"{short}-{id_of(repr(self))[:8]}"


def practise(
    task: Task | str,
    goal: str | None = None,
    *,
    coder: str | Coder = "auto",
    n: int = 4,
    rounds: int = 3,
    teachers: Teachers = "both",
    memory: int = K,
    mend: bool = True,
    model: str | None = None,
    seed: int = 0,
    max_calls: int | None = None,
    max_tokens: int | None = None,
    sandbox: Sandbox = "auto",
    allow_degraded: bool = False,
    corrections: Path | str | None = None,
    out: Path | str = "results",
    on_event: OnEvent = quiet,
) -> list[Row]:
    """Let a coder write `n` programs for a task, one after the other, and learn from its errors.

    Each draft is explored, corrected and recorded before the next program is begun, which may
    already be shown corrections of other tasks and repaired by new rules. A stopped practice goes
    on where it stopped: what was written stands in `<out>/learn/<task>-<hash>/rows.jsonl`, its
    calls in `llm/` beside it.

    Args:
        task: A task or its id.
        goal: As for `generate`.
        coder: As for `generate`.
        n: How many programs.
        rounds: As `max_repairs` of `generate`.
        teachers: Who looks for errors that validation does not find: `"free"` (statistics),
            `"guided"` (the task's expert), `"both"` or `"none"`.
        memory: As for `generate`.
        mend: As for `generate`.
        model: As for `generate`.
        seed: As for `generate`.
        max_calls: As in `Budget`, for each program.
        max_tokens: As in `Budget`, for each program.
        sandbox: As for `validate`.
        allow_degraded: As for `validate`.
        corrections: As for `generate`.
        out: Folder of results.
        on_event: Told what happens.

    Returns:
        A row for each program, those of earlier calls too.

    Raises:
        CoderError: The coder's service failed, or the budget is used up; rows so far are kept.
        GoalNotUnderstood: The offline composer cannot ground the goal.
        SandboxError: The jail does not work here.
    """
    task = as_task(task)
    check_seed(seed)
    if rounds < 0:
        raise UsageError(f"rounds must be at least 0, got {rounds}")
    goal = check_request(task.goal if goal is None else goal, n=n)
    writer = make_coder(coder, model=model)
    settings = Settings(
        task=task.id,
        goal=goal,
        coder=":".join(filter(None, (writer.name, getattr(writer, "model", "")))),
        rounds=rounds,
        teachers=teachers,
        memory=memory,
        mend=mend,
        seed=seed,
    )
    folder = Path(out) / "learn" / settings.folder
    explore = explorer(task, teachers, seed=seed, sandbox=sandbox, allow_degraded=allow_degraded)
    done = {row.sample: row for row in read_rows(folder / "rows.jsonl")}
    for sample in (i for i in range(n) if i not in done):
        on_event("note", f"program {sample + 1} of {n}")
        loop = Loop(
            coder=writer,
            check=lambda program: validate(
                program, task, seed=seed, sandbox=sandbox, allow_degraded=allow_degraded
            ),
            max_repairs=rounds,
            transcript=Transcript(folder / "llm"),
            on_event=on_event,
            budget=Budget(max_calls, max_tokens),
            correcting=correcting(
                task, corrections=corrections, memory=memory, mend=mend, explore=explore
            ),
        )
        request = replace(first_request(task, goal, seed=seed), sample=sample)
        found = run_loop(loop, [request])
        if found[0].error is not None:
            raise found[0].error
        done[sample] = row_of(sample, found[0])
        append_json(
            folder / "rows.jsonl", {**asdict(settings), **done[sample].to_json()}, private=True
        )
    return [done[sample] for sample in range(n)]
