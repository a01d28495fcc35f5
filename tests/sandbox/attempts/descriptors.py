"""Descriptors: more of them, those of others, and the few that a worker has."""

from __future__ import annotations

from tests.sandbox.attempts.attempt import Attempt

ATTEMPTS = (
    Attempt("dup", "os.dup(3)"),
    Attempt("dup2", "os.dup2(3, 9)"),
    Attempt("dup2 onto the reply", "os.dup2(0, 4)\nreturn 0.0", alone=False),
    Attempt("dup3", 'sc("dup3", 4, 11, 0)'),
    Attempt("fcntl", "import fcntl\nfcntl.fcntl(4, fcntl.F_DUPFD, 10)"),
    Attempt("flags", "import fcntl\nfcntl.fcntl(3, fcntl.F_SETFL, os.O_NONBLOCK)"),
    Attempt("owner", "import fcntl\nfcntl.fcntl(3, fcntl.F_SETOWN, W['victim'])"),
    Attempt("size of a pipe", "import fcntl\nfcntl.fcntl(4, 1031, 1 << 16)"),
    Attempt("pipe", "os.pipe()"),
    Attempt("pipe2", 'sc("pipe2", bytes(8), 0)'),
    Attempt("eventfd", "os.eventfd(0)"),
    Attempt("epoll", "sys.kept = select.epoll()"),
    Attempt("timerfd", 'sc("timerfd_create", 1, 0)'),
    Attempt("pidfd", "os.pidfd_open(W['victim'])"),
    Attempt("own pidfd", "os.pidfd_open(os.getpid())"),
    Attempt(
        "stolen", 'sc("pidfd_getfd", os.pidfd_open(W["parent"]), 1, 0)', needs="leave to trace"
    ),
    Attempt("listed", "return float(len(os.listdir('/proc/self/fd')))", landlock=1),
    Attempt("opened again", "os.open('/proc/self/fd/4', os.O_WRONLY)"),
    Attempt(
        "memory opened again", "os.open('/proc/self/mem', os.O_RDWR)", landlock=1, needs="root"
    ),
    Attempt("executable opened", "os.open('/proc/self/exe', os.O_RDONLY)", landlock=1),
    Attempt(
        "null replaced",
        "os.close(1)\nos.open(W['file'], os.O_WRONLY)\nos.write(1, b'x')",
        landlock=1,
        rlimits=None,
    ),
    Attempt(
        "passed",
        """
        s = socket.socket(socket.AF_UNIX)
        s.connect(W["ports"]["path"])
        socket.send_fds(s, [b"x"], [4])
        """,
    ),
    Attempt("spliced", 'sc("splice", 3, 0, 4, 0, 1, 2)', needs="a byte in the pipe"),
    Attempt(
        "flood",
        "kept = []\ntry:\n    while len(kept) < 99:\n        kept.append(os.dup(0))\n"
        "finally:\n    os.closerange(5, 200)",
        rlimits=True,
    ),
)
"""Closing its own descriptors harms a worker alone: see the tests of lies."""
