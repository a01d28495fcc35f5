"""Memory and files without a name: nobody can open them but who was given the descriptor."""

from __future__ import annotations

import os
import sys
import tempfile


def anonymous_file() -> int:
    """Return the descriptor of a file without a name, in memory where the platform can."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("rewardlab", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def shared_memory(size: int) -> int:
    """Return anonymous memory of a fixed size, as a descriptor: nobody can shrink it under us."""
    fd = anonymous_file()
    os.ftruncate(fd, size)
    if sys.platform == "linux":
        import fcntl

        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd
