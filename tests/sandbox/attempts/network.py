"""Sockets of every family: what is sent is heard outside, what is open is seen."""

from __future__ import annotations

from tests.sandbox.attempts.attempt import Attempt

_SEND = """
s = socket.socket({family}, {kind})
s.connect(W["ports"][{name!r}])
s.send(b"x")
"""


def _send(name: str, family: str, kind: str, landlock: int = 0, needs: str = "") -> Attempt:
    body = _SEND.format(name=name, family=f"socket.{family}", kind=f"socket.{kind}")
    return Attempt(name, body, landlock, needs=needs)


ATTEMPTS = (
    _send("tcp4", "AF_INET", "SOCK_STREAM", 4),
    _send("tcp6", "AF_INET6", "SOCK_STREAM", 4, "IPv6"),
    _send("udp4", "AF_INET", "SOCK_DGRAM"),
    _send("udp6", "AF_INET6", "SOCK_DGRAM", 0, "IPv6"),
    _send("path", "AF_UNIX", "SOCK_STREAM"),
    _send("path datagram", "AF_UNIX", "SOCK_DGRAM"),
    _send("path packet", "AF_UNIX", "SOCK_SEQPACKET"),
    _send("abstract", "AF_UNIX", "SOCK_STREAM", 6),
    _send("abstract datagram", "AF_UNIX", "SOCK_DGRAM", 6),
    Attempt(
        "raw system calls",
        """
        host, port = W["ports"]["udp4"]
        to = struct.pack("=H", 2) + struct.pack(">H4s8s", port, socket.inet_aton(host), bytes(8))
        sc("sendto", sc("socket", 2, 2, 0), b"x", 1, 0, to, 16)
        """,
    ),
    Attempt(
        "fast open",
        """
        s = socket.socket()
        s.sendto(b"x", 0x20000000, W["ports"]["tcp4"])
        """,
    ),
    Attempt(
        "multipath",
        "s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)\ns.connect(W['ports']['tcp4'])",
        needs="MPTCP",
    ),
    Attempt(
        "raw",
        """
        s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
        host, port = W["ports"]["udp4"]
        s.sendto(struct.pack(">HHHH", 9, port, 9, 0) + b"x", (host, 0))
        """,
        needs="root",
    ),
    Attempt(
        "packet",
        """
        s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
        host, port = W["ports"]["udp4"]
        here = socket.inet_aton(host)
        head = struct.pack(">BBHHHBBH4s4s", 69, 0, 29, 0, 0, 9, 17, 0, here, here)
        total = sum(struct.unpack(">10H", head))
        total = ~((total & 65535) + (total >> 16)) & 65535
        head = head[:10] + struct.pack(">H", total) + head[12:]
        s.sendto(head + struct.pack(">HHHH", 9, port, 9, 0) + b"x", ("lo", 0x0800))
        """,
        needs="root",
    ),
    Attempt("serve", "s = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()", 4),
    Attempt("serve without bind", "socket.socket().listen()"),
    Attempt("pair", "kept = socket.socketpair()"),
    Attempt(
        "netlink",
        """
        s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        s.send(struct.pack("=IHHII", 20, 18, 0x301, 1, 0) + bytes(4))
        return float(len(s.recv(9999)))
        """,
    ),
    Attempt("uevents", "s = socket.socket(16, 3, 15)\ns.bind((0, 1))", needs="netlink"),
    Attempt("vsock", "s = socket.socket(40, 1)\ns.bind((2**32 - 1, 2**32 - 1))", needs="vsock"),
    Attempt("crypto", "s = socket.socket(38, 5)\ns.bind(('hash', 'sha256'))", needs="AF_ALG"),
    Attempt(
        "name",
        "libc.gethostbyname.restype = ctypes.c_void_p\n"
        "return float(bool(libc.gethostbyname(b'localhost')))",
        landlock=1,
    ),
    Attempt(
        "every family",
        """
        kept = []
        for family in range(64):
            for kind in range(1, 7):
                try:
                    kept.append(os.fdopen(sc("socket", family, kind, 0)))
                except OSError:
                    pass
        sys.kept = kept
        return float(len(kept))
        """,
    ),
    Attempt(
        "url",
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:%d' "
        "% W['ports']['tcp4'][1], timeout=0.1)",
        needs="a reply",
        landlock=1,
    ),
)
