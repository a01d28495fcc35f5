"""Old kernels, containers that forbid, memory and processes that run out: one clear line each.

Each is made real by a filter around the whole command line (`outer.py`), not by pretending.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from rewardlab.errors import WorkerStartError
from rewardlab.program.program import RewardProgram
from rewardlab.sandbox import kernel, spawn
from rewardlab.sandbox.capabilities import level
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.runner import RewardRunner

pytestmark = pytest.mark.skipif(kernel.machine() is None, reason="the outer filter is for Linux")

GOOD = "def compute_dense_reward(self, action):\n    return -float(abs(self.obs[2]))\n"
SLOW = (
    "def compute_dense_reward(self, action):\n    x = 0.0\n    for i in range(300_000):\n"
    "        x = x + 1e-9 * self.obs[0]\n    return x + self.obs[2]\n"
)
SUBREAPER = 36

CALLS = """
import contextlib, io, json, sys
from rewardlab.cli import main
for more in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["validate", "p.py", "--task", "gym/CartPole-v1", "--json", *more])
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""
MODES = (("--sandbox", "require"), (), ("--allow-degraded-sandbox",))


class Said(NamedTuple):
    """What the command line answered."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line on stderr."""
        assert self.err.count("\n") == 1, self.err
        assert self.err.startswith("rewardlab: error: "), self.err
        return self.err.strip()


def children() -> set[int]:
    threads = Path("/proc/self/task").iterdir()
    return {int(pid) for thread in threads for pid in (thread / "children").read_text().split()}


@pytest.fixture(scope="module", autouse=True)
def _all_layers() -> None:
    if level() != "full":
        pytest.skip("LOUD: this machine itself lacks a layer: nothing to take away is tested")


@pytest.fixture
def nothing_left(alive) -> Iterator[None]:
    """Inherit every process that the test leaves behind, and tolerate none."""
    before = children()
    kernel.prctl(SUBREAPER, 1)
    try:
        yield
        deadline = time.monotonic() + 10.0
        while any(alive(pid) for pid in children() - before) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert [pid for pid in children() - before if alive(pid)] == []
    finally:
        for pid in children() - before:
            os.waitpid(pid, os.WNOHANG)
        kernel.prctl(SUBREAPER, 0)


