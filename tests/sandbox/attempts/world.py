"""The world outside a worker, with canaries in it: attempts are judged by what changes here."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from rewardlab.sandbox import spawn

Facts = dict[str, Any]


class World:
    """Files, listeners, victims, and this process, as an attempt may find and change them."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="rl-"))
        self.root.chmod(0o755)
        self.signals: list[int] = []
        self.secret = float(random.randrange(10**6, 10**9))
        self._old = signal.signal(signal.SIGUSR1, lambda number, _: self.signals.append(number))
        self._victim: subprocess.Popen[bytes] | None = None
        self._make()

    def _make(self) -> None:
        self.folder = self.root / os.urandom(4).hex()
        (self.folder / "sub").mkdir(parents=True)
        for name in ("file", "other"):
            (self.folder / name).write_text("canary")
            os.utime(self.folder / name, (1e9, 1e9))
        (self.folder / "secret").write_text(str(int(self.secret)))
        (self.folder / str(int(self.secret))).touch()
        with zipfile.ZipFile(self.folder / "archive", "w") as archive:
            archive.writestr("x.py", "y = 1")
        self.heard: dict[str, int] = {}
        self.listeners = self._listen()
        self._victim = subprocess.Popen(["sleep", "600"], start_new_session=True)
        self.signals.clear()
        self.memory = ctypes.c_double(self.secret)
        # Canaries of the whole machine have names that nobody else has.
        self.key = random.randrange(10**6, 2**31)
        self.tag = f"rewardlab-{os.urandom(6).hex()}"

    def _listen(self) -> dict[str, socket.socket]:
        unix, inet = socket.AF_UNIX, socket.AF_INET
        wanted: dict[str, tuple[int, int, Any]] = {
            "tcp4": (inet, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            "udp4": (inet, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            "tcp6": (socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)),
            "udp6": (socket.AF_INET6, socket.SOCK_DGRAM, ("::1", 0)),
            "path": (unix, socket.SOCK_STREAM, str(self.folder / "stream")),
            "path datagram": (unix, socket.SOCK_DGRAM, str(self.folder / "datagram")),
            "path packet": (unix, socket.SOCK_SEQPACKET, str(self.folder / "packet")),
            "abstract": (unix, socket.SOCK_STREAM, f"\0rl-{os.urandom(6).hex()}"),
            "abstract datagram": (unix, socket.SOCK_DGRAM, f"\0rl-{os.urandom(6).hex()}"),
        }
        made = {}
        for name, (family, kind, address) in wanted.items():
            with contextlib.suppress(OSError):
                made[name] = one = socket.socket(family, kind)
                one.bind(address)
                one.setblocking(False)
                if kind != socket.SOCK_DGRAM:
                    one.listen()
        return made

    @property
    def victim(self) -> int:
        """Process id of a process of ours that minds its own business."""
        assert self._victim is not None
        return self._victim.pid

    def words(self) -> dict[str, object]:
        """Return what a program is told about the world."""
        return {
            "new": str(self.folder / "new"),
            "file": str(self.folder / "file"),
            "other": str(self.folder / "other"),
            "sub": str(self.folder / "sub"),
            "folder": str(self.folder),
            "archive": str(self.folder / "archive"),
            "secret file": str(self.folder / "secret"),
            "touch": shutil.which("touch"),
            "victim": self.victim,
            "parent": os.getpid(),
            "ports": {n: s.getsockname() for n, s in self.listeners.items() if s.getsockname()},
            "key": self.key,
            "tag": self.tag,
            "address": ctypes.addressof(self.memory),
        }

    def look(self) -> Facts:
        """Return all that an attempt could have changed."""
        self._hear()
        return {
            "files": {str(p): _file(p) for p in self.folder.rglob("*")},
            "heard": dict(self.heard),
            "victim": (_process(self.victim), _place(self.victim)),
            "memory": self.memory.value,
            "signals": list(self.signals),
            "environment": dict(os.environ),
            "folder": os.getcwd(),
            "descriptors": _links("/proc/self/fd"),
            "limits": [resource.getrlimit(kind) for kind in range(16)],
            "users": os.getresuid(),
            "host": os.uname(),
            "zygotes": [z.alive for z in spawn._zygotes.values()],
            "machine": self._machine(),
        }

    def _hear(self) -> None:
        for name, one in self.listeners.items():
            with contextlib.suppress(OSError):
                if one.type == socket.SOCK_DGRAM:
                    one.recv(64)
                else:
                    one.accept()[0].close()
                self.heard[name] = self.heard.get(name, 0) + 1

    def _machine(self) -> set[str]:
        """Return what of ours stands in the lists of the whole machine."""
        found = {name for name in os.listdir("/dev/shm") if self.tag in name}
        for table in ("shm", "sem", "msg"):
            with contextlib.suppress(OSError):
                lines = Path(f"/proc/sysvipc/{table}").read_text().splitlines()[1:]
                mine = [line.split()[1] for line in lines if int(line.split()[0]) == self.key]
                found |= {f"{table} {number}" for number in mine}
        with contextlib.suppress(OSError):
            found |= {"key"} if self.tag in Path("/proc/keys").read_text() else set()
        return found

    def renew(self) -> None:
        """Make the world anew after an attempt had an effect."""
        self._break()
        self._make()

    def _break(self) -> None:
        for one in self.listeners.values():
            one.close()
        if self._victim is not None:
            self._victim.kill()
            self._victim.wait()
        self._forget()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _forget(self) -> None:
        """Remove what outlives a process."""
        libc = ctypes.CDLL(None)
        for name in self._machine():
            kind, _, number = name.partition(" ")
            if kind in ("shm", "sem", "msg"):
                words = (int(number), 0, 0) if kind == "sem" else (int(number), 0, None)
                getattr(libc, f"{kind}ctl")(*words)
            elif (path := Path("/dev/shm", name)).exists():
                path.unlink()
        with contextlib.suppress(AttributeError):
            libc.mq_unlink(f"/{self.tag}".encode())

    def close(self) -> None:
        """Leave nothing behind."""
        self._break()
        signal.signal(signal.SIGUSR1, self._old)
        shutil.rmtree(self.root, ignore_errors=True)


def _file(path: Path) -> tuple[Any, ...]:
    try:
        stat = path.lstat()
        names = os.listxattr(path, follow_symlinks=False)
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
    except OSError as error:
        return (error.errno,)
    changed = 0 if path.is_dir() else stat.st_mtime_ns
    return (stat.st_mode, stat.st_uid, stat.st_gid, stat.st_nlink, changed, tuple(names), content)


def _links(folder: str) -> tuple[str, ...] | None:
    """Return where descriptors lead, `None` if we may not know."""
    found = []
    try:
        names = os.listdir(folder)
    except OSError:
        return None
    for name in names:
        with contextlib.suppress(OSError):
            found.append(f"{name} {os.readlink(f'{folder}/{name}')}")
    return tuple(sorted(found))


def _process(pid: int) -> tuple[Any, ...]:
    """Return what others see of a process, if it lives."""
    try:
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return ()
    wanted = ("State", "Uid", "Gid", "Groups", "Threads", "CapEff", "NoNewPrivs")
    state = [x for x in status if x.startswith(wanted)]
    if any(x.startswith("State") and x.split()[1] in "SRD" for x in state):
        state = [x for x in state if not x.startswith("State")]
    return tuple(state)


def worker_facts(pid: int) -> Facts:
    """Return what the kernel knows about a living worker; parts may be hidden from us."""
    facts: Facts = {"process": _process(pid), "its descriptors": _links(f"/proc/{pid}/fd")}
    for name in ("children", "maps", "timers"):
        with contextlib.suppress(OSError):
            file = f"task/{pid}/children" if name == "children" else name
            facts[name] = Path(f"/proc/{pid}/{file}").read_text()
    if "maps" in facts:
        lines = facts["maps"].splitlines()
        facts["maps"] = [x for x in lines if x.split(" ", 2)[1][2:3] == "x"]
    facts["namespaces"] = _links(f"/proc/{pid}/ns")
    for name in ("cwd", "root"):
        with contextlib.suppress(OSError):
            facts[name] = os.readlink(f"/proc/{pid}/{name}")
    return {**facts, "place": _place(pid)}


def _place(pid: int) -> tuple[Any, ...]:
    """Return how a process is scheduled and what it may use."""
    try:
        nice, cores = os.getpriority(os.PRIO_PROCESS, pid), os.sched_getaffinity(pid)
        files = Path(f"/proc/{pid}/limits").read_text()
        return nice, cores, os.sched_getscheduler(pid), os.getpgid(pid), os.getsid(pid), files
    except OSError:
        return ()
