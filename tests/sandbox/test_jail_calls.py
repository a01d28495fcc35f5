"""Each system call, raw: nothing but the list passes, and what passes does so with harmless words.

Linux lets uretprobe (335) and uprobe (336) past every filter; elsewhere they raise SIGILL.
"""

from __future__ import annotations

import platform
import random
import sys
from collections.abc import Callable

import pytest

from rewardlab.sandbox import kernel
from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.jail import Guards

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's layers are Linux's")

Jailed = Callable[..., RewardWorker]
ALONE = Guards(reading=False, landlock=False, rlimits=False)
MACHINE = kernel.machine() or kernel.MACHINES["x86_64"]
LISTED = {*MACHINE.allowed, MACHINE.mmap}
STRANGE = [0x3FFFFFFF, *random.Random(0).sample(range(1024, 1 << 30), 40)]

CALL = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def call(number, *words):
    ctypes.set_errno(0)
    got = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, words))
    return got if got != -1 else -ctypes.get_errno()
"""


@pytest.mark.parametrize("guards", [Guards(reading=False), ALONE])
def test_every_number_outside_the_list_is_denied(jailed: Jailed, rows, guards: Guards) -> None:
    numbers = [n for n in [*range(1025), *STRANGE] if n not in {*LISTED, 335, 336}]
    body = f"{CALL}\nreturn float(sum(call(n, *(-1,) * 6) != -1 for n in {numbers!r}))"
    assert jailed(body, guards=guards).evaluate(rows[:1]).reward[0] == 0.0


def test_without_the_filter_the_same_numbers_are_served(jailed: Jailed, rows) -> None:
    """Only calls that do nothing with such words: getuid and its like."""
    body = f"{CALL}\nreturn float(sum(call(n) >= 0 for n in (102, 104, 107, 108, 110, 111)))"
    bare = ALONE._replace(seccomp=False)
    if platform.machine() == "x86_64":
        assert jailed(body, guards=bare).evaluate(rows[:1]).reward[0] == 6.0
        assert jailed(body, guards=ALONE).evaluate(rows[:1]).reward[0] == 0.0


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86-64 has x32")
@pytest.mark.parametrize("mode", ["probe", "train"])
@pytest.mark.parametrize("number", [0, 1, 9, 39, 59, 257, 512, 519, 520, 547, 2**30 - 1])
def test_numbers_of_x32_end_the_worker(jailed: Jailed, rows, number: int, mode: str) -> None:
    one = jailed(f"{CALL}\nreturn float(call(0x40000000 | {number}, -1, -1, -1))", mode=mode)
    with pytest.raises(WorkerFault) as caught:
        one.evaluate(rows[:1])
    assert caught.value.code == "SandboxViolation"


MAPPINGS = {
    "executable": (4096, 7, 0x22, -1, 0),
    "execute only": (4096, 4, 0x22, -1, 0),
    "executable shared": (4096, 7, 0x21, -1, 0),
    "executable stack": (4096, 7, 0x20122, -1, 0),
    "executable in 32 bits": (4096, 5, 0x62, -1, 0),
    "executable, high bits": (4096, 7 | 1 << 33, 0x22, -1, 0),
    "request pipe": (4096, 1, 0x02, 3, 0),
    "reply pipe": (4096, 3, 0x01, 4, 0),
    "null": (4096, 3, 0x02, 0, 0),
    "null shared": (4096, 1, 0x01, 1, 0),
    "validated": (4096, 1, 0x03, 0, 0),
}


@pytest.mark.parametrize("mode", ["probe", "train"])
def test_no_code_and_no_file_is_mapped(jailed: Jailed, rows, mode: str) -> None:
    words = list(MAPPINGS.values())
    body = f"{CALL}\nreturn float(sum(call({MACHINE.mmap}, 0, *w) != -1 for w in {words!r}))"
    assert jailed(body, mode=mode).evaluate(rows[:1]).reward[0] == 0.0


def test_without_the_filter_code_is_mapped(jailed: Jailed, rows) -> None:
    words = [MAPPINGS["executable"], MAPPINGS["executable shared"]]
    body = f"{CALL}\nreturn float(sum(call({MACHINE.mmap}, 0, *w) > 0 for w in {words!r}))"
    assert jailed(body, guards=ALONE._replace(seccomp=False)).evaluate(rows[:1]).reward[0] == 2.0


def test_memory_grown_by_other_words_is_never_code(jailed: Jailed, rows) -> None:
    """What mmap and mremap do allow stays data: nothing in it can be run."""
    body = f"""{CALL}
at = call({MACHINE.mmap}, 0, 4096, 3, 0x122, -1, 0)
ctypes.memset(at, 0xC3, 4096)
ctypes.CFUNCTYPE(None)(at)()
return 1.0
"""
    with pytest.raises(WorkerFault) as caught:
        jailed(body, mode="train").evaluate(rows[:1])
    assert caught.value.code in ("WorkerCrashed", "RewardMemoryExceeded", "SandboxViolation")


def test_only_five_descriptors_are_open(jailed: Jailed, rows) -> None:
    stat = 5 if platform.machine() == "x86_64" else 80
    body = f"{CALL}\nkept = ctypes.create_string_buffer(256)\n"
    body += "at = ctypes.addressof(kept)\n"
    body += f"return float(sum(call({stat}, fd, at) == 0 for fd in range(1100)))"
    assert jailed(body, mode="train").evaluate(rows[:1]).reward[0] == 5.0


def test_computing_works_in_the_strictest_mode(jailed: Jailed, rows) -> None:
    body = """
    import time
    m = np.eye(50) + 1e-3
    u, s, v = np.linalg.svd(m @ m)
    big = np.ones(5_000_000)
    time.sleep(0.001)
    return float(abs(np.linalg.det(u)) + 0.0 * s.sum() + 0.0 * big.sum() + 0.0 * time.time())
    """
    value = jailed(body, mode="train").evaluate(rows[:1]).reward[0]
    assert value == pytest.approx(1.0)


def test_system_calls_kill_in_training_and_fail_in_the_probe(jailed: Jailed, rows) -> None:
    body = "import os\ntry:\n    os.listdir('/')\nexcept OSError:\n    pass\nreturn 1.0"
    assert jailed(body, mode="probe").evaluate(rows[:1]).reward[0] == 1.0
    with pytest.raises(WorkerFault) as caught:
        jailed(body, mode="train").evaluate(rows[:1])
    assert caught.value.code == "SandboxViolation"
