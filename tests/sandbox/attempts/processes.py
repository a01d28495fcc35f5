"""Processes, threads and signals."""

from __future__ import annotations

from tests.sandbox.attempts.attempt import Attempt

_CHILD = """
pid = {how}
if pid == 0:
    try:
        open(W["new"], "w")
    finally:
        os._exit(0)
os.waitpid(pid, 0)
"""

PROCESSES = (
    Attempt("fork", _CHILD.format(how="os.fork()")),
    Attempt("raw fork", _CHILD.format(how='sc("fork")')),
    Attempt("clone", _CHILD.format(how='sc("clone", 17, 0, 0, 0, 0)')),
    Attempt(
        "clone3", _CHILD.format(how='sc("clone3", struct.pack("8Q", *(0,) * 4, 17, 0, 0, 0), 64)')
    ),
    Attempt("forkpty", _CHILD.format(how="os.forkpty()[0]"), needs="terminals", landlock=1),
    Attempt("fork and stay", "if os.fork() == 0:\n    time.sleep(0.5)\n    os._exit(0)"),
    Attempt(
        "daemon",
        """
        if os.fork() == 0:
            os.setsid()
            try:
                if os.fork() == 0:
                    open(W["new"], "w")
            finally:
                os._exit(0)
        os.wait()
        time.sleep(0.05)
        """,
    ),
    Attempt("exec", "os.execv(W['touch'], ['touch', W['new']])", landlock=1, alone=False),
    Attempt(
        "raw exec",
        """
        words = (ctypes.c_char_p * 3)(b"touch", W["new"].encode(), None)
        sc("execve", W["touch"].encode(), words, 0)
        """,
        landlock=1,
        alone=False,
    ),
    Attempt(
        "execveat",
        """
        words = (ctypes.c_char_p * 3)(b"touch", W["new"].encode(), None)
        sc("execveat", -100, W["touch"].encode(), words, 0, 0)
        """,
        landlock=1,
        alone=False,
    ),
    Attempt("system", 'return float(os.system(f\'{W["touch"]} {W["new"]}\') == 0)', landlock=1),
    Attempt(
        "C system",
        'return float(libc.system(f\'{W["touch"]} {W["new"]}\'.encode()) == 0)',
        landlock=1,
    ),
    Attempt("popen", 'os.popen(f\'{W["touch"]} {W["new"]}\').read()\nreturn 0.0', landlock=1),
    Attempt(
        "spawn",
        "pid = os.posix_spawn(W['touch'], ['touch', W['new']], {})\nos.waitpid(pid, 0)",
        landlock=1,
    ),
    Attempt("subprocess", "subprocess.run([W['touch'], W['new']])", landlock=1),
    Attempt(
        "session",
        "if os.getpgid(0) == os.getpid(): os.setpgid(0, 0)\nos.setsid()",
        needs="nobody: it leads one",
    ),
)

THREADS = (
    Attempt("thread", "_thread.start_new_thread(open, (W['new'], 'w'))\ntime.sleep(0.1)"),
    Attempt(
        "thread that stays", "threading.Thread(target=time.sleep, args=(1,), daemon=True).start()"
    ),
    Attempt(
        "pthread",
        """
        kind = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
        run = kind(lambda _: open(W["new"], "w") and 0)
        which = ctypes.c_ulong()
        if libc.pthread_create(ctypes.byref(which), None, run, None):
            raise OSError(1, "no thread")
        libc.pthread_join(which, None)
        """,
    ),
)

