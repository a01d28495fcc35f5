"""The process that trains a run under the lock: a warden, and the trainer that it forks.

The trainer locks itself before it imports anything that could start a thread. The warden ends
whatever the trainer left running.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rewardlab.errors import (
    ConfigError,
    ProgramRefused,
    RewardFault,
    RewardlabError,
    SandboxError,
    SandboxUnavailable,
    ShaperFault,
    StorageError,
    UsageError,
    WorkerStartError,
)
from rewardlab.sandbox import kernel, lockdown
from rewardlab.training.run import Run

STOPS = (signal.SIGINT, signal.SIGTERM)
"""Signals that a person stops it with; passed on."""
KINDS: tuple[type[BaseException], ...] = (
    RewardFault, ShaperFault, ProgramRefused, ConfigError, UsageError, StorageError,
    SandboxUnavailable, WorkerStartError, SandboxError, RewardlabError, KeyboardInterrupt,
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


def main(order_text: str) -> int:
    """Be the warden: fork the trainer, wait for it, leave nothing behind."""
    run, progress, read, parent, outcome = json.loads(order_text)
    order = Order(run, progress, tuple(read), parent, outcome)
    _die_with(parent)
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    warden, trainer = os.getpid(), os.fork()
    if trainer == 0:
        return _be_trainer(order._replace(parent=warden))
    with passing_on(lambda number: os.kill(trainer, number)):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
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
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    os.pwrite(order.outcome, json.dumps(told).encode(), 0)
    return code


def _leave_when_stopped(order: Order) -> None:
    """Tell of a signal and end at once: what is imported here may swallow an exception."""
    told = _told(KeyboardInterrupt(f"stopped; go on with: rewardlab train --resume {order.run}"))

    def leave(number: int, frame: object) -> None:
        os.pwrite(order.outcome, json.dumps(told).encode(), 0)
        os._exit(1)

    for number in STOPS:
        signal.signal(number, leave)


def _train(order: Order) -> None:
    _die_with(order.parent)
    lockdown.confine(read=order.read, write=order.run)
    _leave_when_stopped(order)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
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
    kind = next((kind for kind in KINDS if isinstance(error, kind)), type(error))
    record = error.record if isinstance(error, RewardFault) else {}
    return {"kind": kind.__name__, "message": str(error), "record": record}


@contextlib.contextmanager
def passing_on(send: Callable[[int], None]) -> Iterator[None]:
    """Call `send` for the signals of a person who stops it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    old = {s: signal.signal(s, lambda number, _: send(number)) for s in STOPS}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
