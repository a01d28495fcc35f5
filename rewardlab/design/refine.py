"""From a run and what a person says about it to the next program."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from rewardlab.coders.base import Attempt, Coder, Round
from rewardlab.coders.select import make_coder
from rewardlab.config import Sandbox
from rewardlab.design.asking import OnEvent
from rewardlab.design.budget import Budget
from rewardlab.design.candidate import Loop, quiet
from rewardlab.design.fault import fault_of
from rewardlab.design.feedback import Feedback
from rewardlab.design.generate import check_request, first_request, programs_of
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
    prefer: str | None = None,
    coder: str | Coder = "auto",
    model: str | None = None,
    task: Task | str | None = None,
    max_repairs: int = 3,
    max_calls: int | None = None,
    max_tokens: int | None = None,
    sandbox: Sandbox = "auto",
    allow_degraded: bool = False,
    on_event: OnEvent = quiet,
) -> RewardProgram:
    """Write the next program: the run's own, improved by what was seen and said.

    A program that stopped its run by a fault is repaired: what happened at which state goes back to
    the coder, and the next program must not fail there.

    The program is kept in the run as `next/<id>.py`, what was said in `feedback.json`, the calls in
    `llm/`.

    Args:
        run: A run that trained with a program, its folder or its id.
        comment: What is wrong or should be different, in words.
        rating: 1 (useless) to 5 (just right).
        prefer: A run whose behaviour is better; its program is shown to the coder.
        coder: As in `generate`.
        model: Model name for a chat model.
        task: The run's task, to be named if a module of yours registers it.
        max_repairs: How often findings are sent back.
        max_calls: As in `Budget`.
        max_tokens: As in `Budget`.
        sandbox: As in `validate`.
        allow_degraded: As in `validate`.
        on_event: Told what happens, as `(kind, line)`.

    Returns:
        A program that passed validation, with the run's program as `parent`.

    Raises:
        UsageError: The run has no program.
        ProgramRefused: No answer passed.
        CoderError: The coder's service failed, or no reply held code.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    parent = run.program
    if parent is None:
        raise UsageError(
            f"run {run.id} was trained on {run.config.reward!r}, there is no program to refine; "
            f'write one: rewardlab generate {run.config.task} "your goal"'
        )
    feedback = Feedback(comment, rating, prefer)
    config = run.config
    task = task_of(run, task)
    goal = check_request(config.goal or parent.goal or task.goal, max_repairs=max_repairs)
    fault = fault_of(run, task.scene)
    loop = Loop(
        coder=make_coder(coder, model=model) if isinstance(coder, str) else coder,
        check=lambda program: validate(
            program,
            task,
            seed=config.seed,
            sandbox=sandbox,
            allow_degraded=allow_degraded,
            also=fault.rows if fault else None,
        ),
        max_repairs=max_repairs,
        transcript=Transcript(run.path / "llm"),
        on_event=on_event,
        budget=Budget(max_calls, max_tokens),
    )
    request = first_request(task, goal, seed=config.seed)
    if fault is not None:
        request = replace(request, attempt=Attempt(parent.source, (fault.finding,)))
    if fault is None or feedback != Feedback():
        request = replace(request, rounds=_rounds(run, parent, feedback))
    child = programs_of(loop.run([request], parent=parent), on_event)[0]
    _keep(run, feedback, child)
    return child


def _rounds(run: Run, program: RewardProgram, feedback: Feedback) -> tuple[Round, ...]:
    """Return what was tried before, oldest first, the run itself last."""
    chain = [*ancestors(run), run]
    rounds = [_round(past, _said(past, then)) for past, then in pairwise(chain)]
    if feedback.prefer is not None:
        rounds.append(_round(Run.open(feedback.prefer, out=run.path.parent), Feedback()))
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
    return Feedback(entry.get("comment"), entry.get("rating"), entry.get("prefer"))


def _keep(run: Run, feedback: Feedback, child: RewardProgram) -> None:
    """Save the child and what led to it; earlier feedback on the same run stays."""
    path = child.save(run.path / "next" / f"{child.id[:12]}.py")
    earlier = [{k: v for k, v in entry.items() if k != "earlier"} for entry in feedback_of(run)]
    entry = {
        **feedback.to_json(),
        "child": child.id,
        "program": str(path.relative_to(run.path)),
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "earlier": earlier,
    }
    write_json(run.path / "feedback.json", entry)
