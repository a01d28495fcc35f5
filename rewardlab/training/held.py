"""How rewards were held: programs in their jail, designs to their constraints.

Of a run it is written with every checkpoint, in `sandbox.json` and `certificate.json`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from stable_baselines3.common.vec_env import VecEnv

from rewardlab.program.program import RewardProgram
from rewardlab.shapers.base import parts
from rewardlab.shapers.program import JailedShaper
from rewardlab.shapers.tables.designs import Design
from rewardlab.store.files import read_json, write_json
from rewardlab.training.run import Run
from rewardlab.training.shaped import ShapedVecEnv
from rewardlab.training.venv import SuccessVecEnv


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
    workers = [v.shaper.runner.record() for v in shaped if isinstance(v.shaper, JailedShaper)]
    held = record(
        program_id=program_id,
        probe=checked.get("probe"),
        worker=workers[0] if workers else None,
        lockdown=config.lockdown,
        allow_degraded_sandbox=config.allow_degraded_sandbox,
    )
    write_json(run.path / "sandbox.json", held)


def keep_certificate(run: Run, shaped: Sequence[ShapedVecEnv]) -> None:
    """Write what is certain about a designed reward that a run trains with: `certificate.json`.

    It is about the table; `paid` says by which shapers that is changed before it is paid, the
    outermost first, and `invariance` what is left of it then.
    """
    for venv in shaped:
        made_of = list(parts(venv.shaper))
        designs = [getattr(part, "design", None) for part in made_of]
        for design in designs:
            if isinstance(design, Design):
                through = [type(part).__name__ for part in made_of]
                told = {"objective": design.objective, "states": list(design.states)}
                told |= {"paid": through, "invariance": venv.shaper.invariance}
                steps = [step._asdict() for step in design.history]
                sure = asdict(design.certificate) | {"holds": design.certificate.holds}
                write_json(run.path / "certificate.json", {**told, "history": steps, **sure})


def judged_record(
    venv: VecEnv,
    predicate: RewardProgram | None,
    *,
    allow_degraded_sandbox: bool,
    trust_pickle: bool,
) -> dict[str, Any]:
    """Return what `rewardlab.sandbox.record` says of an evaluation.

    Args:
        venv: The environments.
        predicate: Their task's success program, if it has one.
        allow_degraded_sandbox: Whether that risk was accepted.
        trust_pickle: Whether that risk was accepted.
    """
    from rewardlab.sandbox.record import record

    runner = venv.runner if isinstance(venv, SuccessVecEnv) else None
    return record(
        program_id=predicate.id if predicate else None,
        worker=runner.record() if runner else None,
        allow_degraded_sandbox=allow_degraded_sandbox,
        trust_pickle=trust_pickle,
    )
