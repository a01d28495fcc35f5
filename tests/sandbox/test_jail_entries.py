"""Other ways into the kernel than a system call of this architecture: none leads past the filter.

A program cannot make code, but finds in the libraries what it needs, and where it lies: workers of
one zygote have one layout.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable

import pytest

from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.jail import Guards
from tests.sandbox.attempts.battery import NONE

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the kernel's layers are Linux's"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86-64 has such ways"),
]

Jailed = Callable[..., RewardWorker]

FIND = """
import ctypes
for line in open("/proc/self/maps"):
    where, kind, *_, name = line.split()
    if "r-xp" not in kind or not name.startswith("/"):
        continue
    start, end = (int(x, 16) for x in where.split("-"))
    at = ctypes.string_at(start, end - start).find(bytes([0xCD, 0x80]))
    if at >= 0:
        return float(start + at)
return 0.0
"""

CALL = "import ctypes\nreturn float(ctypes.CFUNCTYPE(ctypes.c_int)({at})())"
EXIT = "import ctypes\nreturn float(ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_double)({at})(1.0))"
"""A call with one real number leaves a 1 in the register that numbers the call: there, exit."""


@pytest.mark.parametrize("mode", ["probe", "train"])
def test_the_entry_for_32_bits_ends_the_worker(jailed: Jailed, rows, mode: str) -> None:
    at = int(jailed(FIND, guards=NONE).evaluate(rows[:1]).reward[0])
    if not at:
        pytest.skip("no library here holds that entry")
    body = EXIT.format(at=at)
    with pytest.raises(WorkerFault) as free:
        jailed(body, mode=mode, guards=NONE).evaluate(rows[:1])
    if "exit code" not in free.value.message:
        pytest.skip(f"this kernel does not have that entry: {free.value}")
    for guards in (Guards(reading=False), NONE._replace(seccomp=True)):
        with pytest.raises(WorkerFault) as caught:
            jailed(body, mode=mode, guards=guards).evaluate(rows[:1])
        assert caught.value.code == "SandboxViolation"


@pytest.mark.parametrize("entry", [0xFFFFFFFFFF600000, 0xFFFFFFFFFF600400, 0xFFFFFFFFFF600800])
def test_the_old_page_of_calls_is_no_way_past(jailed: Jailed, rows, entry: int) -> None:
    with pytest.raises(WorkerFault) as caught:
        jailed(CALL.format(at=entry), mode="train").evaluate(rows[:1])
    assert caught.value.code in ("SandboxViolation", "WorkerCrashed")
