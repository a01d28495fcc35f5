"""The lock of a trainer, judged by effects: what works without it must have none under it."""

import ctypes
import fcntl
import json
import os
import platform
import resource
import socket
import subprocess
import sys

import pytest

from rewardlab.program.signature import words
from rewardlab.sandbox import denied, kernel, lockdown

pytestmark = pytest.mark.skipif(
    kernel.landlock_abi() < lockdown.LEAST_ABI, reason="this kernel's landlock is too old or absent"
)

SECRET = "canary-6f0c"

PRELUDE = """
import ctypes, fcntl, os, platform, resource, signal, socket, struct, subprocess, sys
from pathlib import Path
inside, outside = map(Path, sys.argv[1:3])
pid, victim, tcp, udp, terminal = map(int, sys.argv[3:])
libc, kept = ctypes.CDLL(None), outside / "kept"
from rewardlab.sandbox import lockdown
os.setsid()
try: fcntl.ioctl(terminal, 0x540E, 0)  # into one's own terminal no privilege is needed to type
except OSError: pass
clone = 56 if platform.machine() == "x86_64" else 220
clone3 = struct.pack("8Q", 0x10000000, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
def born(child, name):
    if child == 0:
        os._exit(0)
    if child > 0:
        os.waitpid(child, 0)
        (inside / name).touch()
"""

ATTEMPTS = {
    "write": "(outside / 'new').touch()",
    "append": "(outside / 'log').open('a').write('x')",
    "truncate": "os.truncate(outside / 'emptied', 0)",
    "open and truncate": "os.open(outside / 'opened', os.O_RDONLY | os.O_TRUNC)",
    "make a folder": "(outside / 'folder').mkdir()",
    "remove": "(outside / 'removed').unlink()",
    "rename": "(outside / 'renamed').rename(outside / 'moved')",
    "hard link": "os.link(kept, inside / 'link')",
    "symbolic link": "os.symlink(kept, inside / 'symlink')",
    "pipe with a name": "os.mkfifo(inside / 'fifo')",
    "mode": "os.chmod(outside / 'mode', 0o777)",
    "times": "os.utime(outside / 'times', (1, 1))",
    "attributes": "os.setxattr(outside / 'attributes', 'user.x', b'1')",
    "read": "(inside / 'read').write_text(kept.read_text())",
    "environment of another process": (
        "(inside / 'environ').write_bytes(Path(f'/proc/{pid}/environ').read_bytes())"
    ),
    "execute": "subprocess.run(['touch', inside / 'touched'])",
    "tcp": "socket.create_connection(('127.0.0.1', tcp)).send(b'tcp')",
    "udp": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'udp', ('127.0.0.1', udp))",
    "unix": "socket.socket(socket.AF_UNIX).connect(str(outside / 'unix'))",
    "abstract": "socket.socket(socket.AF_UNIX).connect(f'\\0rewardlab-{outside}')",
    "listen": "socket.create_server(('127.0.0.1', 0)); (inside / 'listens').touch()",
    "system V memory": "libc.shmget(0x5257, 4096, 0o1600)",
    "limits of another process": "resource.prlimit(pid, resource.RLIMIT_CORE, (4096, 4096))",
    "priority of another process": "os.setpriority(os.PRIO_PROCESS, pid, 7)",
    "type into the terminal": "fcntl.ioctl(terminal, 0x5412, b'\\n')",
    "uring": "libc.syscall(425, 8, ctypes.create_string_buffer(120)) >= 0 "
    "and (inside / 'uring').touch()",
    "user namespace by clone": "born(libc.syscall(clone, 0x10000011, 0, 0, 0, 0), 'cloned')",
    "user namespace by clone3": "born(libc.syscall(435, clone3, len(clone3)), 'cloned3')",
    "user namespace": "libc.unshare(0x10000000) == 0 and (inside / 'namespace').touch()",
    "signal": "os.kill(victim, signal.SIGKILL)",
}


MADE_INSIDE = {
    "hard link": "link",
    "symbolic link": "symlink",
    "pipe with a name": "fifo",
    "execute": "touched",
    "listen": "listens",
    "uring": "uring",
    "user namespace": "namespace",
    "user namespace by clone": "cloned",
    "user namespace by clone3": "cloned3",
}
FILES = ("log", "emptied", "opened", "removed", "renamed", "mode", "times", "attributes", "kept")
FIONREAD = 0x541B


