"""Write reward programs for a goal in words; each passes validation before it is shown.

Without -o the program is printed.

Examples:
  rewardlab generate metaworld/drawer-open "Pull the drawer open by its handle." -o drawer.py
  rewardlab generate metaworld/drawer-open -k 4 --coder openai --model gpt-4o -o drawer.py
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import arg

from rewardlab.cli.answer import Answer, note
from rewardlab.cli.flags import (
    AllowDegraded,
    Coder,
    Corrections,
    FewShot,
    Frozen,
    Goal,
    Json,
    MaxCalls,
    MaxRepairs,
    MaxTokens,
    Memory,
    Mend,
    Model,
    Output,
    Sandbox,
    Seed,
    Task,
    TaskOptions,
    open_task,
)

if TYPE_CHECKING:
    from rewardlab.program.program import RewardProgram


@dataclass(frozen=True)
class Flags:
    """Flags of `rewardlab generate`."""

    task: Task
    goal: Goal = None
    output: Output = None
    samples: Annotated[
        int, arg(aliases=("-k",), metavar="K", help="Programs to write; -o a.py gives a-1.py …")
    ] = 1
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
    record: Annotated[
        str | None,
        arg(metavar="DIR", help="Where to keep every call.", help_behavior_hint=""),
    ] = None
    seed: Seed = 0
    sandbox: Sandbox = "auto"
    allow_degraded_sandbox: AllowDegraded = False
    task_option: TaskOptions = ()
    json: Json = False


def run(flags: Flags) -> Answer:
    """Generate them."""
    import rewardlab
    from rewardlab.program.program import check_output

    task = open_task(flags.task, flags.task_option)
    if flags.output:
        check_output(flags.output)
    programs = rewardlab.generate(
        task,
        flags.goal,
        coder=flags.coder,
        n=flags.samples,
        few_shot=flags.few_shot,
        frozen=flags.frozen,
        max_repairs=flags.max_repairs,
        max_calls=flags.max_calls,
        max_tokens=flags.max_tokens,
        corrections=flags.corrections,
        memory=flags.memory,
        mend=flags.mend,
        record=flags.record,
        model=flags.model,
        seed=flags.seed,
        sandbox=flags.sandbox,
        allow_degraded=flags.allow_degraded_sandbox,
        on_event=told,
    )
    announce(programs[0])
    paths = _save(programs, flags.output)
    pairs = list(zip(programs, paths, strict=True))
    view = "\n".join(str(path or program.source) for program, path in pairs)
    return Answer({"task": task.id, "programs": [entry(*pair) for pair in pairs]}, view)


def told(kind: str, line: str) -> None:
    """Show what a coder does."""
    note(line)


def announce(program: RewardProgram) -> None:
    """Say who wrote a program, plainly where it was no model."""
    from rewardlab.design.generate import credit

    note(credit(program))


def entry(program: RewardProgram, path: Path | None) -> dict[str, Any]:
    """Return what `--json` says about a program."""
    return {
        "program_id": program.id,
        "path": str(path) if path else None,
        "task": program.task_id,
        "goal": program.goal,
        "parent": program.parent,
        "origin": program.origin,
        "source": program.source,
    }


def _save(programs: list[RewardProgram], output: str | None) -> list[Path | None]:
    if output is None:
        return [None] * len(programs)
    path = Path(output)
    if len(programs) == 1:
        return [programs[0].save(path)]
    names = (path.with_stem(f"{path.stem}-{i}") for i in range(1, len(programs) + 1))
    return [program.save(name) for program, name in zip(programs, names, strict=True)]
