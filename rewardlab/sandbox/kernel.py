"""The Linux system calls behind the jail: prctl, landlock and seccomp, through ctypes.

Numbers and structures are those of the kernel's `linux/landlock.h`, `linux/seccomp.h` and
`linux/audit.h`. Every function raises `OSError` when the kernel refuses.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import stat
import struct
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Literal, NamedTuple

from rewardlab.sandbox.machines import MACHINES as MACHINES
from rewardlab.sandbox.machines import Machine as Machine
from rewardlab.sandbox.machines import machine as machine

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
PR_SET_CHILD_SUBREAPER = 36

_CAPABILITY_VERSION = 0x20080522
_LANDLOCK_CREATE, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT, _LANDLOCK_FIELDS = 444, 445, 446, 3
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << i for i in range(6))
MAKE_DIR, MAKE_REG, REFER, TRUNCATE, IOCTL_DEV = (1 << i for i in (7, 8, 13, 14, 15))
_ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
_SECCOMP_SET_MODE_FILTER, _SECCOMP_FLAG_TSYNC = 1, 1
KILL_PROCESS, ALLOW, DENY = 0x80000000, 0x7FFF0000, 0x00050000 | errno.EPERM
_ABSENT = 0x00050000 | errno.ENOSYS

_LOAD, _JUMP_EQ, _JUMP_GE, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_AT_NUMBER, _AT_ARCH, _AT_ARGUMENTS, _AT_PROT, _AT_FLAGS = 0, 4, 16, 32, 40
_PROT_EXEC, _MAP_ANONYMOUS, _X32 = 0x4, 0x20, 0x40000000


class Argument(NamedTuple):
    """A system call that is denied by the value of one argument.

    Attributes:
        call: Number of the call.
        at: Which argument, from 0.
        value: Lower 32 bits of the argument.
        deny: What is denied: this value, all others, or each with any of these bits.
    """

    call: int
    at: int
    value: int
    deny: Literal["equal", "other", "bits"] = "equal"


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def prctl(option: int, value: int) -> None:
    """Change an attribute of this process."""
    if _libc().prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise _error("prctl")


def drop_capabilities() -> None:
    """Make root an ordinary user, for ever: some permitted calls do more for the privileged."""
    header, held = struct.pack("=Ii", _CAPABILITY_VERSION, 0), ctypes.create_string_buffer(24)
    if _libc().capget(header, held) != 0:
        raise _error("capget")
    if any(held.raw) and _libc().capset(header, bytes(24)) != 0:
        raise _error("capset")


def landlock_abi() -> int:
    """Return the kernel's landlock version, 0 if it has none."""
    if sys.platform != "linux":
        return 0
    version: int = _libc().syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(1))
    return max(version, 0)


@cache
def landlock_rights() -> tuple[int, ...]:
    """Return every right that this landlock can take: on files, on the network, beyond its domain.

    Found by asking, so that rights of later kernels are taken too.
    """
    fields = range(_LANDLOCK_FIELDS)
    return tuple(_rights(field) for field in fields) if sys.platform == "linux" else (0, 0, 0)


def _rights(field: int) -> int:
    known = 0
    while known < 1 << 63:
        rights = [0] * _LANDLOCK_FIELDS
        rights[field] = known << 1 | 1
        ruleset = _landlock_ruleset(rights)
        if ruleset < 0:
            break
        os.close(ruleset)
        known = rights[field]
    return known


def _landlock_ruleset(rights: Sequence[int]) -> int:
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, "only Linux has landlock")
    rules = struct.pack(f"={_LANDLOCK_FIELDS}Q", *rights)
    size = ctypes.c_size_t(len(rules))
    ruleset: int = _libc().syscall(_LANDLOCK_CREATE, rules, size, ctypes.c_uint(0))
    return ruleset


def landlock_deny_all(but: Mapping[str, int] = MappingProxyType({})) -> None:
    """Take every right that landlock knows from the calling thread.

    Args:
        but: Rights over files that stay, by file, or by folder for all that is in it; what does
            not exist is left out.
    """
    ruleset = _landlock_ruleset(landlock_rights())
    if ruleset < 0:
        raise _error("landlock_create_ruleset")
    try:
        for path, rights in but.items():
            _allow(ruleset, path, rights)
        if _libc().syscall(_LANDLOCK_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint(0)) != 0:
            raise _error("landlock_restrict_self")
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        rights &= landlock_rights()[0]
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _ON_FILES
        rule = struct.pack("=Qi", rights, fd)
        args = (ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint(0))
        if rights and _libc().syscall(_LANDLOCK_ADD_RULE, *args) != 0:
            raise _error(f"landlock_add_rule for {path}")
    finally:
        os.close(fd)


def seccomp_compute_only(default: int) -> None:
    """Allow this process nothing but computing and its open pipes, from now on.

    Args:
        default: What happens on any other system call: `DENY` (it fails with EPERM) or
            `KILL_PROCESS`.
    """
    seccomp(lambda known: filter_code(known, default))


def seccomp(code_for: Callable[[Machine], bytes]) -> None:
    """Filter the system calls of all threads of this process, from now on.

    Args:
        code_for: Makes the filter, as instructions of the classic packet-filter machine.
    """
    known = machine()
    if known is None:
        raise OSError(errno.ENOSYS, f"no system-call filter for {platform.machine()}")
    code = code_for(known)
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
    numbers, head = known.allowed, _head(known)
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
    return _assembled(head + tests + ends + checks)


def deny_code(
    known: Machine, calls: Iterable[int], arguments: Iterable[Argument] = (), absent: int = -1
) -> bytes:
    """Return a filter that fails these calls with EPERM, `absent` with ENOSYS, and no others."""
    lines, deny = _head(known), (_RETURN, 0, 0, DENY)
    for call, at, value, what in arguments:
        test = _JUMP_SET if what == "bits" else _JUMP_EQ
        lines += [
            (_JUMP_EQ, 0, 4, call),
            (_LOAD, 0, 0, _AT_ARGUMENTS + 8 * at),
            (test, 1, 0, value) if what == "other" else (test, 0, 1, value),
            deny,
            (_LOAD, 0, 0, _AT_NUMBER),
        ]
    for call in calls:
        lines += [(_JUMP_EQ, 0, 1, call), deny]
    if absent >= 0:
        lines += [(_JUMP_EQ, 0, 1, absent), (_RETURN, 0, 0, _ABSENT)]
    return _assembled([*lines, (_RETURN, 0, 0, ALLOW)])


def _head(known: Machine) -> list[tuple[int, int, int, int]]:
    """End calls of another architecture; leave the number of the call where tests find it."""
    return [
        (_LOAD, 0, 0, _AT_ARCH),
        (_JUMP_EQ, 1, 0, known.audit),
        (_RETURN, 0, 0, KILL_PROCESS),
        (_LOAD, 0, 0, _AT_NUMBER),
        (_JUMP_GE, 0, 1, _X32),
        (_RETURN, 0, 0, KILL_PROCESS),
    ]


def _assembled(lines: Iterable[tuple[int, int, int, int]]) -> bytes:
    return b"".join(struct.pack("<HBBI", *line) for line in lines)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _error(call: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{call}: {os.strerror(number)}")
