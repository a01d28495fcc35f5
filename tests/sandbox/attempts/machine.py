"""The machine: what only a superuser can do at all, and what is there for everyone."""

from __future__ import annotations

from tests.sandbox.attempts.attempt import Attempt

_ROOT = "root"

ATTEMPTS = (
    Attempt("new names", 'sc("unshare", 0x10000000)', needs="user namespaces"),
    Attempt("new mounts", 'sc("unshare", 0x20000)', needs=_ROOT),
    Attempt("new network", 'sc("unshare", 0x40000000)', needs=_ROOT),
    Attempt(
        "mount",
        """
        sc("unshare", 0x20000)
        sc("mount", b"none", b"/", 0, 0x44000, 0)
        sc("mount", b"tmpfs", W["sub"].encode(), b"tmpfs", 0, 0)
        return float(os.statvfs(W["sub"]).f_bsize > 0)
        """,
        needs=_ROOT,
        landlock=1,
    ),
    Attempt(
        "mount tree", 'sc("open_tree", -100, W["folder"].encode(), 0x1)', needs=_ROOT, landlock=1
    ),
    Attempt("file system", 'sc("fsopen", b"tmpfs", 0)', needs=_ROOT),
    Attempt(
        "join",
        """
        with os.fdopen(os.pidfd_open(W["victim"])) as file:
            sc("setns", file.fileno(), 0x40000000)
        """,
        needs=_ROOT,
    ),
    Attempt("host name", 'sc("unshare", 0x4000000)\nsc("sethostname", b"x", 1)', needs=_ROOT),
    Attempt("user", 'sc("setuid", 12345)', needs=_ROOT),
    Attempt("group", "os.setgid(12345)", needs=_ROOT, landlock=6),
    Attempt("groups", "os.setgroups([12345])", needs=_ROOT),
    Attempt("ports", 'sc("iopl", 3)', needs="root, on x86"),
    Attempt(
        "trace events",
        'sc("perf_event_open", struct.pack("IIQ", 1, 128, 0) + bytes(112), 0, -1, -1, 0)',
        needs="perf",
    ),
    Attempt(
        "kernel program",
        """
        code = struct.pack("<BBhiBBhi", 0xB7, 0, 0, 0, 0x95, 0, 0, 0)
        text, licence = ctypes.create_string_buffer(code), ctypes.create_string_buffer(b"GPL")
        at = ctypes.addressof
        ask = struct.pack("<IIQQ", 1, 2, at(text), at(licence)) + bytes(104)
        sc("bpf", 5, ask, 128)
        """,
        needs=_ROOT,
    ),
    Attempt(
        "kernel map",
        'sc("bpf", 0, struct.pack("5I", 2, 4, 8, 1, 0) + bytes(108), 128)',
        needs=_ROOT,
    ),
    Attempt("key", 'sc("add_key", b"user", W["tag"].encode(), b"x", 1, -2)', needs="keys"),
    Attempt("keyring", 'sc("keyctl", 1, W["tag"].encode())', needs="keys"),
    Attempt("dumpable again", "libc.prctl(4, 1, 0, 0, 0) and sc('prctl', 4, 1, 0, 0, 0)"),
    Attempt("name", 'sc("prctl", 15, b"sshd", 0, 0, 0)'),
    Attempt(
        "seccomp again",
        """
        rule = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FFF0000))
        program = struct.pack("HxxxxxxQ", 1, ctypes.addressof(rule))
        sc("seccomp", 1, 0, program)
        """,
        needs="root, or no new privileges",
    ),
    Attempt(
        "listener of seccomp",
        """
        rule = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FFF0000))
        program = struct.pack("HxxxxxxQ", 1, ctypes.addressof(rule))
        sc("seccomp", 1, 8, program)
        """,
        needs="root, or no new privileges",
    ),
    Attempt("landlock again", 'sc(444, struct.pack("Q", 1), 8, 0)', needs="landlock"),
    Attempt("clock", 'sc("settimeofday", 0, 0)', harmless="it would move the clock of the machine"),
    Attempt(
        "reboot",
        'sc("reboot", 0xfee1dead, 672274793, 0x89ABCDEF, 0)',
        harmless="it would change what Ctrl-Alt-Del does",
    ),
    Attempt(
        "kernel module",
        'sc("init_module", bytes(9), 9, b"")',
        harmless="it would need a module to load",
    ),
    Attempt(
        "kernel image", 'sc("kexec_load", 0, 0, 0, 0)', harmless="it would unload the next kernel"
    ),
    Attempt("kernel log", "return float(libc.klogctl(10, 0, 0) > 0)", needs="root or an open log"),
    Attempt("segments", "kept = bytes(16)\nsc('arch_prctl', 0x1003, kept)", needs="x86"),
)
