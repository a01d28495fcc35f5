"""The whole chain: a goal becomes a program, a trained policy, a success rate and a report.

With --rounds R you are asked after each round what should change, and the next program is written,
shown and trained; an empty answer ends it. With --yes nothing is asked: later rounds go by what
was measured, and the offline composer tries its next variant.

Examples:
  rewardlab run metaworld/window-close "Push and close a sliding window by its handle." --yes
  rewardlab run locomotion/hopper-forward "Run forward without falling." --rounds 3 -n 200000
  rewardlab run --resume window-close-ppo
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
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
    command,
    open_task,
)
from rewardlab.cli.generate import announce, told
from rewardlab.cli.judging import answer, judge
from rewardlab.cli.training import Training, checked, learn, reopen, settings, steps
from rewardlab.errors import (
    CoderError,
    GoalNotUnderstood,
    ProgramRefused,
    RewardFault,
    RewardlabError,
    UsageError,
)
from rewardlab.store.files import write_json

if TYPE_CHECKING:
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
    rounds: Annotated[int, arg(metavar="R", help="Programs to train, one after the other.")] = 1
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

    if flags.rounds < 1:
        raise UsageError(f"--rounds must be at least 1, got {flags.rounds}")
    choose()  # before anything imports mujoco
    opened, task = _reopen(flags) if flags.resume else _open(flags)
    opened, result = _round(opened, task, flags)
    for number in range(2, flags.rounds + 1):
        success = percent(result.success, result.success_ci)
        note(f"success {success}: {opened.path / 'report.html'}")
        comment = None if flags.yes else _ask()
        if comment == "":
            break
        note(f"round {number} of {flags.rounds}")
        opened, result = _round(_refined(opened, task, flags, comment), task, flags)
    return answer(opened, result, flags)


def _open(flags: Flags) -> tuple[Run, Task]:
    from rewardlab.coders.select import make_coder
    from rewardlab.design.generate import check_request
    from rewardlab.training.prepare import prepare
    from rewardlab.training.presets import fitted

    if not flags.task:
        raise UsageError('say what to do: rewardlab run TASK "goal in words"')
    task = open_task(flags.task, flags.task_option, flags.settings.get("task_options"))
    task = fitted(task, flags.preset, flags.algo)
    wanted = steps(flags, task)
    n_timesteps = DEFAULT_STEPS if wanted is None else wanted
    goal = check_request(
        flags.goal or task.goal, few_shot=flags.few_shot, max_repairs=flags.max_repairs
    )
    make_coder(flags.coder, model=flags.model)  # what cannot be asked leaves no run behind
    chosen = settings(flags) | {"n_timesteps": n_timesteps, "goal": goal}
    return prepare(task, "program", **chosen), task


def _reopen(flags: Flags) -> tuple[Run, Task]:
    from rewardlab.training.prepare import extend

    opened, task = reopen(flags, flags.resume or "", flags.task)
    finished = opened.status == "finished"
    if not finished or flags.n_timesteps not in (None, opened.config.n_timesteps):
        extend(opened, task, flags.n_timesteps)
        if finished:
            opened.release("interrupted", reason="extended")
    return opened, task


def _refined(parent: Run, task: Task, flags: Flags, comment: str | None = None) -> Run:
    """Refine a run's program and make the run of the next one, which is else like its parent."""
    import rewardlab
    from rewardlab.training.prepare import prepare

    child = rewardlab.refine(
        parent,
        comment,
        coder=flags.coder,
        model=flags.model,
        task=task,
        max_repairs=flags.max_repairs,
        max_calls=flags.max_calls,
        max_tokens=flags.max_tokens,
        sandbox=flags.sandbox,
        allow_degraded=flags.allow_degraded_sandbox,
        on_event=told,
    )
    announce(child)
    _show_diff(parent, child)
    same = asdict(parent.config)
    for name in ("task", "task_options", "reward"):
        del same[name]
    facts = {"command": command()}
    return prepare(task, child, **same, out=parent.path.parent, facts=facts)


def _round(opened: Run, task: Task, flags: Flags) -> tuple[Run, Evaluation]:
    """Do what is still missing of a round, and say how to go on if it is stopped.

    A program that fails while training goes back to its coder, at most `--max-repairs` times; the
    run of the next one takes its place.
    """
    for left in reversed(range(flags.max_repairs + 1)):
        note(f"run {opened.path}")
        try:
            _learn(opened, task, flags)
            return opened, judge(opened, flags)
        except KeyboardInterrupt as stop:
            again = command() if flags.resume else f"{command()} --resume {opened.path}"
            what = str(stop).partition(";")[0] or "interrupted"
            raise KeyboardInterrupt(f"{what}; go on with: {again}") from None
        except RewardFault as fault:
            if not left:
                raise
            opened = _repaired(opened, task, flags, fault)
    raise AssertionError


def _repaired(opened: Run, task: Task, flags: Flags, fault: RewardFault) -> Run:
    from rewardlab.design.fault import fault_of

    if fault_of(opened, task.scene) is None:
        raise fault
    note(f"{fault}; its coder is asked to repair it")
    try:
        return _refined(opened, task, flags)
    except (CoderError, GoalNotUnderstood, ProgramRefused) as error:
        note(f"no repair: {error}")
        raise fault from None


def _learn(opened: Run, task: Task, flags: Flags) -> None:
    try:
        program = opened.program or _generate(opened, task, flags)
        verdict = checked(program, task, flags, seed=opened.config.seed)
    except RewardlabError as error:
        opened.release("failed", reason=str(error))
        if not (opened.path / "llm").exists():
            shutil.rmtree(opened.path)  # nothing was asked, nothing came: not worth a run
        raise
    write_json(opened.path / "verdict.json", verdict.to_json())
    if opened.status != "finished":
        learn(opened, task, progress=flags.progress)


def _generate(opened: Run, task: Task, flags: Flags) -> RewardProgram:
    from rewardlab.design.generate import generate

    config = opened.config
    programs = generate(
        task,
        config.goal,
        coder=flags.coder,
        few_shot=flags.few_shot,
        frozen=flags.frozen,
        max_repairs=flags.max_repairs,
        max_calls=flags.max_calls,
        max_tokens=flags.max_tokens,
        model=flags.model,
        seed=config.seed,
        sandbox=flags.sandbox,
        allow_degraded=flags.allow_degraded_sandbox,
        record=opened.path / "llm",
        on_event=told,
    )
    announce(programs[0])
    opened.set_program(programs[0])
    return programs[0]


def _ask() -> str:
    """Ask what should change; an empty answer, or nobody there to answer, is the end."""
    note("What should change? (empty: stop)")
    try:
        return input("> ").strip()
    except EOFError:
        return ""


def _show_diff(opened: Run, child: RewardProgram) -> None:
    from rewardlab.program.diff import program_diff

    parent = opened.program
    if parent is not None:
        note(program_diff(parent, child))
