"""Locking a worker down; the order matters: each step takes away what no later one needs."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import warnings
from typing import NamedTuple

from rewardlab.sandbox import kernel

if sys.platform != "win32":
    import fcntl
    import resource

REQUEST_FD, REPLY_FD = 3, 4
"""Where a worker finds its two pipes."""

_MIB = 1 << 20


class Guards(NamedTuple):
    """Which guards of a worker are on: only tests turn any off, to show that the others hold.

    Attributes:
        reading: The static reading and its allow-list.
        seccomp: The filter of system calls.
        landlock: No files, no TCP.
        rlimits: Bounds on memory, files and processor time.
    """

    reading: bool = True
    seccomp: bool = True
    landlock: bool = True
    rlimits: bool = True


class Lock(NamedTuple):
    """How a worker is locked.

    Attributes:
        seccomp: Filter system calls.
        landlock: Take every right that landlock knows.
        rlimits: Set resource limits.
        kill: A forbidden system call ends the worker instead of failing.
        memory_mib: Address space on top of the present one [MiB].
        cpu_s: Processor time, 0 for any [s].
    """

    seccomp: bool
    landlock: bool
    rlimits: bool
    kill: bool
    memory_mib: int
    cpu_s: int


def lock(how: Lock, *, request: int, reply: int, parent: int) -> None:
    """Give up everything but computing and two pipes, for ever.

    Args:
        how: Which layers, which limits.
        request: Pipe to read from; becomes descriptor 3.
        reply: Pipe to write to; becomes descriptor 4.
        parent: Process that must still be ours once its death would kill us.

    Raises:
        OSError: A step failed: nothing may run in this process.
    """
    _keep_descriptors(request, reply)
    _detach(parent)
    size = address_space()
    _calm_interpreter()
    if how.rlimits:
        limit(how, size)
    if how.landlock:
        kernel.landlock_deny_all()
    if how.seccomp:
        kernel.seccomp_compute_only(kernel.KILL_PROCESS if how.kill else kernel.DENY)


def _keep_descriptors(request: int, reply: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    first = REPLY_FD + 1
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, first) for fd in (null, null, null, request, reply)]
    for target, fd in enumerate(high):
        os.dup2(fd, target, inheritable=False)
    os.closerange(first, 1 << 12)


def _detach(parent: int) -> None:
    os.setsid()
    if sys.platform != "linux":
        return
    _be_first_to_go()
    kernel.drop_capabilities()
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise OSError("the process that workers are forked from is gone")
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)


def _be_first_to_go() -> None:
    """Where memory runs out, let the system end this process, not the trainer."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def address_space() -> int:
    """Return how much of it this process has, 0 if unknown [bytes]."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _calm_interpreter() -> None:
    import numpy as np

    np.seterr(all="ignore")
    warnings.simplefilter("ignore")


def limit(how: Lock, size: int) -> None:
    """Bound memory, files and processor time of this process.

    Args:
        how: The limits.
        size: Present address space, 0 if unknown (memory is then not bounded) [bytes].
    """
    limits = {
        "NOFILE": 16,
        "STACK": 8 * _MIB,
        "FSIZE": 0,
        "CORE": 0,
        "NPROC": 0,
        "MEMLOCK": 0,
        "MSGQUEUE": 0,
    }
    if size:
        limits["AS"] = size + how.memory_mib * _MIB
    if how.cpu_s:
        limits["CPU"] = how.cpu_s
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is not None:
            _bound(kind, value)


def _bound(kind: int, value: int) -> None:
    # At the soft limit the kernel sends a signal that tells the reason, at the hard one SIGKILL.
    most = value + (kind == resource.RLIMIT_CPU)
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        value, most = min(value, hard), min(most, hard)
    resource.setrlimit(kind, (value, most))
