"""A run trained by a process of its own that is locked down: the parent's side and the child's.

```
parent --execute, built environment--> warden --fork--> trainer: lock, import, build, seal, learn
parent <----------------- outcome as JSON in anonymous memory -------------------'
```
The trainer locks itself before it imports anything that could start a thread, so everything, the
processes that it starts included, lives under the lock from its first instruction. Ctrl-C is passed
on. The warden ends whatever the trainer left running, so that nothing changes the run afterwards;
what decides which code is run later is compared with what it was, and put back.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rewardlab.errors import (
    ConfigError,
    ProgramRefused,
    RewardFault,
    RewardlabError,
    SandboxError,
    SandboxUnavailable,
    StorageError,
    UsageError,
    WorkerStartError,
)
from rewardlab.sandbox import kernel, lockdown
from rewardlab.sandbox.memory import anonymous_file
from rewardlab.training.handover import environment, module_folders, scratch_folder, unchanged
from rewardlab.training.run import Run

if TYPE_CHECKING:
    from rewardlab.shapers.base import Shaper

_BOOT = (
    "import sys; root = sys.argv[1]; root in sys.path or sys.path.append(root); "
    "from rewardlab.training.locked import main; sys.exit(main(sys.argv[2]))"
)
_STOPS = (signal.SIGINT, signal.SIGTERM)
_OUTCOME_BYTES = 1 << 20

_KINDS: tuple[type[BaseException], ...] = (
    RewardFault, ProgramRefused, ConfigError, UsageError, StorageError, SandboxUnavailable,
    WorkerStartError, SandboxError, RewardlabError, KeyboardInterrupt,
)  # fmt: skip
"""Exceptions that are told by name and message, the special ones first."""


class Order(NamedTuple):
    """What the child is told to do.

    Attributes:
        run: The run folder.
        progress: Show progress on stderr.
        read: What it may read besides interpreter, packages and system.
        parent: Process without which it must not live on.
        outcome: Descriptor of the memory for its outcome.
    """

    run: str
    progress: bool
    read: tuple[str, ...]
    parent: int
    outcome: int


def check_lockdown(task_id: str, shaper: Shaper | None) -> None:
    """Refuse what cannot be locked down.

    Raises:
        UsageError: A shaper, or a module that lies where too much could be read with it.
        SandboxUnavailable: The lock does not hold on this machine.
    """
    if shaper is not None:
        raise UsageError(
            f"lockdown trains in a process of its own, which {type(shaper).__name__} cannot be "
            "handed to: it is an object of this one; leave out one of the two"
        )
    module_folders(task_id)
    lockdown.require()


def train_locked(run: Run, *, progress: bool = False) -> None:
    """Train a prepared run to its end in a process that is locked down.

    Args:
        run: The run.
        progress: Show progress on stderr.

    Raises:
        SandboxUnavailable: The lock does not hold on this machine.
        SandboxError: The child changed what it must not; that was put back.
        RewardlabError: Whatever training raises otherwise, and so do the other exceptions.
    """
    lockdown.require()
    read = module_folders(run.config.task)
    with unchanged(run), scratch_folder(run) as scratch, _memory() as outcome:
        order = Order(str(run.path), progress, read, os.getpid(), outcome)
        code = _carry_out(order, environment(scratch))
        told = os.pread(outcome, _OUTCOME_BYTES, 0)
    _raise(run, code, told)


def _carry_out(order: Order, env: Mapping[str, str]) -> int:
    """Return how the trainer ended, as `Popen.returncode` or as a shell says it."""
    root = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, "-P", "-B", "-c", _BOOT, root, json.dumps(order)]
    # A signal of these must find us ready to pass it on, and the child ready to answer.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    process = None
    try:
        process = subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=2,
            pass_fds=(order.outcome,),
            start_new_session=True,  # a terminal's Ctrl-C comes once, from us
        )
        with _passing_on(process.send_signal):
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            return process.wait()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()


@contextlib.contextmanager
def _passing_on(send: Callable[[int], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    old = {s: signal.signal(s, lambda number, _: send(number)) for s in _STOPS}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _memory() -> Iterator[int]:
    fd = anonymous_file()
    try:
        yield fd
    finally:
        os.close(fd)


def _raise(run: Run, code: int, told: bytes) -> None:
    """Raise what the child raised, if it did."""
    try:
        outcome = json.loads(told)
        kind, message, record = str(outcome["kind"]), str(outcome["message"]), outcome["record"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise RewardlabError(
            f"the process that trains run {run.id} ended without a word ({_how(code)}); go on "
            f"with: rewardlab train --resume {run.path}"
        ) from None
    if kind == "finished":
        return
    if kind == "RewardFault":
        raise RewardFault(message, record if isinstance(record, dict) else {})
    known = {known.__name__: known for known in _KINDS}
    name = kind if kind.isidentifier() else "Exception"
    raise (known.get(kind) or type(name, (RuntimeError,), {}))(message)


def _how(code: int) -> str:
    number = -code if code < 0 else code - 128
    known = number in signal.valid_signals()
    return signal.Signals(number).name if known else f"exit code {code}"


def main(order_text: str) -> int:
    """Be the warden: fork the trainer, wait for it, leave nothing behind."""
    run, progress, read, parent, outcome = json.loads(order_text)
    order = Order(run, progress, tuple(read), parent, outcome)
    _die_with(parent)
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    warden, trainer = os.getpid(), os.fork()
    if trainer == 0:
        return _be_trainer(order._replace(parent=warden))
    with _passing_on(lambda number: os.kill(trainer, number)):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        code = os.waitstatus_to_exitcode(os.waitpid(trainer, 0)[1])
        _end_children()
    return code if code >= 0 else 128 - code


def _die_with(parent: int) -> None:
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SandboxError("the process that began this training is gone")


def _end_children() -> None:
    """Kill all children, and theirs, which become ours when they are orphans."""
    while True:
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                if int(stat.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                    os.kill(int(stat.parent.name), signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _be_trainer(order: Order) -> int:
    """Train under the lock and tell the outcome; returns the exit code."""
    os.set_inheritable(order.outcome, False)
    code = 0
    told: dict[str, Any] = {"kind": "finished", "message": "", "record": {}}
    try:
        _train(order)
    except BaseException as error:
        if os.environ.get("REWARDLAB_DEBUG"):
            traceback.print_exc()
        told = _told(error)
        code = getattr(error, "exit_code", 1)
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    os.pwrite(order.outcome, json.dumps(told).encode(), 0)
    return code


def _leave_when_stopped(order: Order) -> None:
    """Tell of a signal and end at once: what is imported here may swallow an exception."""
    told = _told(KeyboardInterrupt(f"stopped; go on with: rewardlab train --resume {order.run}"))

    def leave(number: int, frame: object) -> None:
        os.pwrite(order.outcome, json.dumps(told).encode(), 0)
        os._exit(1)

    for number in _STOPS:
        signal.signal(number, leave)


def _train(order: Order) -> None:
    _die_with(order.parent)
    lockdown.confine(read=order.read, write=order.run)
    _leave_when_stopped(order)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
    from rewardlab.envs.tasks import task
    from rewardlab.training.fit import fit_here

    run = Run(order.run)
    known = task(run.config.task, **run.config.task_options)
    try:
        fit_here(run, known, progress=order.progress, before_learning=lockdown.seal)
    except WorkerStartError as error:
        raise WorkerStartError(
            f"{error}; a trainer that is locked down can start no other: go on with: "
            f"rewardlab train --resume {run.path}"
        ) from error


def _told(error: BaseException) -> dict[str, Any]:
    kind = next((kind for kind in _KINDS if isinstance(error, kind)), type(error))
    record = error.record if isinstance(error, RewardFault) else {}
    return {"kind": kind.__name__, "message": str(error), "record": record}
