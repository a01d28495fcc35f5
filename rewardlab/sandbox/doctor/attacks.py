"""Fixed hostile programs for `rewardlab doctor`: what reading refuses, what the whole jail stops.

The one place outside of the tests that goes past the static reading, with no program but `HOSTILE`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rewardlab.program.reading import read
from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec, FieldSpec
from rewardlab.sandbox import spawn
from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.client import Mode, RewardWorker
from rewardlab.sandbox.jail import Guards
from rewardlab.sandbox.trials import LEAKS, WORKS, Outcome

HOSTILE = """
FOLDER, PLACE = {folder!r}, {place!r}
def compute_dense_reward(self, action):
    import ctypes, os, socket
    def write():
        with open(FOLDER + "/write", "w") as file:
            file.write("x")
    def fork():
        if os.fork() == 0:
            os.mkdir(FOLDER + "/fork")
            os._exit(0)
        os.wait()
    def shell():
        os.system("echo x > " + FOLDER + "/shell")
    def link():
        ctypes.CDLL(None).symlink(b"x", FOLDER.encode() + b"/link")
    def send():
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", FOLDER + "/ear")
    def environment():
        assert "REWARDLAB_CANARY" in os.environ
    def descriptor():
        assert [fd for fd in range(5, 1024) if exists(fd)]
    def exists(fd):
        try:
            return os.fstat(fd)
        except OSError:
            return None
    def place():
        assert os.getcwd() == PLACE
    found = 0
    for i, act in enumerate([environment, descriptor, place, write, fork, shell, link, send]):
        try:
            act()
            found += 1 << i
        except Exception:
            pass
    return found
"""
"""Returns which of its acts it believes to have done; the first three are believed."""

REFUSED = {
    "import os": "import os\ndef compute_dense_reward(self, action):\n    return os.getpid()",
    "open": "def compute_dense_reward(self, action):\n    return len(open('/etc/passwd').read())",
    "object graph": "def compute_dense_reward(self, action):\n    return len(().__class__.__mro__)",
    "getattr": "def compute_dense_reward(self, action):\n    return getattr(self, 'an' + 'gle')",
    "format": "def compute_dense_reward(self, action):\n    return len('{0.real}'.format(1))",
    "numpy's files": "def compute_dense_reward(self, action):\n    return np.load('x').sum()",
    "numpy's modules": "def compute_dense_reward(self, action):\n    return np.lib.sys.maxsize",
    "eval": "def compute_dense_reward(self, action):\n    return eval('1.0')",
    "state": "def compute_dense_reward(self, action):\n    self.angle = 1.0\n    return 1.0",
    "class": "class A:\n    pass\ndef compute_dense_reward(self, action):\n    return 1.0",
}
ACCEPTED = "def compute_dense_reward(self, action):\n    return -abs(self.angle)"

_INHERITED = ("see the environment", "see an open descriptor", "see the working folder")
_EFFECTS = {
    "write": "write a file",
    "fork": "fork",
    "shell": "start a shell",
    "link": "make a link",
    "ear": "send to a socket",
}
_CANARY, _HASH_SEED = "REWARDLAB_CANARY", "3"
_OPEN = Guards(reading=False, seccomp=False, landlock=False, rlimits=False)
_SCHEMA = Schema(
    EntitySpec("Nothing", "A scene for trials.", (FieldSpec("angle", "an angle", "float"),)),
    ActionSpec(1),
    1.0,
)


def reading() -> list[Outcome]:
    """Let the static reading judge programs that it must refuse, and one that it must not."""
    accepts = LEAKS if read(ACCEPTED, _SCHEMA).ok else WORKS
    return [
        Outcome(name, accepts, LEAKS if read(program, _SCHEMA).ok else WORKS)
        for name, program in REFUSED.items()
    ]


def inherited_and_done() -> tuple[list[Outcome], list[Outcome]]:
    """Run the hostile program in real workers: all layers off, then all on in both modes.

    Returns:
        What a worker inherits from us, and what a jailed program does outside.

    Raises:
        SandboxError: A worker could not be started.
    """
    with _canaries():
        seen, possible, _ = _run(_OPEN, "probe")
        _, failing, _ = _run(Guards(reading=False), "probe")
        _, killed, code = _run(Guards(reading=False), "train")
    inherited = [
        Outcome(name, LEAKS, LEAKS if seen >> i & 1 else WORKS) for i, name in enumerate(_INHERITED)
    ]
    done = [
        Outcome(name, _leaks(act in possible), _leaks(act in failing | killed))
        for act, name in _EFFECTS.items()
    ]
    survived = _leaks(code != "SandboxViolation")
    return inherited, [*done, Outcome("survive an attempt while training", LEAKS, survived)]


def _leaks(it_does: bool) -> int:
    return LEAKS if it_does else WORKS


@contextlib.contextmanager
def _canaries() -> Iterator[None]:
    """Hold what a worker must not inherit, and end the zygote that was started meanwhile."""
    ends = os.pipe()
    os.set_inheritable(ends[1], True)
    os.environ[_CANARY] = "*"
    try:
        yield
    finally:
        del os.environ[_CANARY]
        for end in ends:
            os.close(end)
        spawn.close(_HASH_SEED)


def _run(guards: Guards, mode: Mode) -> tuple[int, set[str], str]:
    """Run the hostile program.

    Returns:
        What it believes to have done, what it really did outside, and the code of its end.
    """
    folder = tempfile.mkdtemp()
    source = HOSTILE.format(folder=folder, place=os.getcwd())
    believed, code = 0, ""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
            ear.bind(f"{folder}/ear")
            worker = RewardWorker(source, _SCHEMA, mode=mode, hash_seed=_HASH_SEED, _guards=guards)
            try:
                row = np.zeros((1, _SCHEMA.row_size))
                believed = int(worker.evaluate(row).reward[0])
            except WorkerFault as fault:
                code = fault.code
            finally:
                worker.close()
            return believed, _effects(folder, ear), code
    finally:
        shutil.rmtree(folder)


def _effects(folder: str, ear: socket.socket) -> set[str]:
    done = {path.name for path in Path(folder).iterdir()} - {"ear"}
    ear.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        ear.recv(1)
        done.add("ear")
    return done
