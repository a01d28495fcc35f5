"""The filter as a program, the tables as the kernel's own, and what is taken from a worker."""

from __future__ import annotations

import json
import os
import re
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from rewardlab.sandbox import kernel, machines
from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.capabilities import layers
from rewardlab.sandbox.jail import Guards
from rewardlab.sandbox.memory import shared_memory

linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's layers are Linux's")

I386, X32 = 0x40000003, 0x40000000
READ, EXEC, ANONYMOUS = 1, 4, 0x20
OPEN = Guards(reading=False, seccomp=False, landlock=False, rlimits=False)


def run(code: bytes, number: int, arch: int, prot: int = 0, flags: int = 0) -> int:
    """Run a filter as the kernel does, on a system call."""
    data = struct.pack("<IIQ6Q", number, arch, 0, 0, 0, prot, flags, 0, 0)
    lines = list(struct.iter_unpack("<HBBI", code))
    at, value = 0, 0
    while True:
        what, yes, no, k = lines[at]
        if what == 0x20:
            (value,) = struct.unpack_from("<I", data, k)
        elif what == 0x06:
            return k
        else:
            holds = {0x15: value == k, 0x35: value >= k, 0x45: bool(value & k)}[what]
            at += yes if holds else no
        at += 1


@pytest.mark.parametrize("action", [kernel.DENY, kernel.KILL_PROCESS])
@pytest.mark.parametrize("name", kernel.MACHINES)
def test_the_filter_allows_the_list_and_nothing_else(name: str, action: int) -> None:
    known = kernel.MACHINES[name]
    code = kernel.filter_code(known, action)
    for number in range(1024):
        wanted = kernel.ALLOW if number in known.allowed else action
        if number != known.mmap:
            assert run(code, number, known.audit) == wanted, number
    assert run(code, 0xFFFFFFFF, known.audit) == kernel.KILL_PROCESS


@pytest.mark.parametrize("name", kernel.MACHINES)
def test_calls_of_another_architecture_kill(name: str) -> None:
    known = kernel.MACHINES[name]
    code = kernel.filter_code(known, kernel.DENY)
    for number in (*known.allowed, known.mmap):
        assert run(code, number, I386) == kernel.KILL_PROCESS
        assert run(code, number | X32, known.audit) == kernel.KILL_PROCESS


@pytest.mark.parametrize("name", kernel.MACHINES)
def test_memory_is_mapped_only_without_code_and_without_a_file(name: str) -> None:
    known = kernel.MACHINES[name]
    code = kernel.filter_code(known, kernel.KILL_PROCESS)
    assert run(code, known.mmap, known.audit, READ, ANONYMOUS | 2) == kernel.ALLOW
    assert run(code, known.mmap, known.audit, READ | EXEC, ANONYMOUS | 2) == kernel.DENY
    assert run(code, known.mmap, known.audit, READ, 2) == kernel.DENY
    assert run(code, known.mmap, known.audit, READ | EXEC, 2) == kernel.DENY


HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", machines._X86_64),
    "aarch64": ("/usr/include/asm-generic/unistd.h", machines._AARCH64),
}


@pytest.mark.parametrize("name", HEADERS)
def test_numbers_are_those_of_the_kernels_headers(name: str) -> None:
    path, table = HEADERS[name]
    if not Path(path).exists():
        pytest.skip(f"LOUD: no {path}: the system-call numbers of {name} are not compared")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", Path(path).read_text())
    numbers = {word: int(number) for word, number in reversed(found)}
    known = kernel.MACHINES[name]
    ours = table | {"seccomp": known.seccomp, "mmap": known.mmap}
    assert {word: numbers[word] for word in ours} == ours
    assert (numbers["landlock_create_ruleset"], numbers["landlock_restrict_self"]) == (444, 446)


@linux
def test_every_right_of_landlock_is_taken() -> None:
    abi = kernel.landlock_abi()
    if not abi:
        pytest.skip("LOUD: no landlock here")
    known = (13 + (abi >= 2) + (abi >= 3) + (abi >= 5), 2 * (abi >= 4), 2 * (abi >= 6))
    for rights, bits in zip(kernel.landlock_rights(), known, strict=True):
        assert rights == (1 << rights.bit_length()) - 1
        assert rights.bit_length() == bits if abi <= 7 else rights.bit_length() >= bits


