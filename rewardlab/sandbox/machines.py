"""Numbers of system calls, by processor, as in the kernel's own headers."""

from __future__ import annotations

import platform
from typing import NamedTuple


class Machine(NamedTuple):
    """What differs between processors.

    Attributes:
        audit: How the kernel names the architecture.
        seccomp: Number of the call `seccomp`.
        mmap: Number of the call `mmap`.
        allowed: Numbers of the calls that computing needs, without `mmap`.
    """

    audit: int
    seccomp: int
    mmap: int
    allowed: tuple[int, ...]


_X86_64 = {
    "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "munmap": 11, "brk": 12,
    "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "sched_yield": 24, "mremap": 25,
    "madvise": 28, "getpid": 39, "exit": 60, "getrusage": 98, "sigaltstack": 131, "gettid": 186,
    "futex": 202, "restart_syscall": 219, "clock_gettime": 228, "clock_nanosleep": 230,
    "exit_group": 231, "ppoll": 271, "getrandom": 318, "membarrier": 324, "rseq": 334,
}  # fmt: skip
_AARCH64 = {
    "close": 57, "lseek": 62, "read": 63, "write": 64, "ppoll": 73, "fstat": 80, "exit": 93,
    "exit_group": 94, "futex": 98, "clock_gettime": 113, "clock_nanosleep": 115,
    "sched_yield": 124, "restart_syscall": 128, "sigaltstack": 132, "rt_sigaction": 134,
    "rt_sigprocmask": 135, "rt_sigreturn": 139, "getrusage": 165, "getpid": 172, "gettid": 178,
    "brk": 214, "munmap": 215, "mremap": 216, "madvise": 233, "getrandom": 278, "membarrier": 283,
    "rseq": 293,
}  # fmt: skip

MACHINES = {
    "x86_64": Machine(0xC000003E, 317, 9, tuple(_X86_64.values())),
    "aarch64": Machine(0xC00000B7, 277, 222, tuple(_AARCH64.values())),
}


def machine() -> Machine | None:
    """Return this processor's numbers, or `None` for one that we do not know."""
    return MACHINES.get(platform.machine()) if platform.system() == "Linux" else None
