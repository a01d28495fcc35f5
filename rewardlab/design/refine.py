"""From a run and what a person says about it to the next program."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from rewardlab.coders.base import Attempt, Coder, Request, Round
from rewardlab.coders.select import make_coder
from rewardlab.config import Sandbox
from rewardlab.design.asking import OnEvent
from rewardlab.design.budget import Budget
from rewardlab.design.candidate import Loop, quiet
from rewardlab.design.fault import Fault, fault_of
from rewardlab.design.feedback import UNDECIDED, Feedback
from rewardlab.design.generate import check_request, first_request, programs_of, run_loop
from rewardlab.design.recalling import correcting
from rewardlab.design.seen import describe_run
from rewardlab.design.transcript import Transcript
from rewardlab.design.validate import validate
from rewardlab.errors import UsageError
from rewardlab.program.program import RewardProgram
from rewardlab.store.files import write_json
from rewardlab.training.lineage import ancestors, feedback_of
from rewardlab.training.run import Run
from rewardlab.training.tasks import task_of

if TYPE_CHECKING:
    from rewardlab.envs.tasks import Task


def refine(
    run: Run | str | Path,
    comment: str | None = None,
    *,
    rating: int | None = None,
    prefer: Run | str | Path | None = None,
    other: Run | str | Path | None = None,
    seen: str | None = None,
    coder: str | Coder = "auto",
    model: str | None = None,
    task: Task | str | None = None,
    max_repairs: int = 3,
    max_calls: int | None = None,
    max_tokens: int | None = None,
    sandbox: Sandbox = "auto",
    allow_degraded: bool = False,
    corrections: Path | str | None = None,
    memory: int = 0,
    mend: bool = False,
    on_event: OnEvent = quiet,
) -> RewardProgram:
    """Write the next program: the run's own, improved by what was seen and said.

    A program that stopped its run by a fault is repaired: what happened at which state goes back to
    the coder, and the next program must not fail there.

    The program is kept in the run as `next/<id>.py`, what was said in `feedback.json` (before the
    coder is asked, so that nothing has to be said twice), the calls in `llm/`. Nothing is asked on
    the terminal.

    Args:
        run: A run that trained with a program, its folder or its id.
        comment: What is wrong or should be different, in words.
        rating: 1 (useless) to 5 (just right).
        prefer: A run whose behaviour is better; its program is shown to the coder. With `other`
            also this very run, `"equal"` or `"neither"`.
        other: The run that this one was compared with; by default the preferred one.
        seen: What the policy does, in words.
        coder: As in `generate`.
        model: Model name for a chat model.
        task: The run's task, to be named if a module of yours registers it.
        max_repairs: How often findings are sent back.
        max_calls: As in `Budget`.
        max_tokens: As in `Budget`.
        sandbox: As in `validate`.
        allow_degraded: As in `validate`.
        corrections: As in `generate`.
        memory: As in `generate`.
        mend: As in `generate`.
        on_event: Told what happens, as `(kind, line)`.

    Returns:
        A program that passed validation, with the run's program as `parent`.

    Raises:
        UsageError: The run has no program, or was compared with one of another task.
        ProgramRefused: No answer passed.
        CoderError: The coder's service failed, or no reply held code.
    """
    run = Run.open(run)
    parent = run.program
    if parent is None:
        raise UsageError(_nothing(run))
    against = _opened(run, prefer if other is None else other)
    named = against.id if against else None
    feedback = Feedback(comment, rating, _chosen(run, prefer), seen, named)
    task = task_of(run, task)
    goal = check_request(run.config.goal or parent.goal or task.goal, max_repairs=max_repairs)
    fault = fault_of(run, task.scene)
    loop = Loop(
        coder=make_coder(coder, model=model),
        check=lambda program: validate(
            program,
            task,
            seed=run.config.seed,
            sandbox=sandbox,
            allow_degraded=allow_degraded,
            also=fault.rows if fault else None,
        ),
        max_repairs=max_repairs,
        transcript=Transcript(run.path / "llm"),
        on_event=on_event,
        budget=Budget(max_calls, max_tokens),
        correcting=correcting(task, corrections=corrections, memory=memory, mend=mend),
    )
    request = _request(
        first_request(task, goal, seed=run.config.seed), run, parent, feedback, against, fault
    )
    if run.status in ("running", "interrupted"):
        on_event("note", f"run {run.id} is {run.status}: the coder is told what it showed so far")
    if feedback != Feedback():
        _keep(run, feedback)
    child = programs_of(run_loop(loop, [request], parent=parent), on_event)[0]
    _keep(run, feedback, child)
    return child


def _request(
    first: Request,
    run: Run,
    parent: RewardProgram,
    feedback: Feedback,
    against: Run | None,
    fault: Fault | None,
) -> Request:
    """Return the first request with the fault to be repaired, what was seen and said, or both."""
    if fault is not None:
        first = replace(first, attempt=Attempt(parent.source, (fault.finding,)))
    if fault is None or feedback != Feedback():
        first = replace(first, rounds=_rounds(run, parent, feedback, against))
    return first


def _nothing(run: Run) -> str:
    """Say why a run cannot be refined, and what to do."""
    if run.config.reward == "program":
        return (
            f"run {run.id} has no program yet: it ended before one was written; "
            f"go on with: rewardlab run --resume {run.path}"
        )
    return (
        f"run {run.id} was trained on {run.config.reward!r}, there is no program to refine; "
        f'write one: rewardlab generate {run.config.task} "your goal"'
    )


def _opened(run: Run, other: Run | str | Path | None) -> Run | None:
    """Return the run that this one was compared with, if it was."""
    if other is None or (isinstance(other, str) and other in UNDECIDED):
        return None
    other = Run.open(other, out=run.path.parent)
    if other.id == run.id:
        raise UsageError(f"run {run.id} cannot be compared with itself: name another run")
    if other.config.task != run.config.task:
        raise UsageError(
            f"run {other.id} is of the task {other.config.task}, not {run.config.task}: "
            "only runs of one task can be compared"
        )
    return other


def _chosen(run: Run, prefer: Run | str | Path | None) -> str | None:
    if prefer is None or (isinstance(prefer, str) and prefer in UNDECIDED):
        return prefer
    return Run.open(prefer, out=run.path.parent).id


def _rounds(
    run: Run, program: RewardProgram, feedback: Feedback, against: Run | None
) -> tuple[Round, ...]:
    """Return what was tried before, oldest first, the run itself last."""
    chain = [*ancestors(run), run]
    rounds = [_round(past, _said(past, then)) for past, then in pairwise(chain)]
    if against is not None and against.id not in {past.id for past in chain}:
        rounds.append(_round(against, Feedback()))
    return (*(past for past in rounds if past is not None), _seen(run, program, feedback))


def _round(run: Run, feedback: Feedback) -> Round | None:
    program = run.program
    return _seen(run, program, feedback) if program is not None else None


def _seen(run: Run, program: RewardProgram, feedback: Feedback) -> Round:
    facts = f"Run {run.id}. {describe_run(run)}\n{feedback.opinion}".strip()
    return Round(program, facts, feedback.words)


def _said(run: Run, then: Run) -> Feedback:
    """Return the feedback on a run from which the program of `then` was made."""
    entries = feedback_of(run)
    child = then.record.get("program_id")
    entry = next((e for e in entries if e.get("child") == child), entries[0] if entries else {})
    return Feedback.from_json(entry)


def _keep(run: Run, feedback: Feedback, child: RewardProgram | None = None) -> None:
    """Write down what was said, and the child once there is one; earlier feedback stays."""
    earlier = [{k: v for k, v in entry.items() if k != "earlier"} for entry in feedback_of(run)]
    said = feedback.to_json()
    if earlier and earlier[0].get("child") is None and earlier[0].items() >= said.items():
        del earlier[0]
    entry = {
        **said,
        "child": None,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "earlier": earlier,
    }
    if child is not None:
        path = child.save(run.path / "next" / f"{child.id[:12]}.py")
        entry |= {"child": child.id, "program": str(path.relative_to(run.path))}
    write_json(run.path / "feedback.json", entry)
