"""Run a program inside of a system-call filter, as old kernels and containers are to it.

`python outer.py '{"landlock": 38}' PROGRAM ARGUMENT...`: each named group of system calls fails
with that error number, for PROGRAM and all that it starts.
"""

from __future__ import annotations

import ctypes
import json
import os
import struct
import sys

from rewardlab.sandbox import kernel

GROUPS = {
    "landlock": {"x86_64": (444, 445, 446), "aarch64": (444, 445, 446)},
    "seccomp": {"x86_64": (317,), "aarch64": (277,)},
    "memfd": {"x86_64": (319,), "aarch64": (279,)},
    "pidfd": {"x86_64": (434, 424), "aarch64": (434, 424)},
    "close_range": {"x86_64": (436,), "aarch64": (436,)},
    "capset": {"x86_64": (126,), "aarch64": (91,)},
    "setrlimit": {"x86_64": (302, 160), "aarch64": (261, 164)},
    "vfork": {"x86_64": (58,), "aarch64": ()},
    "clone3": {"x86_64": (435,), "aarch64": (435,)},
    "fork": {"x86_64": (56, 57), "aarch64": (220,)},
}
"""System calls by name of the group; `"fork"` spares threads and vfork, which share memory."""

CLONE_VM, ARGUMENT_0 = 0x100, 16
LOAD, EQUAL, SET, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000


def code(groups: dict[str, int]) -> bytes:
    """Return the filter."""
    machine = os.uname().machine
    lines = [(LOAD, 0, 0, 0)]
    for name, error in groups.items():
        for number in GROUPS[name][machine]:
            if name == "fork":
                lines += [(EQUAL, 0, 4, number), (LOAD, 0, 0, ARGUMENT_0), (SET, 0, 1, CLONE_VM)]
                lines += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, ERRNO | error)]
            else:
                lines += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | error)]
    return b"".join(struct.pack("<HBBI", *line) for line in [*lines, (RETURN, 0, 0, ALLOW)])


def enclose(groups: dict[str, int]) -> None:
    """Filter this process from now on."""
    known = kernel.machine()
    assert known is not None
    text = code(groups)
    program = kernel._Filter(len(text) // 8, text)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(known.seccomp, 1, 0, ctypes.byref(program)) != 0:
        raise OSError(ctypes.get_errno(), "the outer filter does not work")


if __name__ == "__main__":
    enclose(json.loads(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])
