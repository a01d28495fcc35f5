"""A worker that ends, or rings too often, or never reads: nobody waits, and the end is named."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from collections.abc import Callable

import pytest

from rewardlab.sandbox import frames
from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.frames import decode, layout
from rewardlab.sandbox.jail import Guards
from tests.sandbox.attempts.liar import FOUND, WAIT, Jailed, fault_of, liar, told

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's layers are Linux's")

ENDS = {
    "exit": ("os._exit(0)", "WorkerCrashed"),
    "exit with a code": ("os._exit(77)", "WorkerCrashed"),
    "abort": ("os.abort()", "SandboxViolation"),
    "null": ("import ctypes; ctypes.string_at(0)", "WorkerCrashed"),
    "closed bell": ("os.close(4)", "WorkerCrashed"),
    "closed bells": ("os.closerange(0, 9)", "SandboxViolation WorkerCrashed"),
    "no memory": (
        "import ctypes; ctypes.CDLL(None).munmap(ctypes.c_void_p(id(None) & -4096), 4096)",
        "WorkerCrashed",
    ),
    "kill": ("os.kill(os.getpid(), 9)", "SandboxViolation"),
    "death in the jail, denied": (
        "signal.signal(signal.SIGSYS, signal.SIG_IGN); os.kill(os.getppid(), 9)",
        "SandboxViolation",
    ),
    "silence": ("head()", "RewardTimeout"),
    "all signals blocked": (
        "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))",
        "RewardTimeout",
    ),
    "all signals handled": (
        "[signal.signal(n, lambda *_: None) for n in range(1, 32) if n not in (9, 19)]",
        "RewardTimeout",
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_end_is_named(jailed: Jailed, rows, end: str) -> None:
    lie, codes = ENDS[end]
    one = liar(jailed, lie, call_s=0.3)
    with pytest.raises(WorkerFault) as caught:
        one.evaluate(rows[:1])
    assert caught.value.code in codes.split()
    assert one.closed


def test_bells_without_an_answer_are_found_out(jailed: Jailed, rows) -> None:
    one = liar(jailed, "os.write(4, b'R' * 9)")
    assert fault_of(one, rows).code == "ProtocolViolation"


def test_answers_in_advance_choose_a_reward_at_most(jailed: Jailed, rows) -> None:
    lie = """
    while True:
        to = seq()
        head(to=to + 1)
        answer(to + 1)
        while seq() == to:
            pass
        head()
        ring()
    """
    one = liar(jailed, lie, call_s=0.5)
    assert fault_of(one, rows, calls=5000).code in ("ProtocolViolation", "RewardTimeout")


def test_a_flood_of_bells_harms_nobody(jailed: Jailed, rows, descriptors) -> None:
    before = descriptors()
    one = liar(jailed, "while True:\n    os.write(4, b'R' * 4096)")
    with pytest.raises(WorkerFault) as caught:
        one.evaluate(rows[:1])
    assert caught.value.code == "ProtocolViolation"
    assert descriptors() == before


def test_who_never_reads_its_requests_does_not_hold_up_its_parent(jailed: Jailed, rows) -> None:
    """It says that it sleeps, so each call sends it a byte, until there is no room for more."""
    lie = """
    at = p.reply_at + frames.REPLY.size
    while True:
        to = seq()
        head(to=to)
        m[at + 4 : at + 8] = (1).to_bytes(4, sys.byteorder)
        answer(to)
        rung = False
        while seq() == to:
            if m[frames.REQUEST.size + 4] and not rung:
                os.write(4, b"R")
                rung = True
    """
    one = liar(jailed, lie)
    fcntl.fcntl(one._connection._request, fcntl.F_SETPIPE_SZ, 4096)
    # Else the last of these calls would never come back.
    assert not os.get_blocking(one._connection._request)
    assert told(one, rows, calls=4200) == {7.0, "ProtocolViolation"}


def test_a_lie_while_loading_is_found_out(worker: Callable[..., RewardWorker]) -> None:
    lie = "m[p.reply_at :] = b'\\xff' * (len(m) - p.reply_at)\nring()"
    one = worker(FOUND + lie + WAIT, _guards=Guards(reading=False))
    assert not one.ok
    assert one.findings[-1].code == "ProtocolViolation"


def test_bells_rung_while_loading_answer_nothing(worker: Callable[..., RewardWorker], rows) -> None:
    source = f"{FOUND}head(to=0)\nring(9)\ndef compute_dense_reward(self, action):\n    return 1.0"
    one = worker(source, _guards=Guards(reading=False))
    # Bells too many are found out where the parent sleeps.
    assert told(one, rows, calls=12) <= {1.0, "ProtocolViolation"}


def test_no_rows_are_no_way_in(jailed: Jailed, rows) -> None:
    assert jailed("return 1.0", mode="train").evaluate(rows[:0]).reward.shape == (0,)
    for flags in (0, 24):
        memory = bytearray(layout(7, 0).size)
        header = (frames.MAGIC, 5, 0, 0, 0, 0, 0, flags)
        frames.REPLY.pack_into(memory, layout(7, 0).reply_at, *header)
        assert decode(memory, layout(7, 0), seq=5, n=0, known=()).reward.shape == (0,)


def test_an_end_by_a_signal_without_a_name_is_told(jailed: Jailed, rows) -> None:
    one = jailed("return 1.0", mode="train")
    os.kill(one.pid, signal.SIGRTMIN + 3)
    with pytest.raises(WorkerFault, match="signal 37"):
        one.evaluate(rows[:1])
