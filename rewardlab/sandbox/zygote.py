"""The process that workers are forked from: warm, clean, and without a secret to steal.

It is executed with a built environment (`environment`), imports everything that programs may use,
finds out by trying which layers of the jail this machine has, and then forks one worker per
request. It runs no program text.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import sys
import tempfile
from typing import TypeAlias

from rewardlab.sandbox import kernel, worker
from rewardlab.sandbox.frames import CHILD, ENDED, FORK, READY, Layout
from rewardlab.sandbox.jail import Lock
from rewardlab.sandbox.namespace import warm_up
from rewardlab.sandbox.trials import WORKS, fresh_signals, quick

_REMEMBERED = 100

Children: TypeAlias = dict[int, int | None]
"""Workers by process id, with their exit codes once they ended."""


def main(fd: int) -> None:
    """Serve the parent on a socket, given by its descriptor, until it closes it."""
    fresh_signals()
    _leave_folder()
    warm_up()
    _assert_one_thread()
    # Moved to a low number: what workers close has an upper bound.
    control = socket.socket(fileno=os.dup(fd))
    os.close(fd)
    outcome = quick()
    gc.freeze()
    null = os.open(os.devnull, os.O_WRONLY)
    control.send(READY.pack(os.getpid(), *outcome, kernel.landlock_abi()))
    os.dup2(null, 2)
    os.close(null)
    children: Children = {}
    try:
        with contextlib.suppress(ConnectionError):
            _serve(control, children, seccomp=outcome[0] == WORKS, landlock=outcome[1] == WORKS)
    finally:
        # Where the kernel does not end our children with us, a hung one would stay.
        for pid, code in children.items():
            if code is None:
                os.kill(pid, signal.SIGKILL)


def _serve(control: socket.socket, children: Children, *, seccomp: bool, landlock: bool) -> None:
    wake, waker = socket.socketpair()
    waker.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(wake, select.POLLIN)
    while True:
        ready = {fd for fd, _ in poll.poll()}
        if wake.fileno() in ready:
            wake.recv(4096)
            _reap(children)
        if control.fileno() not in ready:
            continue
        message, fds, _, _ = socket.recv_fds(control, FORK.size, 3)
        if not message:
            break
        if message[:1] == b"F":
            _fork(control, children, _start(message, seccomp, landlock), fds)
            continue
        what, pid = ENDED.unpack(message)
        if what == b"K" and children.get(pid, 0) is None:
            os.kill(pid, signal.SIGKILL)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        _reap(children)
        control.send(CHILD.pack(pid, children.get(pid) or 0))


def _start(message: bytes, seccomp: bool, landlock: bool) -> worker.Start:
    _, rows, row_size, job, memory, cpu, kill, *on = FORK.unpack(message)
    how = Lock(seccomp and on[0], landlock and on[1], on[2], kill, memory, cpu)
    return worker.Start(Layout(rows, row_size, job), how, os.getpid())


def _fork(control: socket.socket, children: Children, start: worker.Start, fds: list[int]) -> None:
    try:
        pid = os.fork()
    except OSError as error:
        for fd in fds:
            os.close(fd)
        control.send(CHILD.pack(0, error.errno or 0))
        return
    if pid == 0:
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            worker.main(start, *fds)
        finally:
            os._exit(1)
    children[pid] = None
    for fd in fds:
        os.close(fd)
    handles = _handles(pid)
    socket.send_fds(control, [CHILD.pack(pid, 0)], handles)
    for handle in handles:
        os.close(handle)


def _handles(pid: int) -> list[int]:
    """Return the process's descriptor; none where the platform has no such thing."""
    try:
        return [os.pidfd_open(pid)]
    except (AttributeError, OSError):
        return []


def _reap(children: Children) -> None:
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            children[found[0]] = os.waitstatus_to_exitcode(found[1])
    ended = [pid for pid, code in children.items() if code is not None]
    for pid in ended[:-_REMEMBERED]:
        del children[pid]


def _leave_folder() -> None:
    """Stand in an empty folder that no longer exists, so that nothing is found or made in it."""
    try:
        folder = tempfile.mkdtemp()
        os.chdir(folder)
        os.rmdir(folder)
    except OSError:
        os.chdir("/")


def _assert_one_thread() -> None:
    tasks = "/proc/self/task"
    if os.path.isdir(tasks) and len(os.listdir(tasks)) != 1:
        sys.exit("a library started a thread: workers cannot be forked")
