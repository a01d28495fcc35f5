"""Programs that take too much, of time, memory, depth or room: each is ended in time, and named."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.jail import Guards
from rewardlab.sandbox.limits import Limits
from tests.sandbox.attempts.battery import NONE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's layers are Linux's")

Jailed = Callable[..., RewardWorker]

CALL_S, SPARE_S = 0.3, 2.0

EXCESSES = {
    "loop": ("while True: pass", "RewardTimeout"),
    "C loop": ("return float(sum(range(10**12)))", "RewardTimeout"),
    "power": ("return float(len(str(7 ** 10**9)))", "RewardTimeout"),
    "digits": ("import sys; sys.set_int_max_str_digits(0); str(1 << 10**8)", "RewardTimeout"),
    "regular expression": ("import re; re.match('(a+)+$', 'a' * 50 + 'b')", "RewardTimeout"),
    "sort": ("sorted(range(10**6), key=lambda x: [0] * 99) * 99", "RewardTimeout"),
    "sleep": ("import time; time.sleep(10**6)", "RewardTimeout"),
    "lock": (
        "import _thread; a = _thread.allocate_lock(); a.acquire(); a.acquire()",
        "RewardTimeout",
    ),
    "waiting for a request": ("import os; os.read(3, 1); os.read(3, 1)", "RewardTimeout"),
    "100 GB": ("return float(np.ones(100 * 2**27).sum())", "RewardMemoryExceeded"),
    "one terabyte": ("bytearray(1 << 40)", "RewardMemoryExceeded"),
    "raw memory": ("import mmap; mmap.mmap(-1, 1 << 40)", "RewardRuntimeError"),
    "list": ("x = [0]\nwhile True: x = x + x", "RewardMemoryExceeded RewardTimeout"),
    "string": ("x = 'x'\nwhile True: x += x", "RewardMemoryExceeded RewardTimeout"),
    "swallowed": (
        "while True:\n    try: bytearray(1 << 40)\n    except MemoryError: pass",
        "RewardTimeout",
    ),
    "recursion": ("f = lambda n: f(n + 1)\nreturn f(0)", "RewardRuntimeError"),
    "recursion, unbound": (
        "import sys; sys.setrecursionlimit(10**9)\nf = lambda n: f(n + 1)\nreturn f(0)",
        "RewardMemoryExceeded RewardTimeout WorkerCrashed",
    ),
    "deep list": ("x = []\nfor _ in range(10**5): x = [x]\nrepr(x)", "RewardRuntimeError"),
    "deep tuples": (
        "x = y = ()\nfor _ in range(10**5): x, y = (x,), (y,)\nreturn float(x == y)",
        "RewardRuntimeError",
    ),
    "deep source": ("eval('-' * 10**5 + '1')", "RewardRuntimeError RewardMemoryExceeded"),
    "deep calls in C": (
        "x = 1\nfor _ in range(10**5): x = map(abs, [x]) if x == 1 else map(next, [x])\nnext(x)",
        "RewardRuntimeError WorkerCrashed",
    ),
    "exit": ("import os; os._exit(0)", "WorkerCrashed"),
    "quit": ("raise SystemExit(0)", "RewardRuntimeError"),
    "interrupt": ("raise KeyboardInterrupt", "RewardRuntimeError"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "WorkerCrashed"),
    "output": ("import os\nwhile True: os.write(1, b'x' * 65536)", "RewardTimeout"),
    "bells": ("import os\nwhile True: os.write(4, b'R' * 4096)", "ProtocolViolation"),
    "message": ("raise ValueError('x' * 10**7)", "RewardRuntimeError"),
    "message that never ends": (
        "class Never(Exception):\n    def __str__(self):\n        while True: pass\nraise Never",
        "RewardTimeout",
    ),
    "message that is none": (
        "class No(Exception):\n    def __str__(self): return 1\nraise No",
        "RewardRuntimeError",
    ),
    "terms": ("return 1.0, {f't{i}': 1.0 for i in range(10**6)}", "OK RewardTimeout"),
    "finaliser": (
        "class Last:\n    def __del__(self):\n        while True: pass\nx = Last()\ndel x",
        "RewardTimeout",
    ),
}


def outcome(one: RewardWorker, rows) -> tuple[str, str]:
    try:
        one.evaluate(rows[:1])
    except WorkerFault as fault:
        return fault.code, fault.message
    return "OK", ""


@pytest.mark.parametrize("name", EXCESSES)
def test_excess_is_ended_in_time_and_named(jailed: Jailed, rows, name: str) -> None:
    body, codes = EXCESSES[name]
    call_s = CALL_S if "RewardTimeout" in codes else 5.0
    one = jailed(body, mode="train", call_s=call_s)
    start = time.monotonic()
    code, message = outcome(one, rows)
    assert time.monotonic() - start < call_s + SPARE_S
    assert code in codes.split()
    assert len(message) <= 500


def test_memory_that_grows_slowly_is_bounded(jailed: Jailed, rows) -> None:
    body = """
    import time
    kept = []
    while True:
        kept.append(bytearray(4 << 20))
        time.sleep(0.001)
    """
    with pytest.raises(WorkerFault) as caught:
        jailed(body, mode="train", call_s=20.0, memory_mib=256).evaluate(rows[:1])
    assert caught.value.code == "RewardMemoryExceeded"


def test_a_worker_goes_before_its_parent_where_memory_runs_out(jailed: Jailed) -> None:
    one = jailed("return 1.0")
    score = Path(f"/proc/{one.pid}/oom_score_adj")
    if not score.exists():
        pytest.skip("this system does not rank processes")
    assert score.read_text().strip() == "1000"
    assert Path("/proc/self/oom_score_adj").read_text().strip() != "1000"


def test_memory_grown_between_calls_is_bounded(jailed: Jailed, rows) -> None:
    body = "import sys\nsys.kept = [getattr(sys, 'kept', 0), bytearray(20 << 20)]\nreturn 1.0"
    one = jailed(body, mode="train", memory_mib=128)

    def many() -> None:
        for _ in range(20):
            one.evaluate(rows[:1])

    with pytest.raises(WorkerFault) as caught:
        many()
    assert caught.value.code == "RewardMemoryExceeded"


ROOM = "kept = bytearray(300 << 20)\nreturn float(len(kept) >> 20)"


def test_limits_alone_bound_memory_and_without_them_it_is_had(jailed: Jailed, rows) -> None:
    alone = NONE._replace(rlimits=True)
    with pytest.raises(WorkerFault) as caught:
        jailed(ROOM, guards=alone, memory_mib=200).evaluate(rows[:1])
    assert caught.value.code == "RewardMemoryExceeded"
    rest = Guards(reading=False, rlimits=False)
    assert jailed(ROOM, guards=rest, memory_mib=200).evaluate(rows[:1]).reward[0] == 300.0


BUSY = """
import signal, time
signal.signal(signal.SIGXCPU, lambda *_: None)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while time.process_time() < {seconds}: pass
return 1.0
"""


def test_limits_alone_bound_processor_time_and_without_them_it_is_had(jailed: Jailed, rows) -> None:
    alone = NONE._replace(rlimits=True)
    with pytest.raises(WorkerFault) as caught:
        jailed(BUSY.format(seconds=9), guards=alone, call_s=30.0, cpu_s=1).evaluate(rows[:1])
    assert caught.value.code in ("RewardTimeout", "WorkerCrashed")
    rest = Guards(reading=False, rlimits=False)
    free = jailed(BUSY.format(seconds=1.2), guards=rest, call_s=30.0, cpu_s=1)
    assert free.evaluate(rows[:1]).reward[0] == 1.0


@pytest.mark.parametrize("name", ["loop", "100 GB", "exit", "sleep"])
def test_excess_while_loading_is_ended_too(worker, name: str) -> None:
    source = (
        EXCESSES[name][0].replace("return ", "") + "\ndef compute_dense_reward(self, action): 1"
    )
    one = worker(source, limits=Limits(load_s=CALL_S), _guards=Guards(reading=False))
    assert not one.ok
    assert one.findings[-1].code in (*EXCESSES[name][1].split(), "RewardRuntimeError")
