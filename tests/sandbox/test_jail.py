"""The jail alone, past the static reading: judged by effects, each first shown to be possible."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from rewardlab.sandbox import kernel
from rewardlab.sandbox.capabilities import layers, level
from rewardlab.sandbox.client import RewardWorker, WorkerFault

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's layers are Linux's")

Jailed = Callable[..., RewardWorker]


def unjailed(body: str, **env: str) -> None:
    """Run the attempt as an ordinary process."""
    subprocess.run(
        [
            sys.executable,
            "-c",
            f"def act():\n{textwrap.indent(textwrap.dedent(body), '    ')}\nact()",
        ],
        env={**os.environ, **env},
        timeout=20,
        check=False,
        capture_output=True,
    )


def attempt(jailed: Jailed, body: str, rows, *, mode: str) -> float | None:
    """Run the attempt in the jail; return what it returned, if it did."""
    one = jailed(body, mode=mode)
    try:
        return float(one.evaluate(rows[:1]).reward[0])
    except WorkerFault:
        return None


WRITES = {
    "open": "open({path!r}, 'w').write('x')",
    "os.open": "import os; os.open({path!r}, os.O_CREAT | os.O_WRONLY)",
    "mkdir": "import os; os.mkdir({path!r})",
    "system": "import os; os.system('touch {path}')",
    "symlink": "import os; os.symlink('/', {path!r})",
    "numpy": "import numpy as np; np.ones(3).tofile({path!r})",
    "exec": "import os; os.execv({touch!r}, ['touch', {path!r}])",
    "fork": "import os\nif os.fork() == 0:\n    open({path!r}, 'w'); os._exit(0)\nos.wait()",
    "subprocess": "import _posixsubprocess, subprocess; subprocess.run([{touch!r}, {path!r}])",
    "thread": (
        "import _thread, time\n_thread.start_new_thread(lambda: open({path!r}, 'w'), ())\n"
        "time.sleep(0.2)"
    ),
    "mknod": "import os; os.mkfifo({path!r})",
    "raw": "import ctypes; ctypes.CDLL(None).syscall(2, {path!r}.encode(), 0o101, 0o600)",
}


@pytest.mark.parametrize("mode", ["probe", "train"])
@pytest.mark.parametrize("way", WRITES)
def test_nothing_is_written(jailed: Jailed, rows, tmp_path: Path, way: str, mode: str) -> None:
    canary = tmp_path / "canary"
    body = WRITES[way].format(path=str(canary), touch=shutil.which("touch")) + "\nreturn 0.0"
    if way != "raw" or kernel.machine() is kernel.MACHINES["x86_64"]:
        unjailed(body)
        assert canary.exists() or canary.is_symlink()
        canary.rmdir() if canary.is_dir() and not canary.is_symlink() else canary.unlink()
    attempt(jailed, body, rows, mode=mode)
    assert list(tmp_path.iterdir()) == []


SOCKETS = {
    "tcp": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
    "udp": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
    "abstract": (socket.AF_UNIX, socket.SOCK_STREAM, f"\0rewardlab-{os.getpid()}"),
}


@pytest.mark.parametrize("mode", ["probe", "train"])
@pytest.mark.parametrize("kind", SOCKETS)
def test_nobody_is_called(jailed: Jailed, rows, kind: str, mode: str) -> None:
    family, type_, address = SOCKETS[kind]
    with socket.socket(family, type_) as listener:
        listener.bind(address)
        if type_ == socket.SOCK_STREAM:
            listener.listen()
        listener.settimeout(5.0)

        body = f"""
        import _socket
        s = _socket.socket({int(family)}, {int(type_)})
        s.connect({listener.getsockname()!r})
        s.send(b"x")
        return 1.0
        """

        def heard() -> bool:
            try:
                if type_ == socket.SOCK_DGRAM:
                    return listener.recv(1) == b"x"
                listener.accept()[0].close()
                return True
            except TimeoutError:
                return False

        unjailed(body)
        assert heard()
        listener.settimeout(0.1)
        assert attempt(jailed, body, rows, mode=mode) is None
        assert not heard()


def test_no_file_is_read(jailed: Jailed, rows, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("*")
    body = f"return float(ord(open({str(secret)!r}).read()))"
    for mode in ("probe", "train"):
        assert attempt(jailed, body, rows, mode=mode) is None


def test_no_process_is_signalled(jailed: Jailed, rows) -> None:
    with subprocess.Popen(["sleep", "60"]) as victim:
        try:
            body = f"import os; os.kill({victim.pid}, 9)\nreturn 1.0"
            for mode in ("probe", "train"):
                assert attempt(jailed, body, rows, mode=mode) is None
            assert victim.poll() is None
            unjailed(body)
            assert victim.wait(5.0) == -9
        finally:
            victim.kill()


def test_environment_holds_nothing_of_ours(jailed: Jailed, rows, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    body = "import os; return float(len(os.environ))"
    from rewardlab.sandbox import spawn

    spawn.close_all()
    assert attempt(jailed, body, rows, mode="probe") == 5.0
    assert (
        attempt(
            jailed, "import os; return float('OPENAI_API_KEY' in os.environ)", rows, mode="probe"
        )
        == 0.0
    )


def test_only_five_descriptors_are_open(jailed: Jailed, rows) -> None:
    body = """
    import ctypes
    stat = ctypes.create_string_buffer(256)
    return float(sum(ctypes.CDLL(None).syscall({}, fd, stat) == 0 for fd in range(1100)))
    """.format(5 if kernel.machine() is kernel.MACHINES["x86_64"] else 80)
    assert attempt(jailed, body, rows, mode="train") == 5.0


def test_every_other_system_call_is_denied(jailed: Jailed, rows) -> None:
    machine = kernel.machine()
    assert machine is not None
    # Linux lets uretprobe (335) and uprobe (336) past every filter; elsewhere they raise SIGILL.
    allowed = (*machine.allowed, machine.mmap, 335, 336)
    body = f"""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    bad = 0
    for number in range(600):
        if number not in {allowed!r}:
            ctypes.set_errno(0)
            passed = libc.syscall(number, -1, -1, -1, -1, -1, -1) != -1
            bad += passed or ctypes.get_errno() != 1
    return float(bad)
    """
    assert attempt(jailed, body, rows, mode="probe") == 0.0


def test_memory_cannot_become_code(jailed: Jailed, rows) -> None:
    machine = kernel.machine()
    assert machine is not None
    body = f"""
    import ctypes
    libc = ctypes.CDLL(None)
    libc.syscall.restype = ctypes.c_long
    return float(libc.syscall({machine.mmap}, 0, 4096, 7, 0x22, -1, 0))
    """
    assert attempt(jailed, body, rows, mode="train") == -1.0


def test_computing_works_in_the_strictest_mode(jailed: Jailed, rows) -> None:
    body = """
    import time
    m = np.eye(50) + 1e-3
    u, s, v = np.linalg.svd(m @ m)
    big = np.ones(5_000_000)
    time.sleep(0.001)
    return float(abs(np.linalg.det(u)) + 0.0 * s.sum() + 0.0 * big.sum() + 0.0 * time.time())
    """
    value = attempt(jailed, body, rows, mode="train")
    assert value == pytest.approx(1.0)


def test_system_calls_kill_in_training_and_fail_in_the_probe(jailed: Jailed, rows) -> None:
    body = "import os\ntry:\n    os.listdir('/')\nexcept OSError:\n    pass\nreturn 1.0"
    assert jailed(body, mode="probe").evaluate(rows[:1]).reward[0] == 1.0
    with pytest.raises(WorkerFault) as caught:
        jailed(body, mode="train").evaluate(rows[:1])
    assert caught.value.code == "SandboxViolation"


EXCESSES = {
    "loop": ("while True: pass", "RewardTimeout"),
    "c loop": ("return float(sum(range(10**12)))", "RewardTimeout"),
    "power": ("return float(len(str(7 ** 10**9)))", "RewardTimeout"),
    "100 GB": ("return float(np.ones(100 * 2**27).sum())", "RewardMemoryExceeded"),
    "list": ("x = [0]\nwhile True: x = x + x", "RewardMemoryExceeded"),
    "recursion": ("f = lambda n: f(n + 1)\nreturn f(0)", "RewardRuntimeError"),
    "exit": ("import os; os._exit(0)", "WorkerCrashed"),
    "sys.exit": ("raise SystemExit(0)", "RewardRuntimeError"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "WorkerCrashed"),
    "flood": ("import os\nwhile True: os.write(4, b'R' * 4096)", "ProtocolViolation"),
}


@pytest.mark.parametrize("name", EXCESSES)
def test_excess_is_ended_and_named(jailed: Jailed, rows, name: str) -> None:
    body, code = EXCESSES[name]
    one = jailed(body, call_s=0.5)
    with pytest.raises(WorkerFault) as caught:
        one.evaluate(rows[:1])
    assert caught.value.code in (code, "RewardTimeout" if name == "list" else code)


LIES = {
    "rubbish": "m[p.reply_at :] = b'\\xff' * (len(m) - p.reply_at)",
    "nan": "m[p.block_at : p.block_at + 24] = np.array([0.0, np.nan, 0.0]).tobytes()",
    "status": "m[p.block_at] = 99",
    "term": (
        "frames.REPLY.pack_into(m, p.reply_at, frames.MAGIC, 1, 1, 1, 3, 0, 0, 0)\n"
        "m[p.text_at : p.text_at + 3] = b'a b'"
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lying_worker_is_found_out(jailed: Jailed, rows, lie: str) -> None:
    """The program finds the shared memory through its callers' frames and writes its own reply."""
    body = f"""
import os, sys
f = sys._getframe()
while "memory" not in f.f_locals:
    f = f.f_back
m, p, frames = f.f_locals["memory"], f.f_locals["place"], f.f_globals["frames"]
frames.REPLY.pack_into(m, p.reply_at, frames.MAGIC, 1, 1, 0, 0, 0, 0, 0)
{LIES[lie]}
os.write(4, b"R")
while True:
    pass
"""
    with pytest.raises(WorkerFault) as caught:
        jailed(body, mode="train").evaluate(rows[:1])
    assert caught.value.code == "ProtocolViolation"


def test_this_machine_has_every_layer_that_the_tests_rely_on() -> None:
    missing = [layer.name for layer in layers() if not layer.works]
    assert level() == "full" or "landlock" in missing