FACT = """
for line in open("/proc/self/status"):
    name, _, text = line.partition(":")
    if name == {name!r}:
        return float(int(text.split()[0], {base}))
"""
FACTS = {
    "NoNewPrivs": (10, 1),
    "Threads": (10, 1),
    "CapPrm": (16, 0),
    "CapEff": (16, 0),
    "CapInh": (16, 0),
    "CapAmb": (16, 0),
}


@linux
@pytest.mark.parametrize("name", FACTS)
def test_a_worker_is_nobody_special_whatever_we_are(jailed, rows, name: str) -> None:
    base, wanted = FACTS[name]
    one = jailed(FACT.format(name=name, base=base), guards=OPEN)
    assert one.evaluate(rows[:1]).reward[0] == wanted


@linux
def test_a_worker_dies_with_its_zygote_and_cannot_be_inspected(jailed, rows) -> None:
    body = """
    import ctypes
    libc, found = ctypes.CDLL(None), ctypes.c_int()
    libc.prctl(2, ctypes.byref(found))
    return float(found.value * 10 + libc.prctl(3))
    """
    assert jailed(body, guards=OPEN).evaluate(rows[:1]).reward[0] == signal.SIGKILL * 10


@linux
@pytest.mark.parametrize("name", ["AS", "CORE", "CPU", "FSIZE", "MEMLOCK", "MSGQUEUE", "NOFILE"])
def test_limits_cannot_be_raised_again(jailed, rows, name: str) -> None:
    body = f"""
    import resource
    kind = resource.RLIMIT_{name}
    soft, hard = resource.getrlimit(kind)
    assert hard - soft == (kind == resource.RLIMIT_CPU)
    try:
        resource.setrlimit(kind, (hard + 1, hard + 1))
    except ValueError:
        return 1.0
    return 0.0
    """
    one = jailed(body, guards=OPEN._replace(rlimits=True))
    assert one.evaluate(rows[:1]).reward[0] == 1.0


@linux
def test_used_up_processor_time_is_named(jailed, rows) -> None:
    one = jailed("while True: pass", cpu_s=1, call_s=60)
    with pytest.raises(WorkerFault) as caught:
        one.evaluate(rows[:1])
    assert caught.value.code == "RewardTimeout"
    assert "processor time" in caught.value.message


ODD_PARENT = """
import json, os, resource, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD, signal.SIGXCPU, signal.SIGSYS])
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(6000, hard), hard))
many = [os.dup(0) for _ in range(min(6000, hard) - 500)]
import numpy as np
from rewardlab.program.schema import Schema
from rewardlab.sandbox.capabilities import layers
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.jail import Guards

source = '''
def compute_dense_reward(self, action):
    import os
    found = 0
    for fd in range(7000):
        try:
            os.fstat(fd)
            found += 1
        except OSError:
            pass
    return found
'''
schema = Schema.from_json(json.loads(sys.argv[1]))
guards = Guards(reading=False, seccomp=False, landlock=False, rlimits=False)
with RewardWorker(source, schema, _guards=guards) as one:
    found = one.evaluate(np.zeros((1, schema.row_size))).reward[0]
print(json.dumps([found, [layer.works for layer in layers()]]))
"""


@linux
def test_an_odd_parent_changes_nothing(schema) -> None:
    """Thousands of open descriptors, blocked and ignored signals."""
    done = subprocess.run(
        [sys.executable, "-c", ODD_PARENT, json.dumps(schema.to_json())],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    found, works = json.loads(done.stdout)
    assert found == 5
    assert works == [layer.works for layer in layers()]


@linux
def test_shared_memory_keeps_its_size() -> None:
    fd = shared_memory(4096)
    try:
        for size in (0, 8192):
            with pytest.raises(PermissionError):
                os.ftruncate(fd, size)
    finally:
        os.close(fd)
