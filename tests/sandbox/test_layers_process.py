"""The clean process alone, every other layer off: a worker inherits nothing of its parent.

The same look around finds all of it in a process that was merely forked, and in one that was
executed without a built environment.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rewardlab.sandbox import spawn
from rewardlab.sandbox.limits import Limits
from tests.sandbox.attempts.attempt import Attempt
from tests.sandbox.attempts.battery import NONE, run, unjailed
from tests.sandbox.attempts.world import World

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the kernel's layers are Linux's"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="attempts use x86-64's numbers"),
]

KEY = "sk-canary-" + os.urandom(12).hex()
KEPT = ctypes.create_string_buffer(KEY.encode())
"""A key of this process, in its memory as in its environment."""

SEARCH = """
wanted = W["backwards"][::-1].encode()
found = 0
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", buffering=0) as memory:
    for line in maps:
        where, kind = line.split()[:2]
        at, end = (int(x, 16) for x in where.split("-"))
        # In parts: neighbouring mappings are merged, a long-lived process has one of any size.
        for part in range(at, min(end, at + (1 << 32)) if kind.startswith("rw") else at, 1 << 24):
            memory.seek(part)
            try:
                found += (memory.read(min(1 << 24, end - part)) or b"").count(wanted)
            except OSError:
                pass
# One stands in `wanted` itself, or two: of what is searched there may be copies.
return float(found > W["own"])
"""

LOOKS = {
    "environment": "return float(W['backwards'][::-1] in os.environ.values())",
    "first environment": "return float(W['backwards'][::-1] in open('/proc/self/environ').read())",
    "descriptors": "return float(any(int(x) > 511 for x in os.listdir('/proc/self/fd')[:-1]))",
    "folder": "return float(os.getcwd() == W['here'])",
    "modules": "return float(any(x.startswith(('pytest', 'tests')) for x in sys.modules))",
    "arguments": "return float(any('pytest' in x or 'KEY' in x for x in sys.orig_argv))",
    "group": "return float(os.getpgid(0) == W['group'])",
}


class Home(World):
    """A parent with a key, an open file and a folder."""

    def words(self) -> dict[str, object]:
        mine = {"backwards": KEY[::-1], "here": os.getcwd(), "group": os.getpgid(0)}
        return {**super().words(), **mine}


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Home]:
    """Have secrets before the process that workers are forked from starts."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    with open(tmp_path / "secret", "w") as file:
        fd = fcntl.fcntl(file.fileno(), fcntl.F_DUPFD, 900)
    os.set_inheritable(fd, True)
    spawn.close_all()
    spawn.zygote().facts(Limits())
    made = Home()
    yield made
    made.close()
    os.close(fd)
    spawn.close_all()


def test_a_worker_inherits_nothing(home: Home) -> None:
    for name, body in LOOKS.items():
        attempt = Attempt(name, body)
        assert not run(attempt, home, NONE).effects, name
        if name not in ("first environment", "arguments"):
            assert unjailed(attempt, home).effects, name


def test_memory_of_a_worker_holds_no_key(home: Home) -> None:
    def search(key: str) -> str:
        # Assembled by the program itself, so that the text of the program does not hold it.
        return SEARCH.replace('W["backwards"]', repr(key[::-1])).replace('W["own"]', "9")

    attempt = Attempt("memory", search(KEY))
    copies = bytearray(1 << 29)  # in a mapping as large as a process of many tests has
    copies[: 20 * len(KEY)] = KEY.encode() * 20
    assert unjailed(attempt, home, patience=60.0).effects
    assert not run(attempt, home, NONE).effects
    assert KEPT.value
    assert copies


def test_an_ordinary_child_has_the_environment(home: Home) -> None:
    code = "print(open('/proc/self/environ').read())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert KEY in told.stdout


def test_a_worker_has_no_capabilities_and_no_group_of_ours(home: Home) -> None:
    held = "for line in open('/proc/self/status'):\n    if line.startswith('CapPrm'):\n"
    held += "        return float(int(line.split()[1], 16) != 0)"
    assert not run(Attempt("capabilities", held), home, NONE).effects
    if os.geteuid() == 0:
        assert unjailed(Attempt("capabilities", held), home).effects
