"""From a goal in words to reward programs that passed validation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rewardlab.coders.base import Coder, Example, Request
from rewardlab.coders.select import make_coder
from rewardlab.coders.text import GOAL_LIMIT
from rewardlab.config import Sandbox, check_seed
from rewardlab.design.asking import OnEvent
from rewardlab.design.budget import Budget
from rewardlab.design.candidate import Candidate, Loop, quiet
from rewardlab.design.recalling import correcting
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
    frozen: Collection[str] = (),
    max_calls: int | None = None,
    max_tokens: int | None = None,
    sandbox: Sandbox = "auto",
    allow_degraded: bool = False,
    record: Path | str | None = None,
    corrections: Path | str | None = None,
    memory: int = 0,
    mend: bool = False,
    on_event: OnEvent = quiet,
) -> list[RewardProgram]:
    """Write reward programs for a goal and return those that pass validation.

    Args:
        task: A task or its id.
        goal: What to reward, in words; by default the task's own sentence.
        coder: `"openai"`, `"offline"`, `"replay:PATH"`, `"auto"` or a coder.
        n: How many candidates to ask for; those that fail or repeat another one are left out. A
            chat model is asked for up to four at a time; the programs keep their order.
        few_shot: How many solved examples of other tasks to show to a chat model.
        max_repairs: How often the findings on a candidate are sent back.
        model: Model name for a chat model.
        seed: Makes candidates of one seed differ from those of another.
        frozen: Ids of tasks of which no example may be shown, as in `Query`.
        max_calls: As in `Budget`.
        max_tokens: As in `Budget`.
        sandbox: As in `validate`.
        allow_degraded: As in `validate`.
        record: Folder into which every call is written at once.
        corrections: File into which every draft goes with what was wrong with it and what came
            next; by default `$REWARDLAB_CORRECTIONS`, else one in the user's data folder; `"off"`
            keeps none.
        memory: How many corrections of other tasks from that file to show to a chat model; if any,
            it is also told which names were invented in this environment before.
        mend: Repair by rules what leaves no doubt, those learnt from corrections among them,
            before the coder is asked to; each repair is validated.
        on_event: Told what happens, as `(kind, line)`.

    Raises:
        ProgramRefused: No candidate passed; with the last verdict.
        CoderError: The coder's service failed, or no reply held code.
        GoalNotUnderstood: The offline composer cannot ground the goal.
        SandboxError: The jail does not work here.
    """
    task = as_task(task)
    check_seed(seed)
    goal = task.goal if goal is None else goal
    goal = check_request(goal, n=n, few_shot=few_shot, max_repairs=max_repairs)
    loop = Loop(
        coder=make_coder(coder, model=model),
        check=lambda program: validate(
            program, task, seed=seed, sandbox=sandbox, allow_degraded=allow_degraded
        ),
        max_repairs=max_repairs,
        transcript=Transcript(Path(record) if record is not None else None),
        on_event=on_event,
        budget=Budget(max_calls, max_tokens),
        correcting=correcting(
            task, corrections=corrections, memory=memory, mend=mend, frozen=frozen
        ),
    )
    request = first_request(task, goal, seed=seed)
    if few_shot and loop.coder.name == "offline":
        on_event("note", "no examples are shown: the offline composer does not read any")
    elif few_shot:
        request = _with_examples(request, task.env_id, few_shot, frozen, on_event)
    requests = [replace(request, sample=sample) for sample in range(n)]
    return programs_of(run_loop(loop, requests), on_event)


def run_loop(
    loop: Loop, requests: Sequence[Request], *, parent: RewardProgram | None = None
) -> list[Candidate]:
    """Run a loop, and tell what of earlier corrections could not be read and where its own went."""
    journal = loop.correcting.journal
    for line, why in journal.skipped:
        loop.on_event("note", f"{journal.file}: line {line} is broken and skipped: {why}")
    try:
        return loop.run(requests, parent=parent)
    finally:
        if journal.kept:
            kept = "correction" if journal.kept == 1 else "corrections"
            loop.on_event("note", f"{journal.kept} {kept} written to {journal.file}")
        if journal.trouble:
            loop.on_event("note", f"corrections are not kept: {journal.trouble}")


def first_request(task: Task, goal: str, *, seed: int) -> Request:
    """Return the request that starts a candidate."""
    return Request(
        task_id=task.id,
        goal=goal,
        scene=task.scene,
        description=task.describe(),
        tips=task.tips,
        seed=seed,
    )


def programs_of(candidates: Iterable[Candidate], on_event: OnEvent) -> list[RewardProgram]:
    """Return the distinct programs of the candidates that passed, in their order.

    Why others failed is told, but not what is raised: whoever called prints that.

    Raises:
        ProgramRefused: None passed.
        CoderError: None passed and the service failed, or no reply held code.
    """
    passed: dict[str, RewardProgram] = {}
    last: Candidate | None = None
    for candidate in candidates:
        if candidate.program is None:
            if last is not None and last.reason != candidate.reason:
                on_event("failed", last.reason)
            last = candidate
        elif candidate.program.id in passed:
            on_event("note", "this candidate equals an earlier one and is left out")
        else:
            passed[candidate.program.id] = candidate.program
    if last is not None and not passed:
        raise _refusal(last)
    if last is not None:
        on_event("failed", last.reason)
    return list(passed.values())


def credit(program: RewardProgram) -> str:
    """Say who wrote a program, plainly where it was no model."""
    if program.origin != "offline":
        return f"Written by {program.origin}."
    said = program.notes.get("coder", "Written by the offline composer.")
    return f"{said} To ask a language model, set OPENAI_API_KEY."


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
    if not goal:
        raise UsageError(
            "the goal is empty: say what the robot should do; left out, it is the task's own "
            "sentence, where there is one (gym/… tasks have none)"
        )
    if len(goal) > GOAL_LIMIT:
        raise UsageError(f"a goal has at most {GOAL_LIMIT} characters, this one {len(goal)}")
    return goal


def _with_examples(
    request: Request, env_id: str, k: int, frozen: Collection[str], tell: OnEvent
) -> Request:
    from rewardlab.coders.examples import Query, retrieve
    from rewardlab.envs.tasks import scene_of

    query = Query(request.goal, request.task_id, env_id, request.scene, frozen, scene_of)
    found = retrieve(query, k)
    for broken in found.record["broken"]:
        tell("note", f"library entry {broken['name']} is broken and skipped: {broken['why']}")
    dropped = found.record["dropped"]
    misfits = sum("scene refuses" in left["why"] for left in dropped)
    names = ", ".join(map(_named, found.examples))
    fewer = (
        f"; {k} were asked for: the library has {len(found.examples) + len(dropped)}, this scene "
        f"refuses {misfits} of them, {len(dropped) - misfits} are too like this task or each other"
    )
    few = fewer if len(found.examples) < k else ""
    tell("note", f"examples shown: {names or 'none'}{few}")
    return replace(request, examples=found.examples, retrieval=found.record)


def _named(example: Example) -> str:
    lacks = f" (not in this scene: {', '.join(example.absent)})" if example.absent else ""
    return example.task_id + lacks


def _refusal(last: Candidate) -> CoderError | ProgramRefused:
    if last.verdict is not None:
        return ProgramRefused(f"no program passed validation: {last.reason}", last.verdict)
    return last.error or CoderError(
        f"no reply held a program: {last.reason}; try another model, or --coder offline"
    )
