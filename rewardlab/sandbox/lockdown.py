"""Locking a whole trainer down (`--lockdown`): it writes its run folder and reaches nobody.

Learning needs threads, memory and many files, so here, other than in the jail of reward programs,
everything may be computed but not everything touched:

- landlock: read the interpreter, packages and the system's libraries; write one folder; execute
  the interpreter and its loader (which starts other programs too, as locked); no TCP; no signals
  and no abstract sockets beyond this domain.
- a filter of system calls, a deny-list: no socket of any kind, no reach into other processes, no
  namespaces, mounts, keys, kernel modules, System V memory or typing into the terminal; and no
  change of modes, owners or times of files, which landlock does not see.
- `seal`, once all processes are started: no program is executed any more.

Both layers are inherited by everything that is started afterwards.
"""

from __future__ import annotations

import contextlib
import glob
import os
import platform
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rewardlab.errors import SandboxError, SandboxUnavailable
from rewardlab.sandbox import denied, kernel

if TYPE_CHECKING:
    from rewardlab.sandbox.layers import Layer

LEAST_ABI = 3
"""The first landlock that can keep a process from emptying files: Linux 6.2."""

_LIBRARIES = ("/usr", "/lib", "/lib32", "/lib64", "/opt", "/nix/store", "/proc", "/sys")
_SETTINGS = (
    "alternatives", "group", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime",
    "mime.types", "nsswitch.conf", "OpenCL", "os-release", "passwd", "timezone", "vulkan",
)  # fmt: skip
_DEVICES = ("null", "zero", "full", "random", "urandom", "nvidia*", "nvidia-caps/*", "dri/*", "kfd")

_READ = kernel.READ_FILE | kernel.READ_DIR
_USE = kernel.READ_FILE | kernel.WRITE_FILE | kernel.IOCTL_DEV
_RUN = kernel.READ_FILE | kernel.EXECUTE
# No symbolic links, pipes, sockets or devices: whoever reads the folder later follows none.
_WRITE = (
    _READ | kernel.WRITE_FILE | kernel.TRUNCATE | kernel.MAKE_REG | kernel.MAKE_DIR
    | kernel.REMOVE_FILE | kernel.REMOVE_DIR | kernel.REFER
)  # fmt: skip


def confine(*, read: Iterable[str], write: str) -> None:
    """Lock this process and all that it will start down, for ever.

    To be called before any library can start a thread: landlock binds the calling one.

    Args:
        read: Files and folders that may be read besides the interpreter's and the system's.
        write: The one folder that may be written.

    Raises:
        SandboxError: There are threads already.
        OSError: A step failed; nothing may run in this process.
    """
    if len(os.listdir("/proc/self/task")) != 1:
        raise SandboxError("a library started a thread too early: --lockdown cannot bind it")
    kernel.drop_capabilities()
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.landlock_deny_all(but=_rules(read, write))
    kernel.seccomp(denied.reach)


def seal() -> None:
    """Execute no program any more, from no thread of this process, for ever."""
    kernel.seccomp(denied.programs)


def require() -> None:
    """Refuse where the lock does not hold.

    Raises:
        SandboxUnavailable: It does not; says what is missing.
    """
    layer = lockdown_works()
    if not layer.works:
        raise SandboxUnavailable(f"--lockdown does not work here: {layer.why}")


@cache
def lockdown_works() -> Layer:
    """Try in a child what the lock must forbid, once per process; never raises."""
    from rewardlab.sandbox.layers import Layer

    why = _missing()
    if not why:
        try:
            why = _attempt()
        except OSError as error:
            why = str(error)
    if why:
        return Layer("lockdown", False, why)
    abi = kernel.landlock_abi()
    signals = "" if abi >= 6 else "; signals to your other processes need Linux 6.12 to be stopped"
    return Layer("lockdown", True, f"a trainer writes its run folder, no network{signals}")


def _missing() -> str:
    if kernel.machine() is None:
        return f"it needs Linux on x86_64 or aarch64, this is {sys.platform} {platform.machine()}"
    abi = kernel.landlock_abi()
    if abi < LEAST_ABI:
        has = f"has version {abi}" if abi else "does not offer it"
        return f"landlock version {LEAST_ABI} is needed (Linux 6.2), this kernel {has}"
    return ""


def _rules(read: Iterable[str], write: str) -> dict[str, int]:
    places = [sys.prefix, sys.base_prefix, sys.exec_prefix, *filter(None, sys.path), *_LIBRARIES]
    places += os.environ.get("LD_LIBRARY_PATH", "").split(":")
    rules = dict.fromkeys([*filter(None, places), *read], _READ)
    rules |= dict.fromkeys((f"/etc/{name}" for name in _SETTINGS), _READ)
    rules |= {"/dev": kernel.READ_DIR}
    for pattern in _DEVICES:
        rules |= dict.fromkeys(glob.glob(f"/dev/{pattern}"), _USE)
    return rules | dict.fromkeys(_interpreter(), _RUN) | {write: _WRITE}


def _interpreter() -> set[str]:
    """Return the interpreter and what the kernel loads it with."""
    with open("/proc/self/maps") as maps:
        files = {line.split(maxsplit=5)[-1].strip() for line in maps}
    return {sys.executable, *(f for f in files if os.path.basename(f).startswith("ld-"))}


_BOOT = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from rewardlab.sandbox.lockdown import trial; trial(*sys.argv[2:])"
)


def _attempt() -> str:
    """Return what went wrong with a lock tried in a child, `""` if it holds; judged by effects."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        inside, outside = Path(folder, "inside"), Path(folder, "outside")
        inside.mkdir()
        outside.mkdir()
        listener.bind(f"{folder}/listener")
        listener.listen()
        listener.setblocking(False)
        root = str(Path(__file__).resolve().parents[2])
        done = subprocess.run(
            [sys.executable, "-P", "-B", "-c", _BOOT, root, inside, outside, f"{folder}/listener"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if not (inside / "written").exists():
            lines = done.stderr.strip().splitlines() or [f"it ended with code {done.returncode}"]
            return lines[-1][:300]
        if list(outside.iterdir()):
            return "landlock forbids nothing here: a file was written outside"
        if _connected(listener):
            return "the filter of system calls forbids nothing here: a socket was connected"
        return "a program was executed" if (inside / "executed").exists() else ""


def _connected(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def trial(inside: str, outside: str, address: str) -> None:
    """Lock this process down and try what it must not, for `lockdown_works`."""
    confine(read=(), write=inside)
    with contextlib.suppress(OSError):
        Path(outside, "written").touch()
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.connect(address)
    seal()
    with contextlib.suppress(OSError):
        script = f"open({inside + '/executed'!r}, 'w')"
        os.waitpid(os.posix_spawn(sys.executable, [sys.executable, "-c", script], {}), 0)
    Path(inside, "written").touch()