SIGNALS = (
    Attempt("kill", "os.kill(W['victim'], 9)", landlock=6),
    Attempt("stop", "os.kill(W['victim'], 19)", landlock=6),
    Attempt("group", "os.killpg(W['victim'], 15)", landlock=6),
    Attempt("raw kill", 'sc("kill", W["victim"], 9)', landlock=6),
    Attempt("tkill", 'sc("tkill", W["victim"], 9)', landlock=6),
    Attempt("tgkill", 'sc("tgkill", W["victim"], W["victim"], 9)', landlock=6),
    Attempt(
        "queue",
        'sc("rt_sigqueueinfo", W["victim"], 9, struct.pack("iii", 9, 0, -1) + bytes(116))',
        landlock=6,
    ),
    Attempt(
        "handle",
        "with os.fdopen(os.pidfd_open(W['victim'])) as file:\n"
        "    signal.pidfd_send_signal(file.fileno(), 9)",
        landlock=6,
    ),
    Attempt("parent", "os.kill(W['parent'], signal.SIGUSR1)", landlock=6),
    Attempt(
        "parent's thread", 'sc("tgkill", W["parent"], W["parent"], int(signal.SIGUSR1))', landlock=6
    ),
    Attempt("zygote", "os.kill(os.getppid(), signal.SIGUSR1)", landlock=6),
    Attempt("everyone", "os.kill(-1, 15)", harmless="it would end every process of this user"),
    Attempt(
        "reap",
        'sc("process_madvise", os.pidfd_open(W["victim"]), (ctypes.c_ulong * 2)(0, 0), 1, 21, 0)',
        needs="root",
    ),
    Attempt("own alarm", "signal.signal(14, lambda *_: None)\nsignal.setitimer(0, 9)"),
    Attempt(
        "timer", 'sc("timer_create", 0, struct.pack("QiiQ", 0, 10, 0, 0) + bytes(40), bytes(8))'
    ),
    Attempt("descriptor for signals", 'sc("signalfd", -1, bytes(8), 8)'),
)

OTHERS = (
    Attempt(
        "trace",
        'sc("ptrace", 16, W["victim"], 0, 0)\nos.waitpid(W["victim"], 0x40000000)\ntime.sleep(0.1)',
        needs="leave to trace",
        landlock=1,
    ),
    Attempt("seize", 'sc("ptrace", 0x4206, W["victim"], 0, 0)', needs="leave to trace", landlock=1),
    Attempt("traced by the parent", 'sc("ptrace", 0, 0, 0, 0)'),
    Attempt(
        "read memory",
        """
        at = ctypes.create_string_buffer(8)
        mine = struct.pack("QQ", ctypes.addressof(at), 8)
        theirs = struct.pack("QQ", W["address"], 8)
        sc("process_vm_readv", W["parent"], mine, 1, theirs, 1, 0)
        return struct.unpack("d", at.raw)[0]
        """,
        needs="leave to trace",
        landlock=1,
    ),
    Attempt(
        "write memory",
        """
        value = ctypes.c_double(0.0)
        mine = struct.pack("QQ", ctypes.addressof(value), 8)
        sc("process_vm_writev", W["parent"], mine, 1, struct.pack("QQ", W["address"], 8), 1, 0)
        """,
        needs="leave to trace",
        landlock=1,
    ),
    Attempt(
        "memory file",
        """
        with open(f"/proc/{W['parent']}/mem", "rb") as file:
            file.seek(W["address"])
            return struct.unpack("d", file.read(8))[0]
        """,
        needs="leave to trace",
        landlock=1,
    ),
    Attempt(
        "write memory file",
        """
        with open(f"/proc/{W['parent']}/mem", "r+b", buffering=0) as file:
            file.seek(W["address"])
            file.write(bytes(8))
        """,
        needs="leave to trace",
        landlock=1,
    ),
    Attempt(
        "its environment",
        "return float(len(open(f\"/proc/{W['victim']}/environ\").read()))",
        landlock=1,
        needs="leave to trace",
    ),
    Attempt(
        "its command",
        "return float(len(open(f\"/proc/{W['victim']}/cmdline\").read()))",
        landlock=1,
    ),
    Attempt(
        "its maps",
        "return float(len(open(f\"/proc/{W['parent']}/maps\").read()))",
        needs="leave to trace",
        landlock=1,
    ),
    Attempt("its limits", 'sc("prlimit64", W["victim"], 7, struct.pack("QQ", 9, 9), 0)'),
    Attempt("my limits", "resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))"),
    Attempt("limits undone", "resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))", rlimits=True),
    Attempt(
        "its cores",
        "os.sched_setaffinity(W['victim'], {0})\nreturn 1.0",
        needs="no fewer rights than its victim",
    ),
    Attempt(
        "my cores", "os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})", needs="two cores"
    ),
    Attempt(
        "its priority", "os.setpriority(0, W['victim'], 5)", needs="no fewer rights than its victim"
    ),
    Attempt("my priority", "os.nice(3)"),
    Attempt("scheduler", "os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))"),
    Attempt(
        "disk priority",
        'sc("ioprio_set", 1, W["victim"], 3 << 13)',
        needs="no fewer rights than its victim",
    ),
)
