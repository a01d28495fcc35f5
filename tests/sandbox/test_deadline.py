"""Who is blamed for a deadline that passed: a program that sleeps or burns, not a busy machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.deadline import MOST, Deadline, runnable, used_s

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")

EACH_S = 0.2
BURN, SLEEP = "while True: pass", "import time; time.sleep(60)"
Run = Callable[[str], subprocess.Popen[bytes]]


@pytest.fixture
def run() -> Iterator[Run]:
    """Start processes that say when they are about to run their code."""
    started: list[subprocess.Popen[bytes]] = []

    def start(code: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", f"print(flush=True)\n{code}"]
        # In sessions of their own, as workers are: Linux may share processors out by session.
        process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        started.append(process)
        assert process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def starve(run: Run, pid: int) -> list[subprocess.Popen[bytes]]:
    """Leave a process at most a quarter of one processor; return who has the rest."""
    processor, hogs = {min(os.sched_getaffinity(0))}, [run(BURN) for _ in range(3)]
    for one in (pid, *(hog.pid for hog in hogs)):
        os.sched_setaffinity(one, processor)
    return hogs


def passed(deadline: Deadline) -> float:
    """Wait until it is over; return how long that took."""
    start = time.monotonic()
    while left := deadline.left():
        time.sleep(left)
    return time.monotonic() - start


def test_a_process_that_sleeps_gets_no_more(run: Run) -> None:
    deadline = Deadline(run(SLEEP).pid, EACH_S)
    assert passed(deadline) >= EACH_S
    assert deadline.seconds == EACH_S


def test_a_process_that_is_stopped_gets_no_more(run: Run) -> None:
    pid = run(BURN).pid
    os.kill(pid, signal.SIGSTOP)
    while runnable(pid):
        time.sleep(0.01)
    deadline = Deadline(pid, EACH_S)
    passed(deadline)
    assert deadline.seconds == EACH_S


def test_a_process_that_burns_its_time_gets_no_more(run: Run) -> None:
    pid = run(BURN).pid
    deadline, before = Deadline(pid, EACH_S), used_s(pid)
    while used_s(pid) - before < EACH_S / 2:
        time.sleep(0.01)
    assert runnable(pid)
    passed(deadline)
    assert deadline.seconds == EACH_S


def test_a_process_that_ended_gets_no_more(run: Run) -> None:
    process = run(SLEEP)
    process.kill()
    process.wait()
    assert not runnable(process.pid)
    assert not Deadline(process.pid, 0.0).left()


def test_a_starved_process_gets_more_but_not_for_ever(run: Run) -> None:
    starved = run(BURN).pid
    starve(run, starved)
    deadline, before = Deadline(starved, EACH_S), used_s(starved)
    passed(deadline)
    assert EACH_S < deadline.seconds <= MOST * EACH_S
    assert used_s(starved) - before >= EACH_S / 2 or deadline.seconds == pytest.approx(
        MOST * EACH_S
    )


def test_a_good_program_on_a_starved_machine_is_not_blamed(run: Run, jailed, rows) -> None:
    one = jailed("return float(sum(range(30_000_000)))", mode="train")
    hogs = starve(run, one.pid)

    def relieve() -> None:
        for hog in hogs:
            hog.kill()

    relief = threading.Timer(1.5, relieve)
    relief.start()
    assert one.evaluate(rows[:1], timeout_s=1.0).reward[0] == float(sum(range(30_000_000)))
    relief.join()


@pytest.mark.parametrize("body", ["while True: pass", "import time; time.sleep(60)"])
def test_a_program_that_burns_or_sleeps_is_blamed_in_time(jailed, rows, body: str) -> None:
    one, start = jailed(body, mode="train"), time.monotonic()
    with pytest.raises(WorkerFault, match=r"no answer in \d\.\d s") as caught:
        one.evaluate(rows[:1], timeout_s=0.5)
    assert caught.value.code == "RewardTimeout"
    assert time.monotonic() - start < MOST * 0.5 + 2.0
