"""Memory: made executable, shared with others, taken in heaps."""

from __future__ import annotations

from typing import Any

from tests.sandbox.attempts.attempt import Attempt

_CODE = """
here = libc.mmap
here.restype = ctypes.c_void_p
here.argtypes = [ctypes.c_void_p, *[ctypes.c_long] * 5]
def room(prot, flags=0x22, fd=-1, size=4096):
    at = here(None, size, prot, flags, fd, 0)
    if at == 2**64 - 1:
        raise OSError(ctypes.get_errno(), "no room")
    return at
"""


def _with_room(name: str, body: str, **more: Any) -> Attempt:
    return Attempt(name, _CODE + body, **more)


ATTEMPTS = (
    _with_room("executable", "room(7)"),
    _with_room("executable only", "room(4)"),
    _with_room("executable shared", "room(7, 0x21)"),
    _with_room("executable huge", "room(7, 0x40022, -1, 1 << 21)", needs="huge pages"),
    _with_room("executable below", "room(7, 0x122)"),
    _with_room("made executable", 'sc("mprotect", room(3), 4096, 5)'),
    _with_room("made executable by key", "sc(329, room(3), 4096, 5, -1)"),
    _with_room("data made executable", 'sc("mprotect", id(None) & -4096, 4096, 7)'),
    _with_room(
        "code made writable",
        'sc("mprotect", ctypes.cast(libc.getpid, ctypes.c_void_p).value & -4096, 4096, 7)',
    ),
    _with_room("remapped", 'sc("remap_file_pages", room(3, 0x21), 4096, 0, 0, 0)'),
    _with_room("personality", 'sc("personality", 0x0400000)\nroom(3)'),
    _with_room("shadow stack", "sc(453, 0, 4096, 0)", needs="shadow stacks"),
    Attempt("callback", "ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 1)()", needs="executable memory"),
    Attempt("mmap module", "sys.kept = mmap.mmap(-1, 4096, prot=7)"),
    Attempt(
        "file",
        "sys.kept = mmap.mmap(os.open(W['file'], os.O_RDWR), 6)\nsys.kept[:1] = b'X'",
        landlock=1,
    ),
    Attempt("nameless file", "sys.kept = os.memfd_create('x')"),
    Attempt("secret memory", 'sc("memfd_secret", 0)', needs="secret memory"),
    Attempt(
        "shared memory",
        """
        libc.shm_open.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
        if libc.shm_open(("/" + W["tag"]).encode(), 66, 0o600) < 0:
            raise OSError(ctypes.get_errno(), "no shared memory")
        """,
        landlock=1,
    ),
    Attempt(
        "python's shared memory",
        "from multiprocessing import shared_memory as s\ns.SharedMemory(W['tag'], True, 99)",
        landlock=1,
        rlimits=None,
    ),
    Attempt(
        "semaphore",
        "libc.sem_open.restype = ctypes.c_void_p\n"
        "if not libc.sem_open(W['tag'].encode(), 64, 0o600, 1):\n    raise OSError(1, '')",
        landlock=1,
        rlimits=True,
    ),
    Attempt("old shared memory", 'sc("shmget", W["key"], 4096, 0o1600)', needs="System V"),
    Attempt("old semaphore", 'sc("semget", W["key"], 1, 0o1600)', needs="System V"),
    Attempt("old queue", 'sc("msgget", W["key"], 0o1600)', needs="System V"),
    Attempt("queue", 'sc("mq_open", W["tag"].encode(), 66, 0o600, 0)', needs="queues", landlock=1),
    _with_room("locked", 'sc("mlock", room(3), 4096)', rlimits=True),
    Attempt("faults", 'sc("userfaultfd", 1)', needs="userfaultfd"),
    Attempt("faults by device", "os.open('/dev/userfaultfd', 0)", needs="userfaultfd", landlock=1),
    _with_room(
        "poisoned",
        "sc(28, room(3), 4096, 100)",
        harmless="it would take a page of memory from the machine",
    ),
    _with_room(
        "taken offline",
        "sc(28, room(3), 4096, 101)",
        harmless="it would take a page of memory from the machine",
    ),
)