class World:
    """What a process may attack, and what has become of it."""

    def __init__(self, folder):
        self.inside, self.outside = folder / "inside", folder / "outside"
        self.inside.mkdir(parents=True)
        self.outside.mkdir()
        for name in FILES:
            (self.outside / name).write_text(SECRET)
        self.tcp, self.udp = socket.create_server(("127.0.0.1", 0)), socket.socket(type=2)
        self.udp.bind(("127.0.0.1", 0))
        self.unix, self.abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        self.unix.bind(str(self.outside / "unix"))
        self.abstract.bind(f"\0rewardlab-{self.outside}")
        self.sockets = (self.tcp, self.udp, self.unix, self.abstract)
        for s in self.sockets:
            s.setblocking(False)
            if s is not self.udp:
                s.listen()
        try:
            self.terminal = os.openpty()
        except OSError:  # as in a chroot: then nobody can type into one, locked or not
            self.terminal = os.pipe()
        env = {**os.environ, "TOKEN": SECRET}
        self.others = [subprocess.Popen(["sleep", "60"], env=env) for _ in range(2)]

    def attack(self, lock=""):
        steps = [f"try:\n  {body}\nexcept OSError: pass\n" for body in ATTEMPTS.values()]
        numbers = [p.pid for p in self.others] + [s.getsockname()[1] for s in self.sockets[:2]]
        args = [self.inside, self.outside, *numbers, self.terminal[1]]
        subprocess.run(
            [sys.executable, "-c", PRELUDE + lock + "".join(steps), *map(str, args)],
            pass_fds=(self.terminal[1],),
            check=True,
            timeout=60,
        )

    def effects(self):
        """Return which attempts had an effect."""
        out, (other, victim) = self.outside, self.others
        happened = {
            "write": (out / "new").exists(),
            "append": (out / "log").read_text() != SECRET,
            "truncate": not (out / "emptied").read_text(),
            "open and truncate": not (out / "opened").read_text(),
            "make a folder": (out / "folder").exists(),
            "remove": not (out / "removed").exists(),
            "rename": (out / "moved").exists(),
            "mode": (out / "mode").stat().st_mode & 0o777 == 0o777,
            "times": (out / "times").stat().st_mtime == 1,
            "attributes": bool(os.listxattr(out / "attributes")),
            "tcp": _connected(self.tcp),
            "udp": _received(self.udp),
            "unix": _connected(self.unix),
            "abstract": _connected(self.abstract),
            "read": SECRET in _text(self.inside / "read"),
            "environment of another process": SECRET in _text(self.inside / "environ"),
            "system V memory": _shared_memory(),
            "limits of another process": (
                resource.prlimit(other.pid, resource.RLIMIT_CORE) == (4096, 4096)
            ),
            "priority of another process": os.getpriority(os.PRIO_PROCESS, other.pid) == 7,
            "type into the terminal": any(fcntl.ioctl(self.terminal[1], FIONREAD, bytes(4))),
            "signal": victim.poll() is not None,
        }
        inside = {name: os.path.lexists(self.inside / file) for name, file in MADE_INSIDE.items()}
        return {name for name, did in (happened | inside).items() if did}

    def close(self):
        for process in self.others:
            process.kill()
            process.wait()
        for s in self.sockets:
            s.close()
        for fd in self.terminal:
            os.close(fd)


def _connected(listener):
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def _received(udp):
    try:
        return udp.recv(10) == b"udp"
    except BlockingIOError:
        return False


def _text(path):
    return path.read_text() if path.exists() else ""


def _shared_memory():
    libc = ctypes.CDLL(None)
    found = libc.shmget(0x5257, 0, 0)
    if found >= 0:
        libc.shmctl(found, 0, None)
    return found >= 0


def effects(folder, lock=""):
    world = World(folder)
    try:
        world.attack(lock)
        return world.effects()
    finally:
        world.close()


@pytest.fixture(scope="module")
def free(tmp_path_factory):
    return effects(tmp_path_factory.mktemp("free"))


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    lock = "lockdown.confine(read=(), write=str(inside))\n"
    return effects(tmp_path_factory.mktemp("locked"), lock)


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_an_attempt_has_an_effect_only_without_the_lock(attempt, free, locked):
    if attempt == "signal" and kernel.landlock_abi() < 6:
        pytest.skip("this kernel's landlock does not know signals")
    if attempt not in free:
        pytest.skip("has no effect on this machine, locked or not")
    assert attempt not in locked


def child(script, *args):
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, args)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


