"""From one round of `rewardlab run` to the next: what a person says, and where a stopped one is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rewardlab.cli.answer import note
from rewardlab.cli.generate import announce, told
from rewardlab.cli.opinions import other_of
from rewardlab.cli.parsing import command
from rewardlab.errors import CoderError, GoalNotUnderstood, ProgramRefused, RewardFault

if TYPE_CHECKING:
    from rewardlab.cli.run import Flags
    from rewardlab.coders.base import Coder
    from rewardlab.design.answers import Said
    from rewardlab.envs.tasks import Task
    from rewardlab.program.program import RewardProgram
    from rewardlab.training.run import Run


def number_of(run: Run) -> int:
    """Return which round a run is."""
    number = run.record.get("round")
    return number if isinstance(number, int) else 1


def rounds_of(run: Run) -> int:
    """Return how many rounds were asked for when a run began."""
    rounds = run.record.get("rounds")
    return rounds if isinstance(rounds, int) else 1


def newest(run: Run, rounds: int) -> Run:
    """Return the run of the last round, at most `rounds`, that was begun after a run."""
    from rewardlab.training.lineage import parent_of
    from rewardlab.training.run import list_runs

    runs = [r for r in list_runs(run.path.parent) if isinstance(r.record.get("round"), int)]
    seen: set[str] = set()
    while run.id not in seen:
        seen.add(run.id)
        for later in reversed(runs):
            parent = parent_of(later, [*runs, run])
            if parent and parent.id == run.id and number_of(later) <= rounds:
                run = later  # and go on from there
                break
    return run


def waiting(run: Run) -> tuple[Said | None, RewardProgram | None]:
    """Return what was said about a run, or the program made of it, that did not go on yet."""
    from rewardlab.design.answers import answer_of
    from rewardlab.program.program import RewardProgram
    from rewardlab.training.lineage import feedback_of
    from rewardlab.training.run import list_runs

    entry = next(iter(feedback_of(run)), None)
    if entry is None:
        return None, None
    if entry.get("child") is None:
        return answer_of(entry), None
    trained = {r.record.get("program_id") for r in list_runs(run.path.parent)}
    path = run.path / "next" / f"{str(entry['child'])[:12]}.py"
    made = entry["child"] not in trained and path.exists()
    return None, RewardProgram.load(path) if made else None


def replies(flags: Flags) -> Coder:
    """Return the coder of all rounds; of recorded replies those that the runs used are skipped."""
    from rewardlab.coders.replay import ReplayCoder, family, read_calls
    from rewardlab.coders.select import make_coder
    from rewardlab.training.run import Run

    coder = make_coder(flags.coder, model=flags.model)
    if isinstance(coder, ReplayCoder) and flags.resume:
        first = Run.open(flags.resume, out=flags.out)
        coder.skip(sum(1 for folder in family(first.path) for _ in read_calls(folder)))
    return coder


@contextmanager
def resumable(run: Run, flags: Flags) -> Iterator[None]:
    """Say how to go on if a person interrupts."""
    try:
        yield
    except KeyboardInterrupt as stop:
        again = command() if flags.resume else f"{command()} --resume {run.path}"
        what = str(stop).partition(";")[0] or "interrupted"
        raise KeyboardInterrupt(f"{what}; go on with: {again}") from None


def following(
    opened: Run, task: Task, flags: Flags, coder: Coder, said: Said, *, rounds: int
) -> Run:
    """Return the run of the next round; a program that was made before a stop is not made again."""
    made = waiting(opened)[1]
    other = other_of(opened)
    arguments = said.arguments(opened.id, other.id if other else None)
    child = made or refined(opened, task, flags, coder, **arguments)
    return child_run(opened, task, child, number=number_of(opened) + 1, rounds=rounds)


def refined(parent: Run, task: Task, flags: Flags, coder: Coder, **said: Any) -> RewardProgram:
    """Return the next program, made of what was said and measured."""
    import rewardlab

    child = rewardlab.refine(
        parent,
        **said,
        coder=coder,
        task=task,
        max_repairs=flags.max_repairs,
        max_calls=flags.max_calls,
        max_tokens=flags.max_tokens,
        sandbox=flags.sandbox,
        allow_degraded=flags.allow_degraded_sandbox,
        on_event=told,
    )
    announce(child)
    return child


def child_run(parent: Run, task: Task, program: RewardProgram, *, number: int, rounds: int) -> Run:
    """Show the next program and make its run, which is else like its parent."""
    from rewardlab.training.prepare import prepare

    _show_diff(parent, program)
    same = asdict(parent.config)
    for name in ("task", "task_options", "reward"):
        del same[name]
    facts = {"command": command(), "round": number, "rounds": rounds}
    return prepare(task, program, **same, out=parent.path.parent, facts=facts)


def repaired(opened: Run, task: Task, flags: Flags, coder: Coder, fault: RewardFault) -> Run:
    """Return the run that takes the place of one which its program stopped.

    Raises:
        RewardFault: The program is not to blame, or there is no repair.
    """
    from rewardlab.design.fault import fault_of

    if fault_of(opened, task.scene) is None:
        raise fault
    note(f"{fault}; its coder is asked to repair it")
    try:
        program = refined(opened, task, flags, coder)
    except (CoderError, GoalNotUnderstood, ProgramRefused) as error:
        note(f"no repair: {error}")
        raise fault from None
    return child_run(opened, task, program, number=number_of(opened), rounds=rounds_of(opened))


def _show_diff(opened: Run, child: RewardProgram) -> None:
    from rewardlab.program.diff import program_diff

    parent = opened.program
    if parent is not None:
        note(program_diff(parent, child))
