"""Training on a program that was checked before, and telling what it did not score."""

from __future__ import annotations

from rewardlab.config import Sandbox
from rewardlab.design.asking import OnEvent
from rewardlab.design.validate import validate
from rewardlab.design.verdict import Verdict
from rewardlab.envs.tasks import Task
from rewardlab.errors import ProgramRefused, UsageError
from rewardlab.program.entry import CALL
from rewardlab.program.listing import listing
from rewardlab.program.program import RewardProgram
from rewardlab.shapers.program_potential import usable
from rewardlab.store.files import read_json
from rewardlab.training.fit import fit
from rewardlab.training.run import Run


def accepted(
    program: RewardProgram,
    task: Task,
    *,
    seed: int,
    sandbox: Sandbox,
    allow_degraded: bool,
    on_event: OnEvent,
) -> Verdict:
    """Validate a program before it is trained on, and tell its findings.

    Raises:
        UsageError: It does not define the function.
        ProgramRefused: It may not be trained on.
    """
    verdict = validate(program, task, seed=seed, sandbox=sandbox, allow_degraded=allow_degraded)
    if verdict.findings:
        on_event("findings", listing(verdict.findings, source=program.source))
    codes = [finding.code for finding in verdict.errors]
    if "RewardSignatureError" in codes:
        raise UsageError(f"the program does not define {CALL}")
    if codes:
        raise ProgramRefused(f"the program is refused for {task.id}: {', '.join(codes)}")
    return verdict


def learn(run: Run, task: Task, *, progress: bool, on_event: OnEvent) -> None:
    """Train a run; tell what of its program does not count, and every step it did not score."""
    if run.config.shaping == "potential" and (program := run.program) is not None:
        left_out = usable(program, task.scene).refused
        if left_out:
            on_event("note", f"not in the potential: {', '.join(map(str, left_out))}")
    fit(run, task=task, progress=progress)
    worker = (read_json(run.path / "sandbox.json") or {}).get("worker") or {}
    if worker.get("substituted"):
        faults = ", ".join(f"{code} {n:,}" for code, n in worker["faults"].items())
        scored = f"{worker['substituted']:,} steps scored 0"
        on_event("note", f"the reward program failed: {scored} ({faults})")