NEVER = words(
    "socket connect bind listen accept accept4 ptrace process_vm_readv process_vm_writev kcmp "
    "pidfd_getfd process_madvise shmget shmat msgget semget mq_open chmod fchmod fchmodat "
    "fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat setxattr lsetxattr "
    "fsetxattr removexattr lremovexattr fremovexattr mount umount2 move_mount open_tree fsopen "
    "unshare setns chroot pivot_root io_uring_setup io_uring_enter io_uring_register bpf "
    "perf_event_open userfaultfd add_key request_key keyctl"
)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of x86-64")
def test_no_variant_of_a_call_is_forgotten(tmp_path):
    """With such words each would fail for another reason, if it were not denied."""
    script = """
import ctypes, errno, json, sys
from rewardlab.sandbox import lockdown
libc = ctypes.CDLL(None, use_errno=True)
lockdown.confine(read=(), write=sys.argv[1])
for name, number in json.loads(sys.argv[2]).items():
    ctypes.set_errno(0)
    got = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(-1)] * 6)
    if (got, ctypes.get_errno()) != (-1, errno.EPERM):
        print(name)
"""
    numbers = {name: denied.CALLS[name][0] for name in NEVER}
    assert child(script, tmp_path, json.dumps(numbers)) == ""


def test_one_folder_stays_writable_and_what_computing_needs_works(tmp_path):
    script = """
import os, socket, subprocess, sys, threading
from pathlib import Path
from rewardlab.sandbox import lockdown
folder = Path(sys.argv[1])
lockdown.confine(read=(), write=str(folder))
(folder / "a").mkdir()
(folder / "a" / "file").write_text("x" * 100)
os.truncate(folder / "a" / "file", 5)
(folder / "b").mkdir()
(folder / "a" / "file").rename(folder / "b" / "file")
a, b = socket.socketpair()
a.send(b"hello")
import numpy
thread = threading.Thread(target=lambda: numpy.linalg.svd(numpy.eye(50)))
thread.start(); thread.join()
python = subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, text=True)
print(b.recv(5), python.stdout, os.urandom(1) != b"")
"""
    assert child(script, tmp_path).split() == ["b'hello'", "42", "True"]
    assert (tmp_path / "b" / "file").read_text() == "xxxxx"


@pytest.mark.parametrize("lock", ["", "lockdown.confine(read=(), write=sys.argv[1])"])
def test_processors_of_another_process_cannot_be_chosen(lock, tmp_path):
    script = f"""
import os, signal, sys
from rewardlab.sandbox import kernel, lockdown
said, say = os.pipe()
other = os.fork()
if other == 0:
    kernel.drop_capabilities()  # or only the privileged may, locked or not
    os.write(say, b"x")
    signal.alarm(5)
    os.close(1), os.close(2)
    signal.pause()
os.read(said, 1)
{lock}
mine = os.sched_getaffinity(0)
os.sched_setaffinity(0, mine)
try:
    os.sched_setaffinity(other, mine)
    print("chosen")
except PermissionError:
    print("denied")
sys.stdout.flush()
"""
    assert child(script, tmp_path).strip() == ("denied" if lock else "chosen")


def test_after_the_seal_no_thread_executes_anything(tmp_path):
    script = """
import os, subprocess, sys, threading
from rewardlab.sandbox import lockdown
lockdown.confine(read=(), write=sys.argv[1])
go, tried = threading.Event(), []
def late():
    go.wait()
    try:
        tried.append(subprocess.run([sys.executable, "-c", "print('ran')"], capture_output=True))
    except PermissionError:
        tried.append("denied")
thread = threading.Thread(target=late)
thread.start()
lockdown.seal()
go.set(); thread.join()
print(tried)
"""
    assert child(script, tmp_path).strip() == "['denied']"


def test_threads_that_the_lock_would_miss_are_an_error(tmp_path):
    script = """
import sys, threading
from rewardlab.errors import SandboxError
from rewardlab.sandbox import lockdown
stop = threading.Event()
threading.Thread(target=stop.wait).start()
try:
    lockdown.confine(read=(), write=sys.argv[1])
except SandboxError as error:
    print(error)
stop.set()
"""
    assert "started a thread too early" in child(script, tmp_path)


def test_the_lock_is_proven_by_trying_it():
    layer = lockdown.lockdown_works()
    assert layer.works, layer.why
    assert layer.name == "lockdown"
    lockdown.require()


MISSING = """
from rewardlab.errors import SandboxUnavailable
from rewardlab.sandbox import kernel, lockdown
kernel.drop_capabilities()
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
kernel.seccomp(lambda known: kernel.deny_code(known, [{number}]))
try:
    lockdown.require()
except SandboxUnavailable as error:
    print(error)
"""


def test_a_kernel_without_landlock_is_named():
    said = child(MISSING.format(number=444))
    assert said.startswith("--lockdown does not work here: landlock version 3 is needed")


def test_a_kernel_without_seccomp_is_named():
    said = child(MISSING.format(number=kernel.machine().seccomp))
    assert said.startswith("--lockdown does not work here: ")
    assert "seccomp" in said
