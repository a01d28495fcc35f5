"""Whether the process that trains a run still lives."""

from __future__ import annotations

import os
from pathlib import Path


def alive(pid: int | None, since: str | None) -> bool:
    """Return whether the process of that number that started then still lives."""
    return pid is not None and started(pid) == since and since is not None


def started(pid: int) -> str | None:
    """Return when a process started, so that a reused number is not mistaken for it."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
        return _signalled(pid)
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


def _signalled(pid: int) -> str | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return "alive"
