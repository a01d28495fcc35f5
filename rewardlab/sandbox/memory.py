"""Memory and files without a name: nobody can open them but who was given the descriptor."""

from __future__ import annotations

import os
import sys
import tempfile

from rewardlab.errors import WorkerStartError

_NOEXEC_SEAL = 8
"""Nobody can make it executable (Linux 6.3): some systems refuse any other."""


def anonymous_file() -> int:
    """Return the descriptor of a file without a name, in memory where the platform can.

    Raises:
        WorkerStartError: The system has none to give.
    """
    try:
        if hasattr(os, "memfd_create"):
            return _memory_file()
        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())
    except OSError as error:
        raise WorkerStartError(
            f"no memory to share with a jailed worker ({error.strerror}): free memory or allow "
            "the system call memfd_create"
        ) from error


def _memory_file() -> int:
    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    try:
        return os.memfd_create("rewardlab", flags | _NOEXEC_SEAL)
    except OSError:
        return os.memfd_create("rewardlab", flags)


def shared_memory(size: int) -> int:
    """Return anonymous memory of a fixed size, as a descriptor: nobody can shrink it under us.

    Raises:
        WorkerStartError: The system has none to give.
    """
    fd = anonymous_file()
    os.ftruncate(fd, size)
    if sys.platform == "linux":
        import fcntl

        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd
