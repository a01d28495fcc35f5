"""How a run's program was held, written down with every checkpoint: `sandbox.json`."""

from __future__ import annotations

from collections.abc import Sequence

from rewardlab.shapers.program import ProgramShaper
from rewardlab.store.files import read_json, write_json
from rewardlab.training.run import Run
from rewardlab.training.shaped import ShapedVecEnv


def keep_record(run: Run, shaped: Sequence[ShapedVecEnv] = ()) -> None:
    """Write what `rewardlab.sandbox.record` says of a run.

    Args:
        run: The run.
        shaped: Its shaping environments; among them the one that runs its program, if it has one.
    """
    from rewardlab.sandbox.record import record

    config, program_id = run.config, run.record["program_id"]
    verdict = read_json(run.path / "verdict.json") or {}
    checked = verdict.get("sandbox") or {} if verdict.get("program_id") == program_id else {}
    workers = [v.shaper.runner.record() for v in shaped if isinstance(v.shaper, ProgramShaper)]
    held = record(
        program_id=program_id,
        probe=checked.get("probe"),
        worker=workers[0] if workers else None,
        lockdown=config.lockdown,
        allow_degraded_sandbox=config.allow_degraded_sandbox,
    )
    write_json(run.path / "sandbox.json", held)