@pytest.fixture
def validate(tmp_path: Path, nothing_left) -> Callable[..., list[Said]]:
    """Validate a good program in all modes, with some system calls failing or behind a prefix."""
    (tmp_path / "p.py").write_text(GOOD)

    def run(groups: dict[str, int], prefix: tuple[str, ...] = ()) -> list[Said]:
        outer = [sys.executable, str(Path(__file__).with_name("outer.py")), json.dumps(groups)]
        inner = [sys.executable, "-c", CALLS, json.dumps(MODES)]
        done = subprocess.run(
            [*prefix, *outer, *inner],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert done.stderr == ""
        return [Said(*json.loads(line)) for line in done.stdout.splitlines()]

    return run


DEGRADED = {
    "old kernel": ({"landlock": errno.ENOSYS}, "partial", "landlock", "a container hides it"),
    "container": ({"seccomp": errno.EPERM}, "partial", "seccomp", "--security-opt"),
    "neither": (
        {"seccomp": errno.EINVAL, "landlock": errno.EPERM},
        "process-only",
        "seccomp",
        "--security-opt",
    ),
}


@pytest.mark.parametrize("name", DEGRADED)
def test_a_missing_layer_is_refused_or_shouted_about(validate, name: str) -> None:
    groups, expected, layer, remedy = DEGRADED[name]
    required, plain, allowed = validate(groups)
    for said in (required, plain):
        assert said.code == 1
        assert said.out == ""
        assert f"the sandbox is only {expected!r} here; missing: {layer} (" in said.line
        assert remedy in said.line
    assert "--sandbox auto" in required.line
    assert "--allow-degraded-sandbox" in plain.line
    assert allowed.code == 0
    assert json.loads(allowed.out)["sandbox_level"] == expected
    assert allowed.err.count("WARNING") == 1
    assert layer in allowed.err


IMPOSSIBLE = {
    "no memory": ({"memfd": errno.ENOMEM}, "Cannot allocate memory): free memory"),
    "no memfd": ({"memfd": errno.ENOSYS}, "allow the system call memfd_create"),
    "no processes": (
        {"fork": errno.EAGAIN, "vfork": errno.EAGAIN, "clone3": errno.ENOSYS},
        "Resource temporarily unavailable",
    ),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_without_a_process_or_memory_nothing_runs(validate, name: str) -> None:
    groups, reason = IMPOSSIBLE[name]
    for said in validate(groups):
        assert (said.code, said.out) == (1, "")
        assert reason in said.line
        assert said.line.count(reason) == 1


LOCKS = [
    "setrlimit",
    pytest.param("capset", marks=pytest.mark.skipif(os.geteuid() != 0, reason="root's to lose")),
]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_that_fails_is_not_the_programs_fault(validate, name: str) -> None:
    """Whatever risk its user takes: half locked, it does not run."""
    said = validate({name: errno.EPERM})[-1]
    assert (said.code, said.out) == (1, "")
    last = said.err.splitlines()[-1]
    assert last.startswith("rewardlab: error: a worker could not be locked: ")


def test_older_ways_do_where_newer_calls_are_missing(validate) -> None:
    missing = {"pidfd": errno.ENOSYS, "close_range": errno.ENOSYS, "clone3": errno.ENOSYS}
    for said in validate(missing):
        assert (said.code, said.err) == (0, "")
        assert json.loads(said.out)["sandbox_level"] == "full"


ENDS = """
import json, sys
import numpy as np
from rewardlab.program.schema import Schema
from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.jail import Guards
from rewardlab.sandbox.limits import Limits

schema = Schema.from_json(json.loads(sys.argv[1]))
for body in ("import ctypes; ctypes.string_at(0)", "while True: pass", "import os; os.kill(1, 0)"):
    source = f"def compute_dense_reward(self, action):\\n    {body}\\n"
    one = RewardWorker(source, schema, limits=Limits(call_s=0.3), _guards=Guards(reading=False))
    assert one._connection._child.pidfd is None
    try:
        one.evaluate(np.zeros((1, schema.row_size)))
    except WorkerFault as fault:
        print(fault.code, fault.message)
"""


def test_without_handles_of_processes_ends_are_still_known(schema, nothing_left) -> None:
    outer = [sys.executable, str(Path(__file__).with_name("outer.py"))]
    inner = [sys.executable, "-c", ENDS, json.dumps(schema.to_json())]
    done = subprocess.run(
        [*outer, json.dumps({"pidfd": errno.ENOSYS}), *inner],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    crashed, late, violated = done.stdout.splitlines()
    assert crashed.startswith("WorkerCrashed")
    assert "SIGSEGV" in crashed
    assert late.startswith("RewardTimeout")
    assert violated.startswith("SandboxViolation")


def test_a_full_shared_memory_folder_does_not_matter(validate, tmp_path: Path) -> None:
    script = (
        "mount -t tmpfs -o size=64k none /dev/shm && "
        '! head -c 1000000 /dev/zero 2>/dev/null >/dev/shm/full && exec "$@"'
    )
    prefix = ("unshare", "--mount", "sh", "-c", script, "sh")
    trial = [*prefix, "true"]
    if not shutil.which("unshare") or subprocess.run(trial, capture_output=True).returncode:
        pytest.skip("LOUD: no private mounts here: a full /dev/shm is not tested")
    for said in validate({}, prefix):
        assert (said.code, said.err) == (0, "")


class Killing(NamedTuple):
    """A validation that takes long, and what it started."""

    process: subprocess.Popen[str]

    def zygotes(self) -> list[int]:
        return self._children(self.process.pid)

    def workers(self) -> list[int]:
        return [pid for zygote in self.zygotes() for pid in self._children(zygote)]

    @staticmethod
    def _children(pid: int) -> list[int]:
        try:
            threads = list(Path(f"/proc/{pid}/task").iterdir())
            return [int(p) for thread in threads for p in (thread / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            return []

    def wait_for(self, what: Callable[[], list[int]]) -> int:
        deadline = time.monotonic() + 60.0
        while not (found := what()):
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.002)
        return found[0]

    def busy_worker(self) -> int:
        """Wait until a worker has been computing for a while: in a call."""

        def computing() -> list[int]:
            return [pid for pid in self.workers() if _cpu_ticks(pid) > 10]

        return self.wait_for(computing)

    def result(self) -> Said:
        out, err = self.process.communicate(timeout=60)
        return Said(self.process.returncode, out, err)


def _cpu_ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(fields[11]) + int(fields[12])


@pytest.fixture
def killing(tmp_path: Path, nothing_left) -> Iterator[Callable[[str], Killing]]:
    started = []

    def start(program: str) -> Killing:
        (tmp_path / "p.py").write_text(program)
        call = ["validate", "p.py", "--task", "gym/CartPole-v1", "--json"]
        process = subprocess.Popen(
            [sys.executable, "-m", "rewardlab", *call],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return Killing(process)

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_zygote_killed_before_it_was_ready_is_replaced(killing) -> None:
    one = killing(GOOD)
    os.kill(one.wait_for(one.zygotes), signal.SIGKILL)
    said = one.result()
    assert (said.code, said.err) == (0, "")


def test_a_zygote_killed_during_a_call_is_not_the_programs_fault(killing, alive) -> None:
    one = killing(SLOW)
    worker = one.busy_worker()
    parent = int(Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)
    said = one.result()
    assert (said.code, said.out) == (1, "")
    assert "the process that jails reward programs was killed" in said.line


def test_a_worker_killed_during_a_call_is_a_finding(killing) -> None:
    one = killing(SLOW)
    os.kill(one.busy_worker(), signal.SIGKILL)
    said = one.result()
    assert said.code == 1
    (finding,) = json.loads(said.out)["findings"]
    assert finding["code"] == "WorkerCrashed"
    assert "SIGKILL" in finding["message"]


def test_a_command_killed_during_a_call_leaves_nothing(killing) -> None:
    one = killing(SLOW)
    one.busy_worker()
    one.process.kill()
    assert one.result().code == -signal.SIGKILL


def test_training_goes_on_when_a_zygote_is_killed(schema, rows, alive) -> None:
    program = RewardProgram("def compute_dense_reward(self, action):\n    return self.angle\n")
    with RewardRunner(program, schema) as runner:
        first = runner.evaluate(rows).reward.tolist()
        os.kill(spawn.facts().pid, signal.SIGKILL)
        while alive(runner._worker.pid):
            time.sleep(0.01)
        assert runner.evaluate(rows).reward.tolist() == first
        assert runner.faults == {"WorkerLost": 1}


@pytest.mark.parametrize("on_fault", ["stop", "zero"])
def test_a_zygote_killed_again_and_again_is_not_blamed_on_the_program(
    schema, rows, alive, monkeypatch, on_fault
) -> None:
    """Nor is any value put in place of the one that it was not asked for."""
    program = RewardProgram("def compute_dense_reward(self, action):\n    return self.angle\n")
    evaluate = RewardWorker.evaluate

    def lost(worker, some):
        os.kill(spawn.facts().pid, signal.SIGKILL)
        while alive(worker.pid):
            time.sleep(0.01)
        return evaluate(worker, some)

    with RewardRunner(program, schema, on_fault=on_fault) as runner:
        first = runner.evaluate(rows).reward.tolist()
        with monkeypatch.context() as patched:
            patched.setattr(RewardWorker, "evaluate", lost)
            for again in (1, 2):
                with pytest.raises(WorkerStartError, match="jails reward programs was killed"):
                    runner.evaluate(rows)
                assert runner.faults == {"WorkerLost": 2 * again}
        assert runner.evaluate(rows).reward.tolist() == first
        assert runner.metrics()["substituted"] == 0
