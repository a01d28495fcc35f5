"""Whether a program may be trained with: static reading, then a probe in the jail."""

from __future__ import annotations

import time
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rewardlab.config import Sandbox, check_seed
from rewardlab.design.verdict import Verdict
from rewardlab.program.program import RewardProgram
from rewardlab.program.reading import read

if TYPE_CHECKING:
    from rewardlab.envs.scene import Array
    from rewardlab.envs.states import States
    from rewardlab.envs.tasks import Task

_CACHED_TASKS = 8


def validate(
    program: RewardProgram | str | Path,
    task: Task | str,
    *,
    seed: int = 0,
    sandbox: Sandbox = "auto",
    allow_degraded: bool = False,
    also: Array | None = None,
) -> Verdict:
    """Check a program: the allow-list first, then the jailed probe on real states of the task.

    Args:
        program: A program, or the path of one.
        task: A task or its id.
        seed: Fixes the states of the probe.
        sandbox: `"require"` refuses to run anything below the full sandbox.
        allow_degraded: Run a program of a model or a file although a layer is missing.
        also: `(N, D)` recorded rows on which it must not fail either.

    Returns:
        The verdict; a bad program is a verdict that is not `ok`, never an exception.

    Raises:
        ConfigError: The seed is none.
        SandboxError: The jail itself does not work here, or not well enough for this program.
    """
    from rewardlab.sandbox import spawn
    from rewardlab.sandbox.capabilities import admit
    from rewardlab.sandbox.probe import probe
    from rewardlab.sandbox.record import record

    check_seed(seed)
    start = time.perf_counter()
    program, task = as_program(program), as_task(task)
    reading = read(program.source, task.scene)
    tried, states = None, ""
    if reading.ok:
        for hash_seed in spawn.HASH_SEEDS:
            spawn.zygote(hash_seed)  # gets ready while the states are made
        rows, names = _states(task, seed, also)
        admit(program, sandbox, allow_degraded)
        tried = probe(program, task.scene, rows, names=names, seed=seed)
        states = sha256(rows.tobytes()).hexdigest()
    findings = reading.findings + (tried.findings if tried else ())
    held = record(
        program_id=program.id,
        probe=tried and {"seed": seed, "states": states, "n": len(rows)},
        worker=tried and tried.record(),
        allow_degraded_sandbox=allow_degraded,
    )
    return Verdict(
        ok=all(finding.severity != "error" for finding in findings),
        findings=findings,
        sandbox_level=held["sandbox_level"],
        seconds=time.perf_counter() - start,
        program_id=program.id,
        task_id=task.id,
        terms=tried.terms if tried else (),
        seed=seed,
        states=states,
        sandbox=held,
    )


def _states(task: Task, seed: int, also: Array | None) -> tuple[Array, tuple[str, ...]]:
    """Return the states of the probe and what each is, with recorded ones behind them."""
    rows, names = probe_rows(task, seed)
    if also is None or not len(also):
        return rows, names
    return np.concatenate((rows, also)), (*names, *["recorded"] * len(also))


def as_program(program: RewardProgram | str | Path) -> RewardProgram:
    """Return a program, loaded if a path is given."""
    return program if isinstance(program, RewardProgram) else RewardProgram.load(program)


def as_task(task: Task | str) -> Task:
    """Return a task, built if an id is given."""
    if not isinstance(task, str):
        return task
    from rewardlab.envs.tasks import task as build

    return build(task)


@lru_cache(maxsize=_CACHED_TASKS)
def probe_rows(task: Task, seed: int) -> States:
    """Return the states on which programs of a task are probed, made once per process."""
    from rewardlab.envs.states import probe_states

    return probe_states(task, seed=seed)
