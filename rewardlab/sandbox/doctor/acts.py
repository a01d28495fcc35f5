"""What each layer of the jail must forbid, act by act, for `rewardlab doctor`.

Every act is also tried without the layer: what is impossible anyway proves nothing. Run as a
program (`main`), this tries everything and prints the outcome as JSON.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import mmap
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from typing import NamedTuple

from rewardlab.sandbox import kernel
from rewardlab.sandbox.trials import (
    LEAKS,
    Outcome,
    Switch,
    allocate,
    attempt,
    begin,
    fresh_signals,
    landlock,
    open_file,
    outcome,
    rlimits,
    seccomp,
)


class Act(NamedTuple):
    """Something that a layer must forbid.

    Attributes:
        name: What it is, for people.
        do: Does it; raises where that is refused.
    """

    name: str
    do: Callable[[], object]


def _try_to_open() -> None:
    with contextlib.suppress(OSError):
        open_file()


def _fork() -> None:
    if (pid := os.fork()) == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _thread() -> None:
    import _thread

    _thread.start_new_thread(time.sleep, (0.0,))


def _execute() -> None:
    # Whoever waits reads this number as a success of the act.
    os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", f"raise SystemExit({LEAKS})"])


def _raw(number: int, *arguments: object) -> Callable[[], None]:
    def call() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.syscall(ctypes.c_long(number), *arguments) < 0:
            raise OSError(ctypes.get_errno(), "refused")

    return call


def _compute_only() -> list[Act]:
    ptrace = {"x86_64": 101, "aarch64": 117}.get(os.uname().machine, -1)
    return [
        Act("open a file", open_file),
        Act("IPv4 socket", lambda: socket.socket(socket.AF_INET).close()),
        Act("unix socket", lambda: socket.socket(socket.AF_UNIX).close()),
        Act("fork", _fork),
        Act("thread", _thread),
        Act("exec", _execute),
        Act("executable memory", lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | 4).close()),
        Act("signal", lambda: os.kill(os.getppid(), 0)),
        Act("ptrace", _raw(ptrace, 0, 0, 0, 0)),
        Act("io_uring", _raw(425, 1, ctypes.create_string_buffer(120))),
        Act("memfd", lambda: os.close(os.memfd_create("trial"))),
        Act("raise a limit", _raise_limit),
    ]


def _raise_limit() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _no_files(folder: str, listeners: contextlib.ExitStack) -> list[Act]:
    def connect(family: int, address: object) -> Callable[[], None]:
        return _connect(listeners.enter_context(socket.socket(family)), address)

    acts = [
        Act("read a file", open_file),
        Act("list a folder", lambda: os.listdir(folder)),
        Act("create a file", lambda: os.open(f"{folder}/new", os.O_CREAT | os.O_WRONLY)),
        Act("create a folder", lambda: os.mkdir(f"{folder}/folder")),
        Act("delete a file", lambda: os.unlink(f"{folder}/old")),
        Act("exec", _execute),
    ]
    files, network, scope = kernel.landlock_rights()
    if network & 1:
        acts.append(Act("TCP bind", lambda: socket.socket().bind(("127.0.0.1", 0))))
    if network & 2:
        acts.append(Act("TCP connect", connect(socket.AF_INET, ("127.0.0.1", 0))))
    if scope & 1:
        name = f"\0rewardlab-{os.getpid()}-trial"
        acts.append(Act("abstract socket", connect(socket.AF_UNIX, name)))
    if scope & 2:
        acts.append(Act("signal", lambda: os.kill(os.getppid(), 0)))
    if files >> 16 & 1:
        acts.append(Act("unix socket by path", connect(socket.AF_UNIX, f"{folder}/socket")))
    return acts


def _connect(listener: socket.socket, address: object) -> Callable[[], None]:
    """Listen out here, beyond the layer, and return a call to that address."""
    with contextlib.suppress(OSError):
        listener.bind(address)  # type: ignore[arg-type]
        listener.listen()
    return lambda: socket.socket(listener.family).connect(listener.getsockname())


def _bounded(folder: str) -> list[Act]:
    def write() -> None:
        with open(f"{folder}/big", "wb", buffering=0) as file:
            file.write(b"x")

    return [
        Act("1 GiB of memory", allocate),
        Act("write to a file", write),
        Act("40 descriptors", lambda: [os.dup(0) for _ in range(40)]),
    ]


def _burn() -> None:
    while time.process_time() < 1.6:
        pass


def thorough() -> dict[str, list[Outcome]]:
    """Try everything."""
    if sys.platform != "linux":
        return {"seccomp": [], "landlock": [], "rlimits": []}
    burning = begin(lambda: rlimits(cpu_s=1), _burn)
    kernel.landlock_rights()
    folder = tempfile.mkdtemp()
    listeners = contextlib.ExitStack()
    try:
        table: dict[str, tuple[Switch, list[Act]]] = {
            "seccomp": (seccomp, _compute_only()),
            "landlock": (landlock, _no_files(folder, listeners)),
            "rlimits": (rlimits, _bounded(folder)),
        }
        found = {name: _all(layer, acts, folder) for name, (layer, acts) in table.items()}
    finally:
        listeners.close()
        shutil.rmtree(folder)
    killed = attempt(lambda: seccomp(kernel.KILL_PROCESS), _try_to_open)
    found["seccomp"].append(Outcome("survive an attempt while training", LEAKS, killed))
    found["rlimits"].append(Outcome("processor time", LEAKS, outcome(burning)))
    return found


def _all(layer: Switch, acts: list[Act], folder: str) -> list[Outcome]:
    found = []
    for act in acts:
        outcomes = []
        for on in (None, layer):
            _restore(folder)
            outcomes.append(attempt(on, act.do))
        found.append(Outcome(act.name, *outcomes))
    return found


def _restore(folder: str) -> None:
    for name in ("new", "big"):
        if os.path.exists(f"{folder}/{name}"):
            os.unlink(f"{folder}/{name}")
    if os.path.exists(f"{folder}/folder"):
        os.rmdir(f"{folder}/folder")
    with open(f"{folder}/old", "wb"):
        pass


def main() -> None:
    """Try everything and print the outcome."""
    fresh_signals()
    print(json.dumps(thorough()))
