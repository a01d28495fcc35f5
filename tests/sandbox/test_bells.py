"""No call is lost, whoever sleeps; whoever has nothing to do uses no processor."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from rewardlab.errors import SandboxError
from rewardlab.sandbox import bells, frames
from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.bells import ANSWER, ASLEEP, AWAKE_US, CALL, ParentBell, WorkerBell
from rewardlab.sandbox.client import RewardWorker

PLACE = frames.layout(7, 0)
ANGLE = "def compute_dense_reward(self, action):\n    return self.angle"

linux = pytest.mark.skipif(sys.platform != "linux", reason="processor time of another process")


class Pair:
    """Both sides of one memory, in one process."""

    def __init__(self) -> None:
        memory = bytearray(PLACE.size)
        self.request, to_worker = os.pipe()
        self.reply, to_parent = os.pipe()
        os.set_blocking(to_worker, False)
        self.fds = (self.request, to_worker, self.reply, to_parent)
        self.parent = ParentBell(memory, PLACE, to_worker)
        self.worker = WorkerBell(memory, PLACE, self.request, to_parent)


@pytest.fixture
def pair() -> Iterator[Pair]:
    both = Pair()
    yield both
    for fd in both.fds:
        os.close(fd)


def waiting(fd: int) -> int:
    """Return how many bytes stand in a pipe."""
    os.set_blocking(fd, False)
    try:
        return len(os.read(fd, 1 << 16))
    except BlockingIOError:
        return 0


def test_who_is_awake_needs_no_byte(pair: Pair) -> None:
    pair.parent.sleep(False)
    for seq in (1, 2, 3):
        pair.parent.call(seq)
        assert not pair.parent.answered(seq)
        assert pair.worker.wait(0.1)
        pair.worker.answer(seq)
        assert pair.parent.answered(seq)
    assert waiting(pair.request) == waiting(pair.reply) == 0


def test_who_sleeps_gets_one_byte(pair: Pair) -> None:
    thread = threading.Thread(target=pair.worker.wait, args=(0.0,))
    thread.start()
    while not pair.parent._reply[ASLEEP]:
        time.sleep(0.001)
    pair.parent.call(1)
    thread.join(10)
    assert not thread.is_alive()
    assert not pair.worker._reply[ASLEEP]
    pair.worker.answer(1)
    assert waiting(pair.reply) == 1  # a parent sleeps until it says otherwise


def test_a_call_beside_falling_asleep_is_not_lost(pair: Pair) -> None:
    """The worker's last look came before the call, its word that it sleeps after."""
    pair.parent.call(1)
    assert waiting(pair.request) == 0
    pair.worker._reply[ASLEEP] = 1
    assert not pair.parent.answered(1)
    assert not pair.parent.answered(1)
    assert waiting(pair.request) == 1


def test_a_byte_left_over_is_no_call(pair: Pair) -> None:
    os.write(pair.fds[1], frames.RING)
    os.close(pair.fds[1])
    assert not pair.worker.wait(0.0)
    os.dup2(pair.fds[3], pair.fds[1])


def test_looking_out_in_vain_becomes_rare(pair: Pair) -> None:
    pair.worker._request[CALL] = 0
    looked = []
    for _ in range(200):
        start = time.perf_counter()
        pair.worker._look_out(0.0005)
        looked.append(time.perf_counter() - start > 0.0001)
    assert looked[0]
    assert sum(looked) < 20


def test_who_is_disturbed_each_time_sleeps_for_long(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else uses the processor: looks that take it from them help nobody."""
    looks: list[int] = []
    monkeypatch.setattr(os, "sched_yield", lambda: looks.append(1))
    monkeypatch.setattr(bells, "_DISTURBED_S", -1.0)
    for _ in range(3000):
        assert not pair.worker._look_out(1.0)
    assert len(looks) == 7


def test_who_was_disturbed_once_looks_out_again_soon(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A single disturbance happens on every machine: to sleep for long cost 20 % of a training."""
    with monkeypatch.context() as disturbed:
        disturbed.setattr(bells, "_DISTURBED_S", -1.0)
        assert not pair.worker._look_out(1.0)
    pair.parent.call(1)
    assert [pair.worker._look_out(1.0) for _ in range(9)] == [False] * 8 + [True]


def test_the_words_of_both_do_not_meet_the_headers() -> None:
    assert frames.REQUEST.size + 8 <= PLACE.rows_at
    assert PLACE.reply_at + frames.REPLY.size + 8 <= PLACE.block_at
    assert {CALL, ASLEEP} == {ANSWER, ASLEEP} == {0, 1}


def test_calls_at_any_moment_are_answered(worker: Callable[..., RewardWorker], rows) -> None:
    """Just before, while and just after a worker falls asleep: a lost call would time out."""
    one = worker(ANGLE)
    wanted = one.evaluate(rows).reward.tolist()
    rng = np.random.default_rng(0)
    for i, pause in enumerate(rng.uniform(0, 2 * AWAKE_US * 1e-6 + 1e-4, 200)):
        time.sleep(pause)
        assert one.evaluate(rows[i % 64 : i % 64 + 1]).reward[0] == wanted[i % 64]


@linux
@pytest.mark.parametrize("mode", ["train", "probe"])
def test_an_idle_worker_uses_no_processor(worker: Callable[..., RewardWorker], rows, mode) -> None:
    one = worker(ANGLE, mode=mode)
    for _ in range(20):
        one.evaluate(rows[:1])
    time.sleep(0.05)
    before = one.cpu_s()
    time.sleep(0.3)
    assert one.cpu_s() - before < 0.05


def test_two_threads_at_once_are_told(worker: Callable[..., RewardWorker], rows) -> None:
    hang = "    while self.time > 9:\n        pass\n    return 1.0"
    one = worker(f"def compute_dense_reward(self, action):\n{hang}")
    assert one.ok
    slow = np.full_like(rows[:1], 99.0)
    caught: list[str] = []

    def call() -> None:
        try:
            one.evaluate(slow, timeout_s=1.0)
        except WorkerFault as fault:
            caught.append(fault.code)

    thread = threading.Thread(target=call)
    thread.start()
    while thread.is_alive() and not one._calling:
        time.sleep(0.001)
    with pytest.raises(SandboxError, match="one call at a time"):
        one.evaluate(slow)
    thread.join(10)
    assert caught == ["RewardTimeout"]
