"""One thing that a hostile program may try."""

from __future__ import annotations

import re
import textwrap
from typing import NamedTuple

NUMBERS = {
    "open": 2, "mprotect": 10, "ioctl": 16, "pread64": 17, "pwrite64": 18, "pipe": 22,
    "shmget": 29, "shmat": 30, "dup": 32, "dup2": 33, "alarm": 37, "setitimer": 38, "socket": 41,
    "connect": 42, "sendto": 44, "clone": 56, "fork": 57, "vfork": 58, "execve": 59, "kill": 62,
    "semget": 64, "msgget": 68, "msgsnd": 69, "fcntl": 72, "truncate": 76, "ftruncate": 77,
    "chdir": 80, "creat": 85, "ptrace": 101, "setuid": 105, "setsid": 112,
    "rt_sigqueueinfo": 129, "utime": 132, "personality": 135, "sched_setscheduler": 144,
    "mlock": 149, "prctl": 157, "arch_prctl": 158, "setrlimit": 160, "chroot": 161,
    "settimeofday": 164, "mount": 165, "reboot": 169, "sethostname": 170, "iopl": 172,
    "init_module": 175, "tkill": 200, "io_setup": 206, "remap_file_pages": 216,
    "timer_create": 222, "tgkill": 234, "mq_open": 240, "kexec_load": 246, "add_key": 248,
    "keyctl": 250, "ioprio_set": 251, "inotify_init": 253, "inotify_add_watch": 254,
    "openat": 257, "unshare": 272, "splice": 275, "vmsplice": 278, "signalfd": 282,
    "timerfd_create": 283, "eventfd": 284, "epoll_create1": 291, "dup3": 292, "pipe2": 293,
    "inotify_init1": 294, "perf_event_open": 298, "fanotify_init": 300, "prlimit64": 302,
    "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "seccomp": 317,
    "memfd_create": 319, "bpf": 321, "execveat": 322, "userfaultfd": 323, "statx": 332,
    "pidfd_send_signal": 424, "io_uring_setup": 425, "io_uring_enter": 426, "open_tree": 428,
    "fsopen": 430, "pidfd_open": 434, "clone3": 435, "close_range": 436, "openat2": 437,
    "pidfd_getfd": 438, "process_madvise": 440, "memfd_secret": 447, "fchmodat2": 452,
}  # fmt: skip
"""Of x86-64: with them an attempt goes past the C library, as one who means it would."""

PROLOGUE = """
import _thread, ctypes, mmap, os, resource, select, signal, socket, struct, subprocess, sys
import threading, time
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
N = {numbers}
W = {world}
def sc(name, *args):
    ctypes.set_errno(0)
    number = N[name] if type(name) is str else name
    got = libc.syscall(
        ctypes.c_long(number), *(ctypes.c_long(a) if type(a) is int else a for a in args)
    )
    if got == -1 and ctypes.get_errno():
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return got
"""


class Attempt(NamedTuple):
    """One thing that a hostile program may try.

    Attributes:
        name: What it is.
        body: What it runs; `W` is the world, `sc` makes a raw system call. That it came to its
            end, or returned something other than 0, is a claim of success.
        landlock: Version of landlock that stops it alone; 0: none does.
        rlimits: Whether resource limits stop it alone; `None`: it depends on the kernel.
        needs: What it takes to succeed even without a jail, where not every machine grants it.
        alone: Whether a worker without any layer lives long enough to show the effect.
        harmless: Why it is never tried without a jail; "" if it is.
    """

    name: str
    body: str
    landlock: int = 0
    rlimits: bool | None = False
    needs: str = ""
    alone: bool = True
    harmless: str = ""

    def program(self, world: dict[str, object]) -> str:
        """Return the program that tries it."""
        said = set(re.findall(r"""['"]([\w ]+)['"]""", self.body))
        used = {name: number for name, number in NUMBERS.items() if name in said}
        known = {name: value for name, value in world.items() if name in said}
        head = PROLOGUE.format(numbers=used, world=known)
        code = textwrap.indent(head + textwrap.dedent(self.body) + "\nreturn 1.0", "    ")
        return f"def compute_dense_reward(self, action):\n{code}\n"

    def bare(self) -> str:
        """Return the same without its tools."""
        code = textwrap.indent(textwrap.dedent(self.body) + "\nreturn 1.0", "    ")
        return f"def compute_dense_reward(self, action):\n{code}\n"
