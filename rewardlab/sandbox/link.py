"""The parent's side of a zygote: executed in a clean environment, asked to fork workers."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import NamedTuple

from rewardlab.errors import SandboxUnavailable, WorkerStartError
from rewardlab.sandbox.environment import command, environment
from rewardlab.sandbox.frames import CHILD, ENDED, FORK, READY, Layout
from rewardlab.sandbox.jail import Guards
from rewardlab.sandbox.limits import Limits
from rewardlab.sandbox.memory import anonymous_file

_SOCKET_TYPE = getattr(socket, "SOCK_SEQPACKET", socket.SOCK_STREAM)
if sys.platform == "darwin":
    _SOCKET_TYPE = socket.SOCK_STREAM
_CLOEXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class Facts(NamedTuple):
    """What a zygote found out about this machine.

    Attributes:
        pid: Its process id.
        seccomp: Error number of the trial; 0 where system calls are filtered.
        landlock: Same for landlock.
        rlimits: Same for resource limits.
        landlock_abi: Version of landlock, 0 for none.
    """

    pid: int
    seccomp: int
    landlock: int
    rlimits: int
    landlock_abi: int


class Child(NamedTuple):
    """A worker just forked.

    Attributes:
        pid: Its process id.
        pidfd: Its handle, `None` where the platform has none.
    """

    pid: int
    pidfd: int | None


class Order(NamedTuple):
    """What kind of worker is wanted.

    Attributes:
        place: Layout of its memory.
        limits: What it may use.
        kill: A forbidden system call ends it instead of failing.
        guards: Which layers are on.
    """

    place: Layout
    limits: Limits
    kill: bool
    guards: Guards

    def message(self) -> bytes:
        """Return it as a zygote reads it."""
        limits = self.limits
        return FORK.pack(
            b"F", *self.place, limits.memory_mib, limits.cpu_s, self.kill, *self.guards[1:]
        )


class Zygote:
    """The parent's side of one zygote process."""

    def __init__(self, hash_seed: str) -> None:
        if not hasattr(os, "fork") or not hasattr(socket, "send_fds"):
            raise SandboxUnavailable(
                f"reward programs run in a forked worker, which {sys.platform} cannot start; "
                "use Linux (on Windows: WSL 2)"
            )
        self._lock = threading.Lock()
        self._facts: Facts | None = None
        self._broken = False
        self._log = anonymous_file()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, _SOCKET_TYPE)
        with theirs:
            self._process = self._execute(theirs.fileno(), hash_seed)

    def _execute(self, fd: int, hash_seed: str) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                command(f"from rewardlab.sandbox.zygote import main; main({fd})"),
                env=environment(hash_seed),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                pass_fds=(fd,),
                start_new_session=True,
            )
        except OSError as error:
            self._control.close()
            os.close(self._log)
            raise WorkerStartError(f"cannot start {sys.executable}: {error}") from error

    @property
    def alive(self) -> bool:
        """Whether it still runs and answers."""
        running = self._control.fileno() >= 0 and self._process.poll() is None
        return running and not self._broken

    @property
    def lost(self) -> bool:
        """Whether it worked and no longer does, or ended: then a new one may work."""
        if self._facts is None:
            try:
                self._process.wait(1.0)
            except subprocess.TimeoutExpired:
                return False
        return True

    def facts(self, limits: Limits) -> Facts:
        """Wait until it is ready and return what it found out.

        Raises:
            WorkerStartError: It did not start.
        """
        with self._lock:
            if self._facts is None:
                self._control.settimeout(limits.start_s)
                self._facts = Facts(*READY.unpack(self._receive(READY.size)[0]))
            return self._facts

    def fork(self, how: Order, fds: tuple[int, int, int]) -> Child:
        """Fork a worker that gets request pipe, reply pipe and memory.

        Raises:
            WorkerStartError: The zygote is gone.
        """
        self.facts(how.limits)
        with self._lock:
            self._control.settimeout(how.limits.start_s)
            with self._told():
                socket.send_fds(self._control, [how.message()], list(fds))
            data, handles = self._receive(CHILD.size)
        pid, error = CHILD.unpack(data)
        if not pid:
            raise WorkerStartError(f"no process for a jailed worker: {os.strerror(error)}")
        return Child(pid, handles[0] if handles else None)

    def end(self, child: Child) -> None:
        """Kill a worker and wait until it is dead."""
        if child.pidfd is None or not hasattr(signal, "pidfd_send_signal"):
            # By its number only its parent can kill it: to anyone else the number may be another's.
            self._ask(b"K", child.pid)
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(child.pidfd, signal.SIGKILL)
            poll = select.poll()
            poll.register(child.pidfd, select.POLLIN)
            poll.poll(2000)

    def exit_code(self, pid: int) -> int | None:
        """Return how a dead worker ended (negative: the signal), `None` if nobody knows."""
        return self._ask(b"W", pid)

    def _ask(self, what: bytes, pid: int) -> int | None:
        if self._control.fileno() < 0:
            return None
        try:
            with self._lock:
                self._control.settimeout(5.0)
                with self._told():
                    self._control.send(ENDED.pack(what, pid))
                return int(CHILD.unpack(self._receive(CHILD.size)[0])[1])
        except WorkerStartError:
            return None

    def close(self) -> None:
        """End it, and with it all its workers."""
        if self._control.fileno() < 0:
            return
        self._control.close()
        os.close(self._log)
        try:
            self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def forget(self) -> None:
        """Let go of it in a forked child: it is the parent's."""
        if self._control.fileno() >= 0:
            self._control.close()
            os.close(self._log)
        self._process.returncode = 0

    def _receive(self, size: int) -> tuple[bytes, list[int]]:
        with self._told():
            data, fds, _, _ = socket.recv_fds(self._control, size, 1, _CLOEXEC)
            if len(data) != size:
                for fd in fds:
                    os.close(fd)
                raise OSError("it ended")
        return data, fds

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn failures into one line; after one, answers no longer match questions."""
        try:
            yield
        except OSError as error:
            self._broken = True
            raise WorkerStartError(self._why(str(error))) from error
        except BaseException:
            self._broken = True
            raise

    def _why(self, reason: str) -> str:
        text = os.pread(self._log, 4096, 0).decode("utf-8", "replace").strip()
        last = text.splitlines()[-1] if text else reason
        return f"the process that jails reward programs failed: {last[:300]}"
