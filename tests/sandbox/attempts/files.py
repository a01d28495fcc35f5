"""Files: made, changed, removed, read, watched."""

from __future__ import annotations

from tests.sandbox.attempts.attempt import Attempt

WRITES = (
    Attempt("open", "open(W['new'], 'w').write('x')", landlock=1),
    Attempt("os.open", "os.open(W['new'], os.O_CREAT | os.O_WRONLY)", landlock=1),
    Attempt("append", "open(W['file'], 'a').write('x')", landlock=1),
    Attempt("overwrite", "open(W['file'], 'r+').write('x')", landlock=1),
    Attempt("empty", "open(W['file'], 'w')", landlock=1),
    Attempt("raw open", 'sc("open", W["new"].encode(), 0o101, 0o600)', landlock=1),
    Attempt("openat", 'sc("openat", -100, W["new"].encode(), 0o101, 0o600)', landlock=1),
    Attempt(
        "openat2",
        'sc("openat2", -100, W["new"].encode(), struct.pack("QQQ", 65, 384, 0), 24)',
        landlock=1,
    ),
    Attempt("creat", 'sc("creat", W["new"].encode(), 0o600)', landlock=1),
    Attempt("unnamed", "os.open(W['folder'], os.O_TMPFILE | os.O_RDWR, 0o600)", landlock=1),
    Attempt("path only", "os.open(W['folder'], os.O_PATH)"),
    Attempt("truncate", "os.truncate(W['file'], 3)", landlock=3),
    Attempt("grow", "os.truncate(W['file'], 10**6)", landlock=3, rlimits=True),
    Attempt("link", "os.link(W['file'], W['new'])", landlock=1),
    Attempt("symlink", "os.symlink('/', W['new'])", landlock=1),
    Attempt("rename", "os.rename(W['file'], W['new'])", landlock=1),
    Attempt("rename to elsewhere", "os.rename(W['file'], W['sub'] + '/x')", landlock=1),
    Attempt("unlink", "os.unlink(W['file'])", landlock=1),
    Attempt("mkdir", "os.mkdir(W['new'])", landlock=1),
    Attempt("rmdir", "os.rmdir(W['sub'])", landlock=1),
    Attempt("fifo", "os.mkfifo(W['new'])", landlock=1),
    Attempt("device", "os.mknod(W['new'], 0o20600, os.makedev(1, 3))", needs="root", landlock=1),
    Attempt("chmod", "os.chmod(W['file'], 0o777)"),
    Attempt("fchmodat2", 'sc("fchmodat2", -100, W["file"].encode(), 0o777, 0)', needs="Linux 6.6"),
    Attempt("chown", "os.chown(W['file'], 12345, 12345)", needs="root"),
    Attempt("times", "os.utime(W['file'], (1, 1))"),
    Attempt("raw times", 'sc("utime", W["file"].encode(), struct.pack("qq", 1, 1))'),
    Attempt("attribute", "os.setxattr(W['file'], 'user.x', b'1')", needs="extended attributes"),
    Attempt("numpy", "np.ones(3).tofile(W['new'])", landlock=1),
    Attempt("numpy save", "np.save(W['new'], np.ones(3))", landlock=1),
    Attempt("numpy memmap", "np.memmap(W['new'], mode='w+', shape=(3,))[:] = 1", landlock=1),
    Attempt("logging", "import logging; logging.FileHandler(W['new'])", landlock=1),
    Attempt(
        "lock",
        "import fcntl; fcntl.lockf(open(W['file'], 'r+'), 2); open(W['new'], 'w')",
        landlock=1,
    ),
    Attempt("copy", "import shutil; shutil.copyfile(W['file'], W['new'])", landlock=1),
    Attempt("unix socket", "socket.socket(socket.AF_UNIX).bind(W['new'])", landlock=1),
    Attempt(
        "asynchronous",
        """
        parameters = ctypes.create_string_buffer(120)
        ring = sc("io_uring_setup", 4, parameters)
        sq_off = struct.unpack_from("10I", parameters, 40)
        entries = libc.mmap
        entries.restype = ctypes.c_void_p
        entries.argtypes = [ctypes.c_void_p, *[ctypes.c_long] * 5]
        queue = entries(None, 4096, 3, 0x8001, ring, 0)
        slots = entries(None, 4096, 3, 0x8001, ring, 0x10000000)
        if queue in (None, 2**64 - 1) or slots in (None, 2**64 - 1):
            raise OSError(1, "no memory of the ring")
        path = ctypes.create_string_buffer(W["new"].encode())
        made = struct.pack("<BBHiQQI", 37, 0, 0, -100, 0, ctypes.addressof(path), 0o700)
        ctypes.memmove(slots, made + bytes(64 - len(made)), 64)
        ctypes.c_uint32.from_address(queue + sq_off[6]).value = 0
        ctypes.c_uint32.from_address(queue + sq_off[1]).value = 1
        sc("io_uring_enter", ring, 1, 1, 1, 0, 0)
        """,
        rlimits=None,
        needs="io_uring",
    ),
    Attempt("old asynchronous", 'sc("io_setup", 8, ctypes.byref(ctypes.c_ulong(0)))', needs="aio"),
)

READS = (
    Attempt("read", "return float(open(W['secret file']).read())", landlock=1),
    Attempt("raw read", "return float(os.read(os.open(W['secret file'], 0), 99))", landlock=1),
    Attempt("numpy read", "return float(np.fromfile(W['secret file'], sep=' ')[0])", landlock=1),
    Attempt(
        "linecache",
        "import linecache; return float(linecache.getline(W['secret file'], 1))",
        landlock=1,
    ),
    Attempt("size", "return float(os.stat(W['file']).st_size)"),
    Attempt("statx", 'sc("statx", -100, W["file"].encode(), 0, 4095, bytes(256))'),
    Attempt("exists", "return float(os.path.exists(W['file']))"),
    Attempt("access", "return float(os.access(W['file'], os.R_OK))"),
    Attempt(
        "list", "return max(float(x) for x in os.listdir(W['folder']) if x.isdigit())", landlock=1
    ),
    Attempt(
        "scan",
        "return max(float(x.name) for x in os.scandir(W['folder']) if x.name.isdigit())",
        landlock=1,
    ),
    Attempt("chdir", "os.chdir(W['sub'])"),
    Attempt("chroot", 'sc("chroot", W["sub"].encode())', needs="root"),
    Attempt("readlink", "return float(len(os.readlink('/proc/self/exe')))"),
    Attempt("space", "return float(os.statvfs('/').f_blocks)"),
    Attempt(
        "inotify", 'sc("inotify_add_watch", sc("inotify_init1", 0), W["folder"].encode(), 4095)'
    ),
    Attempt("fanotify", 'sc("fanotify_init", 0, 0)', needs="root"),
    Attempt("import", "import colorsys\nreturn float(colorsys.ONE_THIRD)", landlock=1),
    Attempt("import C", "import _crypt, _testcapi", needs="that extension", landlock=1),
    Attempt("import by name", "import importlib; importlib.import_module('mimetypes')", landlock=1),
    Attempt(
        "zipimport",
        "import zipimport\nzipimport.zipimporter(W['archive']).get_data('x.py')",
        landlock=1,
    ),
    Attempt("dlopen", "ctypes.CDLL('libutil.so.1')", landlock=1),
)
