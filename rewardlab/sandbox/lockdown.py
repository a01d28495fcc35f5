"""Locking a whole trainer down (`--lockdown`): it writes its run folder and reaches nobody.

Learning needs threads, memory and many files, so here, other than in the jail of reward programs,
everything may be computed but not everything touched:

- landlock: read the interpreter, packages and the system's libraries; write one folder; execute
  the interpreter alone; no TCP; no signals and no abstract sockets beyond this domain.
- a filter of system calls, a deny-list: no socket of any kind, no reach into other processes, no
  mounts, keys, kernel modules, System V memory or typing into the terminal; and no change of
  modes, owners or times of files, which landlock does not see.
- `seal`, once all processes are started: no program is executed any more.

Both layers are inherited by everything that is started afterwards.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import os
import platform
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rewardlab.errors import SandboxError, SandboxUnavailable
from rewardlab.sandbox import kernel

if TYPE_CHECKING:
    from rewardlab.sandbox.capabilities import Layer

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

_NONE = -1
_CALLS = {
    # network; a pair of connected sockets may still be made
    "socket": (41, 198), "connect": (42, 203), "accept": (43, 202), "bind": (49, 200),
    "listen": (50, 201), "accept4": (288, 242),
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272), "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "process_mrelease": (448, 448), "setpriority": (141, 140), "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119), "sched_setattr": (314, 274), "ioprio_set": (251, 30),
    "migrate_pages": (256, 238), "move_pages": (279, 239),
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "semget": (64, 190),
    "semop": (65, 193), "semctl": (66, 191), "semtimedop": (220, 192), "msgget": (68, 186),
    "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187), "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    # modes, owners, times and attributes of files
    "chmod": (90, _NONE), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, _NONE), "fchown": (93, 55), "lchown": (94, _NONE), "fchownat": (260, 54),
    "utime": (132, _NONE), "utimes": (235, _NONE), "futimesat": (261, _NONE),
    "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "setxattrat": (463, 463), "removexattrat": (466, 466), "file_setattr": (469, 469),
    # mounts and namespaces
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "open_tree_attr": (467, 467), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "fanotify_init": (300, 262), "fanotify_mark": (301, 263),
    # the kernel and the machine
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "add_key": (248, 217),
    "request_key": (249, 218), "keyctl": (250, 219), "swapon": (167, 224), "swapoff": (168, 225),
    "reboot": (169, 142), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "adjtimex": (159, 171), "clock_adjtime": (305, 266), "sethostname": (170, 161),
    "setdomainname": (171, 162), "acct": (163, 89), "syslog": (103, 116), "vhangup": (153, 58),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "lookup_dcookie": (212, 18),
    "iopl": (172, _NONE), "ioperm": (173, _NONE), "modify_ldt": (154, _NONE),
}  # fmt: skip
_PROGRAMS = {"execve": (59, 221), "execveat": (322, 281)}
_IOCTL, _PRLIMIT = (16, 29), (302, 261)
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
"""Requests that put characters into a terminal's input, as if they were typed."""


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
    kernel.seccomp(_filter)


def seal() -> None:
    """Execute no program any more, from no thread of this process, for ever."""
    kernel.seccomp(_seal)


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
    from rewardlab.sandbox.capabilities import Layer

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


def facts() -> dict[str, Any]:
    """Return what a locked run records, JSON-ready."""
    known = kernel.machine()
    code = b"" if known is None else _filter(known) + _seal(known)
    return {"landlock_abi": kernel.landlock_abi(), "filter": hashlib.sha256(code).hexdigest()}


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


def _filter(known: kernel.Machine) -> bytes:
    ioctl, prlimit = _number(_IOCTL, known), _number(_PRLIMIT, known)
    typing = [kernel.Argument(ioctl, 1, request) for request in (_TIOCSTI, _TIOCLINUX)]
    limits = kernel.Argument(prlimit, 0, 0, equal=False)  # 0 is this process
    return kernel.deny_code(known, _numbers(_CALLS, known), [*typing, limits])


def _seal(known: kernel.Machine) -> bytes:
    return kernel.deny_code(known, _numbers(_PROGRAMS, known))


def _numbers(calls: dict[str, tuple[int, int]], known: kernel.Machine) -> list[int]:
    numbers = (_number(pair, known) for pair in calls.values())
    return [number for number in numbers if number != _NONE]


def _number(pair: tuple[int, int], known: kernel.Machine) -> int:
    return pair[0 if known is kernel.MACHINES["x86_64"] else 1]


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
