"""Check a reward program: read it statically, then run it in a jailed probe on real states.

Exit code 0: it may be trained on; 1: it is refused, with what to change.

Examples:
  rewardlab validate drawer.py --task metaworld/drawer-open
  rewardlab validate drawer.py --task metaworld/drawer-open --json
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from rewardlab.cli.answer import Answer
from rewardlab.cli.flags import AllowDegraded, Json, Sandbox, Seed, TaskOptions, open_task
from rewardlab.program.listing import listing

if TYPE_CHECKING:
    from rewardlab.design.verdict import Verdict


@dataclass(frozen=True)
class Flags:
    """Flags of `rewardlab validate`."""

    program: Annotated[Positional[str], arg(metavar="PROGRAM", help="File with the program.")]
    task: Annotated[str, arg(metavar="TASK", help="Task id that it is for.")]
    seed: Seed = 0
    sandbox: Sandbox = "auto"
    allow_degraded_sandbox: AllowDegraded = False
    task_option: TaskOptions = ()
    json: Json = False


def run(flags: Flags) -> Answer:
    """Validate it."""
    import rewardlab

    program = rewardlab.RewardProgram.load(flags.program)
    verdict = rewardlab.validate(
        program,
        open_task(flags.task, flags.task_option),
        seed=flags.seed,
        sandbox=flags.sandbox,
        allow_degraded=flags.allow_degraded_sandbox,
    )
    findings = listing(verdict.findings, source=program.source, name=flags.program)
    summary = _summary(verdict, flags)
    view = f"{findings}\n{summary}" if findings else summary
    return Answer(verdict.to_json(), view, 0 if verdict.ok else 1)


def _summary(verdict: Verdict, flags: Flags) -> str:
    errors = sum(f.severity == "error" for f in verdict.findings)
    warnings = len(verdict.findings) - errors
    counts = ", ".join(
        f"{n} {word}{'s' * (n > 1)}" for n, word in ((errors, "error"), (warnings, "warning")) if n
    )
    said = f"{'passes' if verdict.ok else 'is refused'} on {flags.task}"
    return (
        f"{flags.program} {said}{f': {counts}' if counts else ''} "
        f"(sandbox: {verdict.sandbox_level}, {verdict.seconds:.1f} s)"
    )
