"""What every run, evaluation, verdict and report records about how its programs were held."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from importlib import metadata
from typing import Any

from rewardlab.program.vocabulary import vocabulary_hash
from rewardlab.sandbox import kernel
from rewardlab.sandbox.capabilities import layers, level
from rewardlab.sandbox.limits import Limits

FIELDS = (
    "sandbox_level", "layers", "kernel", "architecture", "landlock_abi", "filter",
    "filter_action", "limits", "python", "numpy", "scipy", "vocabulary", "program_id", "probe",
    "worker", "lockdown", "trust",
)  # fmt: skip
"""Keys of every record."""


def record(
    *,
    program_id: str | None = None,
    probe: Mapping[str, Any] | None = None,
    worker: Mapping[str, Any] | None = None,
    lockdown: bool = False,
    allow_degraded_sandbox: bool = False,
    trust_pickle: bool = False,
) -> dict[str, Any]:
    """Return a JSON-ready record with exactly the keys `FIELDS`.

    Args:
        program_id: SHA-256 of the program, `None` if none ran.
        probe: Seed, hash (`states`) and number (`n`) of the states on which it was probed; `None`
            if it was not.
        worker: `calls`, `p50_us`, `p99_us`, `faults` by code, `respawns` and `substituted`
            values; `None` if none ran.
        lockdown: Whether the trainer was locked too.
        allow_degraded_sandbox: Whether that risk was accepted.
        trust_pickle: Whether that risk was accepted.
    """
    return {
        "sandbox_level": level(),
        "layers": [layer._asdict() for layer in layers()],
        **_machine(),
        "limits": asdict(Limits()),
        "program_id": program_id,
        "probe": probe and dict(probe),
        "worker": worker and dict(worker),
        "lockdown": lockdown,
        "trust": {"allow_degraded_sandbox": allow_degraded_sandbox, "trust_pickle": trust_pickle},
    }


@cache
def _machine() -> dict[str, Any]:
    known, code = kernel.machine(), b""
    if known is not None:
        code = kernel.filter_code(known, kernel.KILL_PROCESS)
    return {
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "landlock_abi": kernel.landlock_abi() if known else 0,
        "filter": sha256(code).hexdigest() if code else None,
        "filter_action": "EPERM in a probe's first worker, then KILL_PROCESS" if code else None,
        "python": platform.python_version(),
        "numpy": metadata.version("numpy"),
        "scipy": metadata.version("scipy"),
        "vocabulary": vocabulary_hash(),
    }
