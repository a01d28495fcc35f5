"""Write the next reward program from what a person says about a run; shown as a diff.

Say it in words, by --rating, or by comparing two runs: --prefer names the better one; --compare
shows where their clips are and asks which is better.

Examples:
  rewardlab refine window-close-ppo "It hits the handle too hard, move more slowly."
  rewardlab refine window-close-ppo "Keep the gripper closed." -o next.py
  rewardlab refine window-close-ppo --prefer window-close-sac
  rewardlab refine window-close-ppo --compare window-close-sac
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from rewardlab.cli.answer import Answer, note
from rewardlab.cli.flags import (
    AllowDegraded,
    Coder,
    Corrections,
    Json,
    MaxCalls,
    MaxRepairs,
    MaxTokens,
    Memory,
    Mend,
    Model,
    Out,
    Output,
    OwnTask,
    Run,
    Sandbox,
)
from rewardlab.cli.generate import announce, entry, told
from rewardlab.errors import UsageError

if TYPE_CHECKING:
    from rewardlab.training.run import Run as RunObject


@dataclass(frozen=True)
class Flags:
    """Flags of `rewardlab refine`."""

    run: Run
    comment: Annotated[Positional[str], arg(metavar="COMMENT", help="What should change.")] = ""
    rating: Annotated[
        int | None,
        arg(metavar="N", help="How good it was, 1 to 5.", help_behavior_hint=""),
    ] = None
    prefer: Annotated[
        str | None,
        arg(metavar="RUN", help="Another run that was better.", help_behavior_hint=""),
    ] = None
    compare: Annotated[
        str | None,
        arg(
            metavar="RUN",
            help="Another run of the same task: you are asked whose clip is better.",
            help_behavior_hint="",
        ),
    ] = None
    seen: Annotated[
        str | None,
        arg(metavar="WORDS", help="What the policy does.", help_behavior_hint=""),
    ] = None
    output: Output = None
    coder: Coder = "auto"
    model: Model = None
    task: OwnTask = None
    max_repairs: MaxRepairs = 3
    max_calls: MaxCalls = None
    max_tokens: MaxTokens = None
    corrections: Corrections = None
    memory: Memory = 0
    mend: Mend = False
    sandbox: Sandbox = "auto"
    allow_degraded_sandbox: AllowDegraded = False
    out: Out = "results"
    json: Json = False


def run(flags: Flags) -> Answer:
    """Refine it."""
    import rewardlab
    from rewardlab.program.diff import program_diff
    from rewardlab.program.program import check_output

    opened = rewardlab.Run.open(flags.run, out=flags.out)
    if flags.output:
        check_output(flags.output)
    preferred = _preferred(opened, flags)
    if not (flags.comment or flags.rating or flags.seen or preferred.get("prefer")):
        _check_unsaid(opened, flags)
    child = rewardlab.refine(
        opened,
        flags.comment or None,
        on_event=told,
        rating=flags.rating,
        **preferred,
        seen=flags.seen,
        coder=flags.coder,
        model=flags.model,
        task=flags.task,
        max_repairs=flags.max_repairs,
        max_calls=flags.max_calls,
        max_tokens=flags.max_tokens,
        corrections=flags.corrections,
        memory=flags.memory,
        mend=flags.mend,
        sandbox=flags.sandbox,
        allow_degraded=flags.allow_degraded_sandbox,
    )
    announce(child)
    kept = opened.path / "next" / f"{child.id[:12]}.py"
    path = child.save(flags.output) if flags.output else kept
    parent = opened.program
    diff = program_diff(parent, child) if parent else child.source
    note(f"Train it: rewardlab train {child.task_id} --reward {path}")
    return Answer({**entry(child, path), "diff": diff}, f"{diff}\n{path}")


def _check_unsaid(opened: RunObject, flags: Flags) -> None:
    """Ask for words where the composer would replace a program of which it knows no plan."""
    from rewardlab.coders.select import make_coder

    parent = opened.program
    if parent is None or "plan" in parent.notes or opened.record.get("fault"):
        return
    if make_coder(flags.coder, model=flags.model).name == "offline":
        raise UsageError(
            f"say what should change in {opened.id}: its program was not written by the offline "
            "composer, which cannot edit it, but would compose another from the goal and your "
            f'words: rewardlab refine {opened.id} "…"; or use --coder openai'
        )


def _preferred(opened: RunObject, flags: Flags) -> dict[str, str | None]:
    """Return which of two runs is better, as the flag says or a person who is asked."""
    import rewardlab
    from rewardlab.cli.opinions import choose

    if flags.compare is None:
        return {"prefer": flags.prefer}
    if flags.prefer is not None:
        raise UsageError("--compare asks which run is better, --prefer says it: give one of them")
    other = rewardlab.Run.open(flags.compare, out=flags.out)
    for run in (other, opened):
        if not (run.path / "video.mp4").exists():
            raise UsageError(
                f"{run.id} was not filmed, so there is no clip to compare: "
                f"rewardlab evaluate {run.path} --video; or say which run is better with --prefer"
            )
    choice = choose(opened, other)
    if choice is None:
        return {}
    prefer = {"left": str(other.path), "right": str(opened.path)}.get(choice, choice)
    return {"prefer": prefer, "other": str(other.path)}
