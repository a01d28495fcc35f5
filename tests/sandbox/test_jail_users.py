"""The jail as nobody: a user without any right holds a program as well as root does."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

from tests.sandbox.attempts import ALL, DANGERS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's layers are Linux's")

NOBODY = 65534
DANGEROUS = ("writes", "reads", "processes", "signals", "others", "machine")
NAMES = [
    name
    for danger in DANGEROUS
    for name in [f"{danger}: {one.name}" for one in DANGERS[danger]][::2]
    if not ALL[name].harmless
]


def hidden(path: Path) -> Path | None:
    """Return the highest folder above that nobody may not enter."""
    above = [folder for folder in (*reversed(path.parents), path) if folder.exists()]
    return next((f for f in above if f.is_dir() and not f.stat().st_mode & 1), None)


def as_nobody(command: list[str], scratch: Path) -> list[str]:
    """Return the command as nobody runs it: in mounts of its own where folders are root's."""
    needed = {Path(p).resolve() for p in (sys.base_prefix, sys.prefix, numpy.__path__[0])}
    needed |= {Path(__file__).resolve().parents[2]}
    closed = {path: hidden(path) for path in needed if hidden(path)}
    lines = ["set -e", "mount --make-rprivate /"]
    for i, path in enumerate(closed):
        lines += [f"mkdir {scratch}/{i}", f"mount --bind {path} {scratch}/{i}"]
    lines += [f"mount -t tmpfs -o mode=755 none {top}" for top in {*closed.values()}]
    for i, path in enumerate(closed):
        lines += [f"mkdir -p {path}", f"mount --bind {scratch}/{i} {path}"]
    user = f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups"
    script = "\n".join([*lines, f"exec {user} {shlex.join(command)}"])
    return ["unshare", "--mount", "sh", "-c", script]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be nobody; as this user all tests ran")
def test_as_nobody_no_attempt_has_an_effect(tmp_path: Path) -> None:
    missing = [tool for tool in ("unshare", "setpriv", "mount") if not shutil.which(tool)]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} to become nobody")
    command = [sys.executable, "-m", "tests.sandbox.attempts.nobody", *NAMES]
    done = subprocess.run(
        as_nobody(command, tmp_path),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    refused = any(word in done.stderr.partition("\n")[0] for word in ("mount", "unshare:"))
    if refused and not done.stdout:
        pytest.skip(f"nobody cannot reach the interpreter here: {done.stderr.strip()[:200]}")
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout)
    assert report["user"] == [NOBODY] * 3
    assert {name: x[0] for name, x in report["told"].items() if x[0]} == {}
    without = [name for name, (_, free, _) in report["told"].items() if not free]
    assert [name for name in without if not ALL[name].needs] == []
