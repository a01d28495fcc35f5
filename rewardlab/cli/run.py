"""The whole chain: a goal becomes a program, a trained policy, a success rate and a report.

With --rounds R you see success and clip after each round and answer in words, by a rating from 1 to
5, or by choosing between this round's clip and that of the round before; the next program is
written, shown and trained. An empty answer ends it. With --yes nothing is asked: later rounds go by
what was measured, and the offline composer tries its next variant. --coder replay:RUN repeats all
rounds of a run, with what was said then. A stopped one goes on with --resume, in its last round.

Examples:
  rewardlab run metaworld/window-close "Push and close a sliding window by its handle." --yes
  rewardlab run locomotion/hopper-forward "Run forward without falling." --rounds 3 -n 200000
  rewardlab run --resume window-close-ppo
  rewardlab run tabletop/stack-cube --coder replay:docs/examples/stack-cube --rounds 2
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from tyro.conf import arg

from rewardlab.cli.answer import Answer, note, percent
from rewardlab.cli.flags import (
    Coder,
    FewShot,
    Frozen,
    Goal,
    Json,
    KeepAbove,
    MaxCalls,
    MaxRepairs,
    MaxTokens,
    Model,
    OptionalTask,
    Switch,
    open_task,
)
from rewardlab.cli.generate import announce, told
from rewardlab.cli.judging import answer, judge
from rewardlab.cli.opinions import ask, other_of, recorded
from rewardlab.cli.rounds import (
    following,
    newest,
    number_of,
    repaired,
    replies,
    resumable,
    rounds_of,
    waiting,
)
from rewardlab.cli.training import Training, checked, learn, reopen, settings, steps
from rewardlab.errors import (
    RewardFault,
    RewardlabError,
    UsageError,
)
from rewardlab.store.files import write_json

if TYPE_CHECKING:
    from rewardlab.coders.base import Coder as Writer
    from rewardlab.design.answers import Said
    from rewardlab.envs.tasks import Task
    from rewardlab.evaluation.evaluate import Evaluation
    from rewardlab.program.program import RewardProgram
    from rewardlab.training.run import Run

DEFAULT_STEPS = 200_000


@dataclass(frozen=True)
class Flags(Training):
    """Flags of `rewardlab run`."""

    task: OptionalTask = ""
    goal: Goal = ""
    rounds: Annotated[
        int | None,
        arg(
            metavar="R",
            help="Programs to train, one after the other.",
            help_behavior_hint="(default: 1, or as the resumed run began)",
        ),
    ] = None
    comments: Annotated[
        str | None,
        arg(
            metavar="FILE",
            help="What is said after each round, a line each, instead of asking; or a run, for "
            "what was said about it.",
            help_behavior_hint="",
        ),
    ] = None
    yes: Annotated[Switch, arg(help="Ask nothing.", help_behavior_hint="")] = False
    coder: Coder = "auto"
    model: Model = None
    few_shot: FewShot = 0
    frozen: Frozen = ()
    max_repairs: MaxRepairs = 3
    max_calls: MaxCalls = None
    max_tokens: MaxTokens = None
    episodes: Annotated[int, arg(metavar="N", help="Episodes of the final evaluation.")] = 20
    video: Annotated[
        bool, arg(help="Film it.", help_behavior_hint="(default: where pictures can be drawn)")
    ] = True
    keep_above: KeepAbove = 0.5
    min_success: Annotated[
        float | None,
        arg(metavar="P", help="Fail below this success rate, 0 to 1.", help_behavior_hint=""),
    ] = None
    resume: Annotated[
        str | None,
        arg(metavar="RUN", help="Finish this run's round.", help_behavior_hint=""),
    ] = None
    json: Json = False


def run(flags: Flags) -> Answer:
    """Go through the chain, round by round."""
    from rewardlab.envs.gl import choose

    if flags.rounds is not None and flags.rounds < 1:
        raise UsageError(f"--rounds must be at least 1, got {flags.rounds}")
    choose()  # before anything imports mujoco
    answers = recorded(flags)
    coder = replies(flags)  # what cannot be asked leaves no run behind
    opened, task = _reopen(flags) if flags.resume else _open(flags)
    opened, result = _round(opened, task, flags, coder)
    rounds = flags.rounds or rounds_of(opened)
    while number_of(opened) < rounds:
        with resumable(opened, flags):
            said = _said(opened, result, flags, answers)
            if said is None:
                break
            note(f"round {number_of(opened) + 1} of {rounds}")
            child = following(opened, task, flags, coder, said, rounds=rounds)
        opened, result = _round(child, task, flags, coder)
    return answer(opened, result, flags)


def _said(opened: Run, result: Evaluation, flags: Flags, answers: list[Said] | None) -> Said | None:
    """Return what is said about a run: before it was stopped, by a file, or now."""
    from rewardlab.design.answers import Said

    note(f"success {percent(result.success, result.success_ci)}: {opened.path / 'report.html'}")
    said, made = waiting(opened)
    if said or made or flags.yes:
        return said or Said()
    if answers is None:
        return ask(opened, other_of(opened, filmed=True))
    done = number_of(opened)
    said = answers[done - 1] if done <= len(answers) else None
    note(f"said: {said.words or '(nothing: go by what was measured)'}" if said else "no more said")
    return said


def _open(flags: Flags) -> tuple[Run, Task]:
    from rewardlab.design.generate import check_request
    from rewardlab.training.prepare import prepare
    from rewardlab.training.settings import fitted

    if not flags.task:
        raise UsageError('say what to do: rewardlab run TASK "goal in words"')
    task = open_task(flags.task, flags.task_option, flags.settings.get("task_options"))
    task = fitted(task, flags.preset, flags.algo)
    wanted = steps(flags, task)
    n_timesteps = DEFAULT_STEPS if wanted is None else wanted
    goal = check_request(
        flags.goal or task.goal, few_shot=flags.few_shot, max_repairs=flags.max_repairs
    )
    chosen = settings(flags) | {"n_timesteps": n_timesteps, "goal": goal}
    chosen["facts"] |= {"round": 1, "rounds": flags.rounds or 1}
    return prepare(task, "program", **chosen), task


def _reopen(flags: Flags) -> tuple[Run, Task]:
    from rewardlab.training.prepare import extend

    opened, task = reopen(flags, flags.resume or "", flags.task)
    if flags.n_timesteps in (None, opened.config.n_timesteps):
        last = newest(opened, flags.rounds or rounds_of(opened))
        opened, task = reopen(flags, str(last.path), flags.task)
    finished = opened.status == "finished"
    if not finished or flags.n_timesteps not in (None, opened.config.n_timesteps):
        extend(opened, task, flags.n_timesteps)
        if finished:
            opened.release("interrupted", reason="extended")
    return opened, task


def _round(opened: Run, task: Task, flags: Flags, coder: Writer) -> tuple[Run, Evaluation]:
    """Do what is still missing of a round, and say how to go on if it is stopped.

    A program that fails while training goes back to its coder, at most `--max-repairs` times; the
    run of the next one takes its place.
    """
    for left in reversed(range(flags.max_repairs + 1)):
        note(f"run {opened.path}")
        with resumable(opened, flags):
            try:
                _learn(opened, task, flags, coder)
                return opened, judge(opened, flags)
            except RewardFault as fault:
                if not left:
                    raise
                opened = repaired(opened, task, flags, coder, fault)
    raise AssertionError


def _learn(opened: Run, task: Task, flags: Flags, coder: Writer) -> None:
    try:
        program = opened.program or _generate(opened, task, flags, coder)
        verdict = checked(program, task, flags, seed=opened.config.seed)
    except RewardlabError as error:
        opened.release("failed", reason=str(error))
        if not (opened.path / "llm").exists():
            shutil.rmtree(opened.path)  # nothing was asked, nothing came: not worth a run
        raise
    write_json(opened.path / "verdict.json", verdict.to_json())
    if opened.status != "finished":
        learn(opened, task, progress=flags.progress)


def _generate(opened: Run, task: Task, flags: Flags, coder: Writer) -> RewardProgram:
    from rewardlab.design.generate import generate

    config = opened.config
    programs = generate(
        task,
        config.goal,
        coder=coder,
        few_shot=flags.few_shot,
        frozen=flags.frozen,
        max_repairs=flags.max_repairs,
        max_calls=flags.max_calls,
        max_tokens=flags.max_tokens,
        seed=config.seed,
        sandbox=flags.sandbox,
        allow_degraded=flags.allow_degraded_sandbox,
        record=opened.path / "llm",
        on_event=told,
    )
    announce(programs[0])
    opened.set_program(programs[0])
    return programs[0]
