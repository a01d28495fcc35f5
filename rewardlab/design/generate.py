"""From a goal in words to reward programs that passed validation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rewardlab.coders.base import Coder, Example, Request
from rewardlab.coders.select import make_coder
from rewardlab.coders.text import GOAL_LIMIT
from rewardlab.config import Sandbox, check_seed
from rewardlab.design.candidate import Candidate, Loop, OnEvent, quiet
from rewardlab.design.transcript import Transcript
from rewardlab.design.validate import as_task, validate
from rewardlab.errors import CoderError, ProgramRefused, UsageError
from rewardlab.program.program import RewardProgram

if TYPE_CHECKING:
    from rewardlab.envs.tasks import Task


def generate(
    task: Task | str,
    goal: str | None = None,
    *,
    coder: str | Coder = "auto",
    n: int = 1,
    few_shot: int = 0,
    max_repairs: int = 3,
    model: str | None = None,
    seed: int = 0,
    sandbox: Sandbox = "auto",
    allow_degraded: bool = False,
    record: Path | str | None = None,
    on_event: OnEvent = quiet,
) -> list[RewardProgram]:
    """Write reward programs for a goal and return those that pass validation.

    Args:
        task: A task or its id.
        goal: What to reward, in words; by default the task's own sentence.
        coder: `"openai"`, `"offline"`, `"replay:PATH"`, `"auto"` or a coder.
        n: How many candidates to ask for; those that fail or repeat another one are left out.
        few_shot: How many solved examples of other tasks to show.
        max_repairs: How often the findings on a candidate are sent back.
        model: Model name for a chat model.
        seed: Makes candidates of one seed differ from those of another.
        sandbox: As in `validate`.
        allow_degraded: As in `validate`.
        record: Folder into which every call is written at once.
        on_event: Told what happens, as `(kind, line)`.

    Raises:
        ProgramRefused: No candidate passed; with the last verdict.
        CoderError: The coder's service failed, or no reply held code.
        GoalNotUnderstood: The offline composer cannot ground the goal.
        SandboxError: The jail does not work here.
    """
    task = as_task(task)
    check_seed(seed)
    goal = check_request(goal or task.goal, n=n, few_shot=few_shot, max_repairs=max_repairs)
    loop = Loop(
        coder=make_coder(coder, model=model) if isinstance(coder, str) else coder,
        check=lambda program: validate(
            program, task, seed=seed, sandbox=sandbox, allow_degraded=allow_degraded
        ),
        max_repairs=max_repairs,
        transcript=Transcript(Path(record) if record is not None else None),
        on_event=on_event,
    )
    request = first_request(
        task, goal, seed=seed, examples=_examples(task, goal, few_shot, on_event)
    )
    return programs_of(_candidates(loop, request, n), loop)


def first_request(
    task: Task, goal: str, *, seed: int, examples: tuple[Example, ...] = ()
) -> Request:
    """Return the request that starts a candidate."""
    return Request(
        task_id=task.id,
        goal=goal,
        scene=task.scene,
        description=task.describe(),
        tips=task.tips,
        examples=examples,
        seed=seed,
    )


def programs_of(candidates: Iterator[Candidate], loop: Loop) -> list[RewardProgram]:
    """Return the distinct programs of the candidates that passed, in their order.

    A service that fails ends the asking; it is an error only if nothing passed before.

    Raises:
        ProgramRefused: None passed.
        CoderError: None passed and the service failed, or no reply held code.
    """
    passed: dict[str, RewardProgram] = {}
    last: Candidate | None = None
    try:
        for candidate in candidates:
            if candidate.program is None:
                last = candidate
                loop.on_event("failed", candidate.reason)
            elif candidate.program.id in passed:
                loop.on_event("note", "this candidate equals an earlier one and is left out")
            else:
                passed[candidate.program.id] = candidate.program
    except CoderError as error:
        if not passed:
            raise
        loop.on_event("failed", f"no more candidates: {error}")
    if not passed and last is not None:
        raise _refusal(last)
    return list(passed.values())


def check_request(goal: str, *, n: int = 1, few_shot: int = 0, max_repairs: int = 0) -> str:
    """Return the goal without surrounding blanks, or say which argument makes no sense."""
    for name, value, least in (
        ("n", n, 1),
        ("few_shot", few_shot, 0),
        ("max_repairs", max_repairs, 0),
    ):
        if value < least:
            raise UsageError(f"{name} must be at least {least}, got {value}")
    goal = goal.strip()
    if not goal or len(goal) > GOAL_LIMIT:
        raise UsageError(
            f"a goal is a sentence of 1 to {GOAL_LIMIT} characters, got {len(goal)}; "
            "say what the robot should do"
        )
    return goal


def _candidates(loop: Loop, request: Request, n: int) -> Iterator[Candidate]:
    for sample in range(n):
        yield loop.run(replace(request, sample=sample))


def _examples(task: Task, goal: str, k: int, tell: OnEvent) -> tuple[Example, ...]:
    if not k:
        return ()
    from rewardlab.coders.examples import retrieve

    found = retrieve(goal, k, task_id=task.id, env_id=task.env_id, scene=task.scene)
    names = ", ".join(example.task_id for example in found) or "none fits this task"
    tell("note", f"examples shown: {names}")
    return found


def _refusal(last: Candidate) -> CoderError | ProgramRefused:
    if last.verdict is None:
        return CoderError(
            f"no reply held a program: {last.reason}; try another model, or --coder offline"
        )
    return ProgramRefused(f"no program passed validation: {last.reason}", last.verdict)
