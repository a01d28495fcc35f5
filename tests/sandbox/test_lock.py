"""How a worker is locked, step by step: what no attempt would notice, because another step holds.

Each of these is one line of the lock that could be lost without any other test failing.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys

import pytest

from rewardlab.program.signature import words
from rewardlab.sandbox import machines
from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.jail import Guards
from rewardlab.sandbox.worker import RECURSION

linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's layers are Linux's")

ALLOWED = words(
    "read write close fstat lseek mmap munmap brk mremap madvise rt_sigprocmask rt_sigreturn "
    "rt_sigaction sched_yield futex clock_gettime clock_nanosleep exit exit_group getrandom "
    "gettid getpid poll ppoll restart_syscall sigaltstack rseq getrusage membarrier"
)
LIMITS = {
    "NOFILE": 16,
    "STACK": 8 << 20,
    **dict.fromkeys(("FSIZE", "CORE", "NPROC", "MEMLOCK", "MSGQUEUE"), 0),
}


def test_computing_is_all_that_the_filter_allows() -> None:
    """What is added here is reachable by every hostile program: think of its arguments first."""
    assert {*machines._X86_64, "mmap"} == ALLOWED
    assert {*machines._AARCH64, "mmap"} == ALLOWED - {"poll"}
    for name, table in (("x86_64", machines._X86_64), ("aarch64", machines._AARCH64)):
        assert machines.MACHINES[name].allowed == tuple(table.values())


@linux
@pytest.mark.parametrize("name", LIMITS)
def test_limits_are_as_promised(jailed, rows, name: str) -> None:
    hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[1]
    wanted = LIMITS[name] if hard == resource.RLIM_INFINITY else min(LIMITS[name], hard)
    body = f"import resource\nsoft, hard = resource.getrlimit(resource.RLIMIT_{name})\n"
    guards = Guards(reading=False, seccomp=False, landlock=False)
    one = jailed(f"{body}return float(soft) if soft == hard else -1.0", guards=guards)
    assert one.evaluate(rows[:1]).reward[0] == wanted


@linux
def test_a_worker_leads_a_session_of_its_own(jailed) -> None:
    one = jailed("return 1.0")
    assert os.getsid(one.pid) == os.getpgid(one.pid) == one.pid


def test_calls_nest_as_deep_as_promised(worker, rows) -> None:
    deep = """
    def down(n):
        return 1.0 if n < 1 else down(n - 1)
    def compute_dense_reward(self, action):
        return down({n})
    """
    assert worker(deep.format(n=RECURSION - 10)).evaluate(rows[:1]).reward[0] == 1.0
    with pytest.raises(WorkerFault, match="RecursionError"):
        worker(deep.format(n=RECURSION + 10)).evaluate(rows[:1])


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )


@linux
def test_a_worker_whose_zygote_died_while_it_was_forked_does_not_start() -> None:
    """Its death is only told to who asked before; nobody would end this worker."""
    done = python("from rewardlab.sandbox import jail; jail._detach(parent=0)")
    assert done.stderr.endswith("the process that workers are forked from is gone\n")
    done = python("import os; from rewardlab.sandbox import jail; jail._detach(os.getppid())")
    assert (done.returncode, done.stderr) == (0, "")


@linux
def test_no_worker_is_forked_beside_a_thread() -> None:
    """Landlock would not bind it, and a fork in its middle is undefined."""
    sleeper = "threading.Thread(target=time.sleep, args=(60,), daemon=True)"
    start = f"import threading, time; {sleeper}.start(); "
    serve = (
        "import socket; from rewardlab.sandbox import zygote; ours, theirs = socket.socketpair(); "
        "ours.close(); zygote.main(theirs.detach())"
    )
    done = python(start + serve)
    assert done.returncode == 1
    assert done.stderr.endswith("a library started a thread: workers cannot be forked\n")
    assert "BrokenPipeError" in python(serve).stderr  # alone it is ready, and says so


HALF_LOCKED = """
import os, sys
from rewardlab.sandbox import frames, worker
from rewardlab.sandbox.jail import Lock
from rewardlab.sandbox.memory import shared_memory
reply, row_size, job = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()
place = frames.layout(row_size, len(job))
memory = shared_memory(place.size)
os.pwrite(memory, job, place.job_at)
how = Lock(seccomp=False, landlock=False, rlimits=False, kill=False, memory_mib=512, cpu_s=0)
worker.main(worker.Start(place, how, parent={parent}), os.pipe()[0], reply, memory)
"""


@linux
@pytest.mark.parametrize(("parent", "runs"), [("0", False), ("os.getppid()", True)])
def test_nothing_runs_where_a_step_of_the_lock_fails(schema, tmp_path, parent, runs) -> None:
    """Its parent would kill it, but only after the program had a moment without the jail."""
    canary = tmp_path / "canary"
    source = f"open({str(canary)!r}, 'w')\ndef compute_dense_reward(self, action):\n    return 1.0"
    job = {"source": source, "schema": schema.to_json(), "terms": [], "read": False}
    ours, theirs = os.pipe()
    arguments = [str(theirs), str(schema.row_size), json.dumps(job)]
    done = subprocess.run(
        [sys.executable, "-c", HALF_LOCKED.format(parent=parent), *arguments],
        pass_fds=(theirs,),
        check=False,
        timeout=60,
    )
    os.close(theirs)
    with open(ours, "rb") as pipe:
        said = pipe.read()
    assert canary.exists() == runs
    assert (done.returncode, said[:1]) == ((0, b"L") if runs else (1, b"S"))
