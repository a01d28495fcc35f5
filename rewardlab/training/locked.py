"""A run trained by a process of its own that is locked down, as its parent sees it.

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
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rewardlab.errors import (
    RewardFault,
    RewardlabError,
    UsageError,
)
from rewardlab.sandbox import lockdown
from rewardlab.sandbox.memory import anonymous_file
from rewardlab.training.handover import environment, module_folders, scratch_folder, unchanged
from rewardlab.training.run import Run
from rewardlab.training.warden import KINDS, STOPS, Order, passing_on

if TYPE_CHECKING:
    from rewardlab.shapers.base import Shaper

_BOOT = (
    "import sys; root = sys.argv[1]; root in sys.path or sys.path.append(root); "
    "from rewardlab.training.warden import main; sys.exit(main(sys.argv[2]))"
)
_OUTCOME_BYTES = 1 << 20


def check_lockdown(task_id: str, shaper: Shaper | str | None) -> None:
    """Refuse what cannot be locked down.

    Raises:
        UsageError: A shaper that is an object, or a module that lies where too much could be read
            with it.
        SandboxUnavailable: The lock does not hold on this machine.
    """
    if shaper and not isinstance(shaper, str):
        raise UsageError(
            f"lockdown trains in a process of its own, which {type(shaper).__name__} cannot be "
            "handed to: it is an object of this one; name a shaper instead (--shaper), or leave "
            "out one of the two"
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
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
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
        with passing_on(process.send_signal):
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            return process.wait()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()


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
    known = {known.__name__: known for known in KINDS}
    name = kind if kind.isidentifier() else "Exception"
    raise (known.get(kind) or type(name, (RuntimeError,), {}))(message)


def _how(code: int) -> str:
    number = -code if code < 0 else code - 128
    known = number in signal.valid_signals()
    return signal.Signals(number).name if known else f"exit code {code}"
