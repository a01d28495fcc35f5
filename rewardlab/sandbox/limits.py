"""How much a reward program may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of a jailed worker.

    Attributes:
        start_s: Wall time to start the process that workers are forked from [s].
        load_s: Wall time to read and load a program [s].
        call_s: Wall time of a call, whatever its size [s].
        row_s: Wall time of a call per row, where that is more [s].
        probe_s: Wall time of a whole probe [s].
        memory_mib: Address space on top of what the worker has when it is locked [MiB].
        cpu_s: Processor time over the worker's life; 0 for none [s].
    """

    start_s: float = 15.0
    load_s: float = 2.0
    call_s: float = 1.0
    row_s: float = 0.05
    probe_s: float = 10.0
    memory_mib: int = 512
    cpu_s: int = 0
