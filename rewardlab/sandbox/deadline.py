"""When a call takes too long: is it the program, or a machine that gives it no processor?"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

MOST = 5
"""How often its time a worker gets that is not given the processor."""

_PROCESS_CPU = 2
"""How Linux marks the clock of a whole process, see clock_getcpuclockid(3)."""


class Deadline:
    """A moment on the wall's clock, put off for a worker that is starved.

    Args:
        pid: The worker.
        seconds: How long it may take [s].

    Attributes:
        seconds: Same, with what it was given more [s].
    """

    def __init__(self, pid: int, seconds: float) -> None:
        self._pid, self._each = pid, seconds
        self._start, self._used_s = time.monotonic(), used_s(pid)
        self.seconds = seconds

    def left(self) -> float:
        """Return how long it still has, 0 once that is over [s]."""
        waited = time.monotonic() - self._start
        if waited >= self.seconds and self._starved():
            self.seconds = min(waited + self._each, MOST * self._each)
        return max(0.0, self.seconds - waited)

    def _starved(self) -> bool:
        """Whether it waits for the processor, and got it for less than half of its time so far."""
        return runnable(self._pid) and used_s(self._pid) - self._used_s < self._each / 2


def used_s(pid: int) -> float:
    """Return the processor time of a process [s].

    Where the system does not tell it, the time of a clock on the wall.
    """
    try:
        return time.clock_gettime(~pid << 3 | _PROCESS_CPU)
    except OSError:
        return time.perf_counter()


def runnable(pid: int) -> bool:
    """Whether a process would go on, given a processor; `False` where nobody tells."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "R"
    return False
