"""Round by round: a program is written, trained on and measured; what is said makes the next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from rewardlab.coders.base import Coder
from rewardlab.coders.replay import ReplayCoder, family, read_calls
from rewardlab.coders.select import make_coder
from rewardlab.config import Sandbox
from rewardlab.design.asking import OnEvent
from rewardlab.design.candidate import quiet
from rewardlab.design.feedback import Feedback
from rewardlab.design.generate import check_request
from rewardlab.design.standing import newest, number_of, rounds_of, waiting
from rewardlab.design.validate import as_task
from rewardlab.design.work import Work, resumable
from rewardlab.envs.tasks import Task
from rewardlab.errors import GoalNotUnderstood, UsageError
from rewardlab.evaluation.evaluate import Evaluation
from rewardlab.evaluation.proven import KEEP_ABOVE
from rewardlab.store.text import percent
from rewardlab.training.lineage import ancestors
from rewardlab.training.prepare import accept_risk, extend, prepare
from rewardlab.training.run import Run
from rewardlab.training.settings import fitted
from rewardlab.training.tasks import task_of

Say: TypeAlias = Callable[[Run, Evaluation], Feedback | str | None]
"""Asked after a round what should change; `None` for the end."""


def nothing(run: Run, evaluation: Evaluation) -> Feedback:
    """Say nothing, so that the next program goes by what was measured."""
    return Feedback()


def rounds(
    task: Task | str,
    goal: str | None = None,
    *,
    n: int | None = None,
    say: Say = nothing,
    coder: str | Coder = "auto",
    model: str | None = None,
    few_shot: int = 0,
    frozen: Collection[str] = (),
    max_repairs: int = 3,
    max_calls: int | None = None,
    max_tokens: int | None = None,
    corrections: str | Path | None = None,
    memory: int = 0,
    mend: bool = False,
    n_timesteps: int | None = None,
    episodes: int = 20,
    video: bool = False,
    keep_above: float = KEEP_ABOVE,
    sandbox: Sandbox = "auto",
    allow_degraded_sandbox: bool = False,
    progress: bool = False,
    resume: Run | str | Path | None = None,
    out: str | Path = "results",
    on_event: OnEvent = quiet,
    **settings: Any,
) -> list[Run]:
    """Train on one program after the other, each made of what was said about the one before.

    Everything is written down the moment it is known, so that stopped rounds go on with `resume`
    and nothing is said or asked twice. A program that fails while training goes back to its coder,
    at most `max_repairs` times; the run of the next one takes its place.

    Args:
        task: A task or its id.
        goal: As for `generate`.
        n: Programs to train; by default 1, or as the resumed run began.
        say: Asked with a run and its evaluation after each round but the last: words, `Feedback`
            (in which `prefer="left"` is the run of the round before, `"right"` this one), or `None`
            for the end.
        coder: As for `generate`.
        model: As for `generate`.
        few_shot: As for `generate`.
        frozen: As for `generate`.
        max_repairs: As for `generate`.
        max_calls: As for `generate`, per round.
        max_tokens: As for `generate`, per round.
        corrections: As for `generate`.
        memory: As for `generate`.
        mend: As for `generate`.
        n_timesteps: As for `train`.
        episodes: As for `evaluate`.
        video: As for `evaluate`.
        keep_above: As for `evaluate`.
        sandbox: As for `train`.
        allow_degraded_sandbox: As for `train`.
        progress: As for `train`.
        resume: A run of stopped rounds, its folder or name; they go on in the last one that was
            begun. Of the settings only `n_timesteps` then counts.
        out: Folder of run folders.
        on_event: Told what happens, as `(kind, text)`; findings and diffs have several lines.
        **settings: Further ones of `train`.

    Returns:
        The runs of the rounds, each with its evaluation and report; the last one last.

    Raises:
        RewardlabError: What `generate`, `train`, `evaluate` and `refine` raise.
        KeyboardInterrupt: Ctrl-C; the message says how to go on.
    """
    if n is not None and n < 1:
        raise UsageError(f"n must be at least 1, got {n}")
    opened = None if resume is None else Run.open(resume, out=out)
    writer = _writer(coder, model, opened)  # what cannot be asked leaves no run behind
    facts = settings.pop("facts", {})
    settings |= {"sandbox": sandbox, "allow_degraded_sandbox": allow_degraded_sandbox}
    if opened is None:
        task = as_task(task)
        goal = task.goal if goal is None else goal
        goal = check_request(goal, few_shot=few_shot, max_repairs=max_repairs)
        settings |= {"goal": goal, "n_timesteps": n_timesteps, "out": out}
        run, task = _begin(task, n or 1, facts, settings)
    else:
        task = task_of(opened, task)
        run = _reopen(opened, task, n_timesteps, n, accept=allow_degraded_sandbox)
    work = Work(
        task=task,
        rounds=n or rounds_of(run),
        asking={
            "coder": writer,
            "max_repairs": max_repairs,
            "max_calls": max_calls,
            "max_tokens": max_tokens,
            "corrections": corrections,
            "memory": memory,
            "mend": mend,
            "sandbox": sandbox,
            "allow_degraded": allow_degraded_sandbox,
        },
        showing={"few_shot": few_shot, "frozen": frozen},
        measuring={
            "episodes": episodes,
            "video": video,
            "keep_above": keep_above,
            "sandbox": sandbox,
            "allow_degraded_sandbox": allow_degraded_sandbox,
        },
        facts=facts,
        progress=progress,
        tell=on_event,
    )
    return list(_all(run, say, work))


def _all(run: Run, say: Say, work: Work) -> Iterator[Run]:
    """Yield the runs of the rounds as they are done."""
    while True:
        run, result = work.done(run)
        yield run
        if number_of(run) >= work.rounds:
            return
        success = percent(result.success, result.success_ci)
        work.tell("success", f"success {success}: {run.path / 'report.html'}")
        with resumable(run):
            following = _following(run, result, say, work)
        if following is None:
            return
        run = following


def _following(run: Run, result: Evaluation, say: Say, work: Work) -> Run | None:
    """Return the run of the next round, `None` if there shall be none.

    Who says something that the coder cannot act on is told so and asked again.
    """
    said = _said(run, result, say)
    while said is not None:
        work.tell("round", f"round {number_of(run) + 1} of {work.rounds}")
        try:
            return work.following(run, said)
        except GoalNotUnderstood as error:
            work.tell("note", str(error))
            unheard, said = said, _asked(run, result, say)
            if said == unheard:
                raise UsageError(
                    "the same was said again: say it in other words, or use --coder openai; go on "
                    f"with --resume {run.path}"
                ) from error
    return None


def _said(run: Run, result: Evaluation, say: Say) -> Feedback | None:
    """Return what is said about a run: before it was stopped, or now."""
    said, made = waiting(run)
    if said is not None or made is not None:
        return said or Feedback()
    return _asked(run, result, say)


def _asked(run: Run, result: Evaluation, say: Say) -> Feedback | None:
    now = say(run, result)
    return Feedback(now or None) if isinstance(now, str) else now


def _writer(coder: str | Coder, model: str | None, resumed: Run | None) -> Coder:
    """Return the coder of all rounds; of recorded replies those that the runs used are skipped."""
    writer = make_coder(coder, model=model)
    if isinstance(writer, ReplayCoder) and resumed is not None:
        first = next(iter(ancestors(resumed)), resumed)
        writer.skip(sum(1 for folder in family(first.path) for _ in read_calls(folder)))
    return writer


def _begin(
    task: Task, rounds: int, facts: Mapping[str, Any], settings: Mapping[str, Any]
) -> tuple[Run, Task]:
    """Return the run of the first round, and its task as the preset wants it."""
    task = fitted(task, settings.get("preset", "auto"), settings.get("algo", "auto"))
    facts = {**facts, "round": 1, "rounds": rounds}
    return prepare(task, "program", **settings, facts=facts), task


def _reopen(
    run: Run, task: Task, n_timesteps: int | None, rounds: int | None, *, accept: bool
) -> Run:
    """Return the run that stopped rounds go on with: the newest, or a longer version of this."""
    longer = n_timesteps not in (None, run.config.n_timesteps)
    run = run if longer else newest(run, rounds or rounds_of(run))
    if accept:
        accept_risk(run, task)
    finished = run.status == "finished"
    if longer or not finished:
        extend(run, task, n_timesteps)
        if finished:
            run.release("interrupted", reason="extended")
    return run
