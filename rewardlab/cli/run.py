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

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from tyro.conf import arg

from rewardlab.cli.answer import Answer, note
from rewardlab.cli.flags import (
    Coder,
    Corrections,
    FewShot,
    Frozen,
    Goal,
    Json,
    KeepAbove,
    MaxCalls,
    MaxRepairs,
    MaxTokens,
    Memory,
    Mend,
    Model,
    OptionalTask,
    Switch,
    open_task,
)
from rewardlab.cli.judging import answer
from rewardlab.cli.opinions import ask, filmed_before, recorded
from rewardlab.cli.screen import Screen
from rewardlab.cli.training import Training, reopen, settings, steps
from rewardlab.errors import UsageError

if TYPE_CHECKING:
    from rewardlab.design.feedback import Feedback
    from rewardlab.envs.tasks import Task
    from rewardlab.training.run import Run

DEFAULT_STEPS = 200_000


@dataclass(frozen=True)
class Flags(Training):
    """Flags of `rewardlab run`."""

    task: OptionalTask = ""
    goal: Goal = None
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
    corrections: Corrections = None
    memory: Memory = 0
    mend: Mend = False
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
    import rewardlab
    from rewardlab.envs.gl import choose

    if flags.rounds is not None and flags.rounds < 1:
        raise UsageError(f"--rounds must be at least 1, got {flags.rounds}")
    gl = choose()  # before anything imports mujoco
    if flags.video and not gl.works:
        note(f"no video: {gl.why}")
    answers = recorded(flags)
    opened, task = reopen(flags, flags.resume, flags.task) if flags.resume else (None, _open(flags))
    screen = Screen(resumes=opened is not None)
    with screen.resumable():
        *_, last = rewardlab.rounds(
            task,
            flags.goal,
            n=flags.rounds,
            say=lambda run, _: _said(run, flags, answers),
            coder=flags.coder,
            model=flags.model,
            few_shot=flags.few_shot,
            frozen=flags.frozen,
            max_repairs=flags.max_repairs,
            max_calls=flags.max_calls,
            max_tokens=flags.max_tokens,
            corrections=flags.corrections,
            memory=flags.memory,
            mend=flags.mend,
            episodes=flags.episodes,
            video=flags.video and gl.works,
            keep_above=flags.keep_above,
            progress=flags.progress,
            resume=opened,
            on_event=screen.show,
            **settings(flags) | {"n_timesteps": _steps(flags, task)},
        )
    return answer(last, flags)


def _open(flags: Flags) -> Task:
    from rewardlab.training.settings import fitted

    if not flags.task:
        raise UsageError('say what to do: rewardlab run TASK "goal in words"')
    task = open_task(flags.task, flags.task_option, flags.settings.get("task_options"))
    return fitted(task, flags.preset, flags.algo)


def _steps(flags: Flags, task: Task) -> int | None:
    wanted = flags.n_timesteps if flags.resume else steps(flags, task)
    return DEFAULT_STEPS if wanted is None and not flags.resume else wanted


def _said(run: Run, flags: Flags, answers: list[Feedback] | None) -> Feedback | None:
    """Return what is said about a run: nothing, what a file says, or what a person answers."""
    from rewardlab.design.feedback import Feedback
    from rewardlab.design.standing import number_of

    if flags.yes:
        return Feedback()
    if answers is None:
        return ask(run, filmed_before(run))
    done = number_of(run)
    said = answers[done - 1] if done <= len(answers) else None
    note(f"said: {said.line or '(nothing: go by what was measured)'}" if said else "no more said")
    return said
