"""The process that workers are forked from: warm, clean, and without a secret to steal.

It is executed with a built environment (`spawn`), imports everything that programs may use, finds
out by trying which layers of the jail this machine has, and then forks one worker per request.
It runs no program text.
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
from collections.abc import Callable

from rewardlab.sandbox import kernel, worker
from rewardlab.sandbox.frames import CHILD, ENDED, FORK, READY, Layout
from rewardlab.sandbox.jail import Lock, address_space, limit
from rewardlab.sandbox.namespace import warm_up

_WORKS, _LEAKS = 0, 255


def main(fd: int) -> None:
    """Serve the parent on a socket, given by its descriptor, until it closes it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _leave_folder()
    warm_up()
    _assert_one_thread()
    control = socket.socket(fileno=fd)
    abi = kernel.landlock_abi() if kernel.machine() else 0
    trials = _trials(abi)
    gc.freeze()
    null = os.open(os.devnull, os.O_WRONLY)
    control.send(READY.pack(os.getpid(), *trials, abi))
    os.dup2(null, 2)
    os.close(null)
    use = (trials[0] == _WORKS, abi if trials[1] == _WORKS else 0)
    with contextlib.suppress(ConnectionError):
        _serve(control, *use)


def _serve(control: socket.socket, seccomp: bool, landlock: int) -> None:
    living: set[int] = set()
    ended: dict[int, int] = {}
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
            _reap(living, ended)
        if control.fileno() not in ready:
            continue
        message, fds, _, _ = socket.recv_fds(control, FORK.size, 3)
        if not message:
            break
        if message[:1] == b"W":
            _reap(living, ended)
            pid = ENDED.unpack(message)[1]
            control.send(CHILD.pack(pid, ended.pop(pid, 0)))
            continue
        living.add(_fork(control, _start(message, seccomp, landlock), fds))
    # Where the kernel does not end our children with us, a hung one would stay.
    for pid in living:
        os.kill(pid, signal.SIGKILL)


def _start(message: bytes, seccomp: bool, landlock: int) -> worker.Start:
    _, rows, row_size, job, memory, cpu, kill, *on = FORK.unpack(message)
    how = Lock(seccomp and on[0], landlock * on[1], on[2], kill, memory, cpu)
    return worker.Start(Layout(rows, row_size, job), how, os.getpid())


def _fork(control: socket.socket, start: worker.Start, fds: list[int]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            worker.main(start, *fds)
        finally:
            os._exit(1)
    for fd in fds:
        os.close(fd)
    handles = _handles(pid)
    socket.send_fds(control, [CHILD.pack(pid, 0)], handles)
    for handle in handles:
        os.close(handle)
    return pid


def _handles(pid: int) -> list[int]:
    """Return the process's descriptor; none where the platform has no such thing."""
    try:
        return [os.pidfd_open(pid)]
    except (AttributeError, OSError):
        return []


def _reap(living: set[int], ended: dict[int, int]) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            living.discard(pid)
            ended[pid] = os.waitstatus_to_exitcode(status)
            while len(ended) > 1000:
                ended.pop(next(iter(ended)))


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


def _trials(abi: int) -> tuple[int, int, int]:
    """Try what each layer must forbid, each in a process of its own; 0 where it is forbidden."""
    return _try(_seccomp_forbids), _try(lambda: _landlock_forbids(abi)), _try(_limits_forbid)


def _try(trial: Callable[[], int]) -> int:
    pid = os.fork()
    if pid == 0:
        code = _LEAKS
        try:
            code = trial()
        except OSError as error:
            code = error.errno or _LEAKS
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255


def _seccomp_forbids() -> int:
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.seccomp_compute_only(kernel.DENY)
    return _forbidden(lambda: os.open(os.devnull, os.O_RDONLY))


def _landlock_forbids(abi: int) -> int:
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.landlock_deny_all(abi)
    return _forbidden(lambda: os.open(sys.executable, os.O_RDONLY))


def _limits_forbid() -> int:
    limit(Lock(False, 0, True, False, 64, 0), address_space())
    try:
        bytearray(1 << 30)
    except MemoryError:
        return _WORKS
    return _LEAKS


def _forbidden(act: Callable[[], object]) -> int:
    try:
        act()
    except PermissionError:
        return _WORKS
    return _LEAKS
