"""The Linux system calls behind the jail: prctl, landlock and seccomp, through ctypes.

Numbers and structures are those of the kernel's `linux/landlock.h`, `linux/seccomp.h` and
`linux/audit.h`. Every function raises `OSError` when the kernel refuses.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from functools import cache
from typing import NamedTuple

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38

_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446
_SECCOMP_SET_MODE_FILTER, _SECCOMP_FLAG_TSYNC = 1, 1
KILL_PROCESS, ALLOW, DENY = 0x80000000, 0x7FFF0000, 0x00050000 | errno.EPERM

_LOAD, _JUMP_EQ, _JUMP_GE, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_AT_NUMBER, _AT_ARCH, _AT_PROT, _AT_FLAGS = 0, 4, 32, 40
_PROT_EXEC, _MAP_ANONYMOUS, _X32 = 0x4, 0x20, 0x40000000


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


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def machine() -> Machine | None:
    """Return this processor's numbers, or `None` for one that we do not know."""
    return MACHINES.get(platform.machine()) if platform.system() == "Linux" else None


def prctl(option: int, value: int) -> None:
    """Change an attribute of this process."""
    if _libc().prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise _error("prctl")


def landlock_abi() -> int:
    """Return the kernel's landlock version, 0 if it has none."""
    version: int = _libc().syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(1))
    return max(version, 0)


def landlock_deny_all(abi: int) -> None:
    """Take every right that this landlock version knows from the calling thread."""
    files = (1 << 13) - 1
    for since, bit in ((2, 13), (3, 14), (5, 15)):
        files |= (abi >= since) << bit
    network, scope = (3 if abi >= 4 else 0), (3 if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    rules = struct.pack("<QQQ", files, network, scope)
    ruleset = _libc().syscall(_LANDLOCK_CREATE, rules, ctypes.c_size_t(size), ctypes.c_uint(0))
    if ruleset < 0:
        raise _error("landlock_create_ruleset")
    try:
        if _libc().syscall(_LANDLOCK_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint(0)) != 0:
            raise _error("landlock_restrict_self")
    finally:
        os.close(ruleset)


def seccomp_compute_only(default: int) -> None:
    """Allow this process nothing but computing and its open pipes, from now on.

    Args:
        default: What happens on any other system call: `DENY` (it fails with EPERM) or
            `KILL_PROCESS`.
    """
    known = machine()
    if known is None:
        raise OSError(errno.ENOSYS, f"no system-call filter for {platform.machine()}")
    code = filter_code(known, default)
    program = _Filter(len(code) // 8, code)
    result = _libc().syscall(
        known.seccomp,
        ctypes.c_uint(_SECCOMP_SET_MODE_FILTER),
        ctypes.c_uint(_SECCOMP_FLAG_TSYNC),
        ctypes.byref(program),
    )
    if result > 0:
        raise OSError(errno.EBUSY, f"seccomp could not lock thread {result}")
    if result < 0:
        raise _error("seccomp")


def filter_code(known: Machine, default: int) -> bytes:
    """Return the filter as instructions of the classic packet-filter machine."""
    numbers = known.allowed
    head = [(_LOAD, 0, 0, _AT_ARCH), (_JUMP_EQ, 1, 0, known.audit), (_RETURN, 0, 0, KILL_PROCESS)]
    head += [(_LOAD, 0, 0, _AT_NUMBER)]
    head += [(_JUMP_GE, 0, 1, _X32), (_RETURN, 0, 0, KILL_PROCESS)]
    # From the test for mmap, jump over all other tests and the default to the checks of mmap.
    head += [(_JUMP_EQ, len(numbers) + 2, 0, known.mmap)]
    tests = [(_JUMP_EQ, len(numbers) - i, 0, number) for i, number in enumerate(numbers)]
    ends = [(_RETURN, 0, 0, default), (_RETURN, 0, 0, ALLOW)]
    checks = [
        (_LOAD, 0, 0, _AT_PROT),
        (_JUMP_SET, 3, 0, _PROT_EXEC),
        (_LOAD, 0, 0, _AT_FLAGS),
        (_JUMP_SET, 0, 1, _MAP_ANONYMOUS),
        (_RETURN, 0, 0, ALLOW),
        (_RETURN, 0, 0, DENY),
    ]
    return b"".join(struct.pack("<HBBI", *line) for line in head + tests + ends + checks)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _error(call: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{call}: {os.strerror(number)}")
