"""A run trained by a process of its own that is locked down: the parent's side and the child's.

```
parent --execute, built environment--> child: lock, import libraries, build everything, seal, learn
parent <--outcome as JSON in anonymous memory-- child
```
The child locks itself before it imports anything that could start a thread, so everything that
trains, the processes that it starts included, lives under the lock from its first instruction.
Ctrl-C is passed on. The parent believes nothing that the child wrote: what later decides which
code is run is compared with what it was, and put back.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import site
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
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
from rewardlab.store.files import write_bytes
from rewardlab.training.run import Run

if TYPE_CHECKING:
    from rewardlab.shapers.base import Shaper

KEPT = ("config.yaml", "program.py", "program.json", "verdict.json")
"""Files of a run that training has no business to change."""

_BOOT = (
    "import sys; root = sys.argv[1]; root in sys.path or sys.path.append(root); "
    "from rewardlab.training.locked import main; sys.exit(main(sys.argv[2]))"
)
_STOPS = (signal.SIGINT, signal.SIGTERM)
_OUTCOME_BYTES = 1 << 20

_HANDED_ON = re.compile(
    "PATH|LANG|LANGUAGE|LC_.*|TZ|TERM|COLORTERM|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|USER|LOGNAME"
    "|LD_LIBRARY_PATH|PYTHONHASHSEED|PYTHONWARNINGS|PYTHONUTF8|REWARDLAB_DEBUG"
    "|(OMP|MKL|OPENBLAS|NUMEXPR|KMP|CUDA|CUBLAS|CUDNN|NVIDIA|TORCH|PYTORCH|HIP|ROCR|HSA)_.*"
)
_SECRET = re.compile("KEY|TOKEN|SECRET|PASSW|CREDENTIAL|PROXY|AUTH", re.IGNORECASE)
_SCRATCH = (
    "HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "MPLCONFIGDIR",
    "TORCH_HOME", "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "CUDA_CACHE_PATH",
)  # fmt: skip


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


def check_lockdown(lockdown: bool, shaper: Shaper | None) -> None:
    """Raise `UsageError` if a shaper is to be locked down."""
    if lockdown and shaper is not None:
        raise UsageError(
            f"lockdown trains in a process of its own, which {type(shaper).__name__} cannot be "
            "handed to: it is an object of this one; leave out one of the two"
        )


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
    read = _module_folders(run.config.task)
    with _kept(run), _scratch(run) as scratch, _memory() as outcome:
        order = Order(str(run.path), progress, read, os.getpid(), outcome)
        code = _carry_out(order, _environment(scratch))
        told = os.pread(outcome, _OUTCOME_BYTES, 0)
    _raise(run, code, told)


def _carry_out(order: Order, environment: Mapping[str, str]) -> int:
    """Return how the child ended."""
    root = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, "-P", "-B", "-c", _BOOT, root, json.dumps(order)]
    # A signal of these must find us ready to pass it on, and the child ready to answer.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    process = None
    try:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=2,
            pass_fds=(order.outcome,),
            start_new_session=True,  # a terminal's Ctrl-C comes once, from us
        )
        with _passing_on(process):
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            return process.wait()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()


@contextlib.contextmanager
def _passing_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    old = {s: signal.signal(s, lambda number, _: process.send_signal(number)) for s in _STOPS}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _environment(scratch: str) -> dict[str, str]:
    """Build the child's environment: no key, token or proxy, and all caches in the run folder."""
    env = {
        name: value
        for name, value in os.environ.items()
        if _HANDED_ON.fullmatch(name) and not _SECRET.search(name)
    }
    folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    path = os.pathsep.join(folder for folder in folders if folder and not _opens_home(folder))
    own = {"PYTHONPATH": path} if path else {}
    # No pictures: their libraries are found by executing programs, and are not needed here.
    own |= {"PYTHONUSERBASE": site.getuserbase(), "MUJOCO_GL": "disable"}
    return env | own | dict.fromkeys(_SCRATCH, scratch)


def _module_folders(task_id: str) -> tuple[str, ...]:
    """Return where a user's module lies, whose import registers the task's environment."""
    module, colon, _ = task_id.removeprefix("gym/").partition(":")
    if not colon or not task_id.startswith("gym/"):
        return ()
    top = module.partition(".")[0]
    spec = find_spec(top)
    places = list((spec and spec.submodule_search_locations) or ())
    if spec and spec.origin and not places:
        places = [os.path.dirname(spec.origin)]
    for place in places:
        if _opens_home(place):
            raise UsageError(
                f"--lockdown would let the trainer read all of {place}, where {top!r} lies: put "
                "that module into a folder of its own"
            )
    return tuple(os.path.abspath(place) for place in places)


def _opens_home(folder: str) -> bool:
    return Path.home().resolve().is_relative_to(Path(folder).resolve())


@contextlib.contextmanager
def _scratch(run: Run) -> Iterator[str]:
    try:
        folder = tempfile.mkdtemp(prefix=".scratch-", dir=run.path.resolve())
    except OSError as error:
        raise StorageError(f"cannot use {run.path}: {error.strerror}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _memory() -> Iterator[int]:
    fd = anonymous_file()
    try:
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def _kept(run: Run) -> Iterator[None]:
    """Put back what the child must not change, however it ended.

    Raises:
        SandboxError: There was something to put back.
    """
    before = {name: _content(run.path / name) for name in KEPT}
    try:
        yield
    finally:
        changed = [name for name in KEPT if _content(run.path / name) != before[name]]
        for name in changed:
            _put_back(run.path / name, before[name])
    if changed:
        raise SandboxError(
            f"the trainer changed {' and '.join(changed)} of run {run.id}, which training never "
            "does: put back; do not trust this run, something in it attacks"
        )


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        return b"\0not a file"


def _put_back(path: Path, content: bytes | None) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    if content is None:
        path.unlink(missing_ok=True)
    else:
        write_bytes(path, content)


def _raise(run: Run, code: int, told: bytes) -> None:
    """Raise what the child raised, if it did."""
    try:
        outcome = json.loads(told)
        kind, message, record = str(outcome["kind"]), str(outcome["message"]), outcome["record"]
    except (ValueError, LookupError, TypeError):
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        raise RewardlabError(
            f"the process that trains run {run.id} ended without a word ({how}); go on with: "
            f"rewardlab train --resume {run.path}"
        ) from None
    if kind == "finished":
        return
    if kind == "RewardFault":
        raise RewardFault(message, record if isinstance(record, dict) else {})
    known = {known.__name__: known for known in _KINDS}
    raise (known.get(kind) or type(kind, (RuntimeError,), {}))(message)


def main(order_text: str) -> int:
    """Be the child: lock this process, train, tell the outcome; returns the exit code."""
    run, progress, read, parent, outcome = json.loads(order_text)
    order = Order(run, progress, tuple(read), parent, outcome)
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
    os.pwrite(order.outcome, json.dumps(told).encode(), 0)
    return code


def _train(order: Order) -> None:
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != order.parent:
        raise SandboxError("the process that began this training is gone")
    lockdown.confine(read=order.read, write=order.run)
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
