"""Replies of a worker that lies: the parent takes them whole, or refuses them as a `Violation`."""

from __future__ import annotations

from random import Random

import numpy as np

from rewardlab.program.terms import MAX_TERMS
from rewardlab.sandbox import frames
from rewardlab.sandbox.frames import CODES, Violation, decode, layout
from tests.fuzz.oracles import Failure

_PLACE = layout(7, 0)
_KNOWN = ("reach", "place.x")
_WORDS = (0, 1, 2, 3, 63, 64, 65, 255, 256, 1 << 14, (1 << 14) + 1, 1 << 20, 0x7FFFFFFF, 0xFFFFFFFF)
_FLOATS = (0.0, -0.0, 1.0, 1e308, -1e308, 5e-324, np.inf, -np.inf, np.nan)
_BITS = (0, 1, len(CODES), len(CODES) - 1, 1 << 63, (1 << 64) - 1, 0x7FF0000000000000)
_TEXTS = (b"a", b"a\nb", b"a\na", b"reach", b"\xff\xfe", b"", b"\n", b"a" * 65, b"\x1b[31m", b"a\0")
_TEXTS += ("\u202e".encode(), b"a" * 64, b" a", b"a\n", b"a,b", "ａ".encode(), b"a" * (1 << 14))


def check_reply(rng: Random) -> None:
    """Decode one reply made from an honest one by lies in any of its parts."""
    n, seq = rng.choice([1, 2, 5, _PLACE.rows]), rng.randrange(3)
    known = _KNOWN[: rng.randrange(3)]
    memory = _lie(rng, n, seq, known)
    before = bytes(memory)
    try:
        reply = decode(memory, _PLACE, seq=seq, n=n, known=known)
    except Violation as error:
        _demand(len(str(error)) < 200 and str(error).isprintable(), "message", str(error))
        return
    except BaseException as error:
        raise Failure("decode-raises", f"{type(error).__name__}: {error}") from error
    finally:
        _demand(bytes(memory) == before, "memory", "was written to")
    _check(reply, n, known, memory)


def _lie(rng: Random, n: int, seq: int, known: tuple[str, ...]) -> bytearray:
    new = rng.choice([(), ("fresh",), ("x", "y/z"), tuple(f"t{i}" for i in range(MAX_TERMS))])
    names = "\n".join(new).encode()
    error = rng.choice(
        [b"", b"oops", b"\xff" * 20, b"line\nline", "\u202e\x00".encode(), b"e" * 9000]
    )
    k = len(known) + len(new)
    header = [frames.MAGIC, seq, n, k, len(names), len(error), rng.choice([0, 3, -1, 2**31 - 1]), 0]
    header[7] = rng.choice([0, 31, frames.GOOD, frames.FULL, 0xFFFFFFFF, rng.getrandbits(32)])
    text = names + error
    if rng.random() < 0.3:
        text = rng.choice(_TEXTS)
        header[4] = rng.choice([len(text), rng.randrange(len(text) + 1)])
        header[5] = len(text) - header[4]
    for _ in range(rng.choice([0, 0, 1, 2])):
        header[rng.randrange(6)] = rng.choice([*_WORDS, k + 1, n + 1, rng.getrandbits(32)])
    return _pack(rng, header, _block(rng, n, k), text)


def _block(rng: Random, n: int, k: int) -> np.ndarray:
    block = np.zeros((n, 3 + k))
    block[:, 2].view(np.uint64)[:] = (1 << min(k, 64)) - 1
    for _ in range(rng.choice([0, 0, 1, 3])):
        row, column = rng.randrange(n), rng.randrange(3 + k)
        if rng.random() < 0.5:
            block[row, column] = rng.choice(_FLOATS)
        else:
            block.view(np.uint64)[row, column] = rng.choice([*_BITS, rng.getrandbits(64)])
    return block


def _pack(rng: Random, header: list[int], block: np.ndarray, text: bytes) -> bytearray:
    memory = bytearray(_PLACE.size)
    frames.REPLY.pack_into(memory, _PLACE.reply_at, *header)
    data = block.tobytes()[: _PLACE.text_at - _PLACE.block_at]
    memory[_PLACE.block_at : _PLACE.block_at + len(data)] = data
    text = text[: frames.TEXT]
    memory[_PLACE.text_at : _PLACE.text_at + len(text)] = text
    for _ in range(rng.choice([0, 0, 0, 1, 8])):
        memory[rng.randrange(_PLACE.reply_at, _PLACE.size)] = rng.randrange(256)
    return memory


def _check(reply: frames.Reply, n: int, known: tuple[str, ...], memory: bytearray) -> None:
    k = len(known) + len(reply.names)
    _demand(reply.reward.shape == (n,), "shape", str(reply.reward.shape))
    _demand(reply.terms.shape == reply.present.shape == (n, k), "shape", str(reply.terms.shape))
    finite = np.isfinite(reply.reward).all() and np.isfinite(reply.terms).all()
    _demand(bool(finite), "finite", str(reply.reward))
    _demand(reply.present.dtype == np.bool_, "mask", str(reply.present.dtype))
    if reply.status is not None:
        _demand(reply.status.shape == (n,), "status", str(reply.status.shape))
        _demand(int(reply.status.max()) < len(CODES), "status", str(reply.status))
    legal = all(frames.TERM_NAME.fullmatch(name) for name in reply.names)
    _demand(legal and not set(reply.names) & set(known), "names", str(reply.names))
    _demand(reply.error.isprintable() and len(reply.error) <= 500, "error", repr(reply.error))
    _demand(reply.line is None or reply.line > 0, "line", str(reply.line))
    memory[_PLACE.block_at : _PLACE.text_at] = b"\xff" * (_PLACE.text_at - _PLACE.block_at)
    _demand(bool(np.isfinite(reply.reward).all()), "copy", "the reply still lies in shared memory")


def _demand(holds: bool, what: str, detail: str) -> None:
    if not holds:
        raise Failure(f"decode-{what}", detail)
