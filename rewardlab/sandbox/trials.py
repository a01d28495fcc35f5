"""Whether a layer of the jail forbids an act, tried in a process of its own with the others off."""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import signal
import sys
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from rewardlab.sandbox import kernel
from rewardlab.sandbox.jail import Lock, address_space, limit

WORKS, LEAKS = 0, 255
"""Outcome of a trial: the act was forbidden, or it went through. Any other number is the error
with which the layer could not be switched on."""


class Outcome(NamedTuple):
    """How the trial of an act went.

    Attributes:
        act: Its name.
        without: Outcome without the layer; anything but `LEAKS`: it is impossible anyway.
        with_: Outcome with it.
    """

    act: str
    without: int
    with_: int


Switch: TypeAlias = Callable[[], None]
"""Switches a layer on in the process that calls it."""


def seccomp(action: int = kernel.DENY) -> None:
    """Switch the filter of system calls on in this process."""
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.seccomp_compute_only(action)


def landlock() -> None:
    """Switch landlock on in this process."""
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.landlock_deny_all()


def rlimits(cpu_s: int = 0) -> None:
    """Switch resource limits on in this process."""
    size = address_space()
    limit(Lock(False, False, True, False, 64, cpu_s), size)
    if not size and sys.platform == "linux":
        raise FileNotFoundError(errno.ENOENT, "memory is bounded above the present size")


def attempt(layer: Switch | None, do: Callable[[], object]) -> int:
    """Try an act in a new process, with one layer on or none; return the outcome."""
    return outcome(begin(layer, do))


def begin(layer: Switch | None, do: Callable[[], object]) -> int:
    """Start to try an act in a new process; return its process id."""
    if pid := os.fork():
        return pid
    code = LEAKS
    try:
        if layer is not None:
            layer()
        code = _refused(do)
    except OSError as error:
        code = error.errno or LEAKS
    finally:
        os._exit(code)


def _refused(do: Callable[[], object]) -> int:
    try:
        do()
    except (OSError, RuntimeError, ValueError):
        return WORKS
    return LEAKS


def outcome(pid: int) -> int:
    """Wait for that process and return the outcome."""
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return WORKS if status < 0 else status


def fresh_signals() -> None:
    """Undo what our parent blocked or ignored: we must hear of dead children, and obey limits."""
    ours = {signal.SIGPIPE, getattr(signal, "SIGXFSZ", None)}  # Python turns these into errors
    for number in signal.valid_signals() - ours:
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def quick() -> tuple[int, int, int]:
    """Try one act per layer: seccomp, landlock, rlimits."""
    kernel.landlock_rights()
    return (
        attempt(seccomp, open_file),
        attempt(landlock, open_file),
        attempt(rlimits, allocate),
    )


def open_file() -> None:
    """Open a file that exists."""
    os.open(sys.executable, os.O_RDONLY)


def allocate() -> None:
    """Ask for 1 GiB of memory."""
    mmap.mmap(-1, 1 << 30).close()
