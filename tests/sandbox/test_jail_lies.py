"""A worker that found its memory and its pipes lies: the parent is told a fault, or a number.

What a liar may get is the reward that it wants; it gets nothing else, and nobody waits for it.
"""

from __future__ import annotations

import gc
import mmap
import os
import signal
import sys
import time

import numpy as np
import pytest

from rewardlab.sandbox import frames
from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.frames import Violation, decode, layout
from tests.sandbox.attempts.battery import fork
from tests.sandbox.attempts.liar import Jailed, liar

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's layers are Linux's")


LIES = {
    "rubbish": "m[p.reply_at :] = b'\\xff' * (len(m) - p.reply_at)",
    "zeros": "m[p.reply_at :] = bytes(len(m) - p.reply_at)",
    "magic": "head(magic=1)",
    "an earlier request": "head(to=seq() - 1)",
    "a later request": "head(to=seq() + 1)",
    "no rows": "head(n=0)",
    "more rows": "head(n=2)",
    "most rows": "head(n=2**32 - 1)",
    "columns without names": "head(k=1)",
    "too many columns": "head(k=65)",
    "most columns": "head(k=2**32 - 1)",
    "text too long": "head(error=frames.TEXT + 1)",
    "lengths that overflow": "head(k=1, names=2**32 - 1, error=2**32 - 1)",
    "nan": "block(0.0, np.nan, 0.0); head()",
    "infinity, said to be good": "block(0.0, -np.inf, 0.0); head(flags=24)",
    "nan in a term": "text(b'a'); block(0.0, 0.0, 0.0, np.nan); head(k=1, names=1, flags=24)",
    "infinities that cancel": (
        "text(b'a'); block(0.0, np.inf, 0.0, -np.inf); head(k=1, names=1, flags=24)"
    ),
    "status": "m[p.block_at] = 99; head()",
    "greatest status": "m[p.block_at : p.block_at + 8] = b'\\xff' * 8; head()",
    "mask": "m[p.block_at + 16] = 1; head(flags=8)",
    "greatest mask": "m[p.block_at + 16 : p.block_at + 24] = b'\\xff' * 8; head()",
    "a name with a space": "text(b'a b'); head(k=1, names=3)",
    "a name with a newline": "text(b'a\\n'); head(k=2, names=2)",
    "an empty name": "text(b'\\n'); head(k=2, names=1)",
    "a name that is no text": "text(b'\\xff\\xfe'); head(k=1, names=2)",
    "a name of surrogates": "text(b'\\xed\\xa0\\x80'); head(k=1, names=3)",
    "a name with an escape": "text(b'\\x1b[2J'); head(k=1, names=4)",
    "a name that is too long": "text(b'a' * 65); head(k=1, names=65)",
    "a name twice": "text(b'a\\na'); head(k=2, names=3)",
    "another bell": "os.write(4, b'X'); time.sleep(0.05)",
    "the bell of a start": "os.write(4, b'L'); time.sleep(0.05)",
    "the bell of a failure": "os.write(4, b'S' + b'x' * 300); time.sleep(0.05)",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_a_violation(jailed: Jailed, rows, lie: str) -> None:
    one = liar(jailed, f"{LIES[lie]}\nring()")
    with pytest.raises(WorkerFault) as caught:
        one.evaluate(rows[:1])
    assert caught.value.code == "ProtocolViolation"
    assert one.closed


TRUE_ENOUGH = {
    "a number": "head()",
    "a number said to be good": "head(flags=24)",
    "unknown flags": "head(flags=2**32 - 8)",
    "a line that does not exist": "head(line=-(2**31))",
    "a term": "text(b'a'); block(0.0, 7.0, 0.0, 1e308); head(k=1, names=1)",
}


@pytest.mark.parametrize("lie", TRUE_ENOUGH)
def test_a_liar_gets_the_reward_that_it_wants_and_nothing_else(
    jailed: Jailed, rows, lie: str
) -> None:
    one = liar(jailed, f"{TRUE_ENOUGH[lie]}\nring()")
    batch = one.evaluate(rows[:1])
    assert batch.reward.tolist() == [7.0]
    assert type(batch.reward) is np.ndarray
    assert not np.shares_memory(batch.reward, one._connection.rows)
    one.close()
    assert batch.reward.tolist() == [7.0]


def test_hostile_text_becomes_one_harmless_line(jailed: Jailed, rows) -> None:
    lie = """
    said = b"\\x1b]0;x\\x07\\n\\xe2\\x80\\xae\\xff\\xed\\xa0\\x80\\0" * 400
    m[p.block_at] = 1
    text(said)
    head(error=len(said), line=2**31 - 1)
    ring()
    """
    with pytest.raises(WorkerFault) as caught:
        liar(jailed, lie).evaluate(rows[:1])
    assert caught.value.code == "RewardRuntimeError"
    assert caught.value.message.isprintable()
    assert len(caught.value.message) <= 500


SCRIBBLES = (b"\xff", b"\0", b"\x7f\xf0", b"\x01", b"BLWR", b"a\n")


def test_memory_that_changes_while_it_is_read_is_read_once() -> None:
    """Another process scribbles for a second, without any jail, while this one decodes."""
    place = layout(7, 0)
    memory = mmap.mmap(-1, place.size)
    child = fork()
    if child == 0:
        _scribble(memory, place)
    taken = refused = 0
    until = time.monotonic() + 1.0
    try:
        while time.monotonic() < until:
            try:
                got = decode(memory, place, seq=5, n=2, known=("k",))
            except Violation:
                refused += 1
                continue
            taken += 1
            assert np.isfinite(got.reward).all()
            assert np.isfinite(got.terms).all()
            assert got.terms.shape == got.present.shape == (2, 1 + len(got.names))
            assert all(frames.TERM_NAME.fullmatch(name) for name in got.names)
            assert got.error.isprintable()
            assert got.status is None or (got.status < len(frames.CODES)).all()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert taken
    assert refused


def _scribble(memory: mmap.mmap, place: frames.Layout) -> None:
    try:
        random = np.random.default_rng(0)
        while True:
            k = int(random.integers(1, 4))
            names = b"\n".join(b"abcdef"[i : i + 1] for i in range(k - 1))
            header = (frames.MAGIC, 5, 2, k, len(names), 4, 3, int(random.integers(0, 32)))
            frames.REPLY.pack_into(memory, place.reply_at, *header)
            memory[place.text_at : place.text_at + len(names)] = names
            memory[place.block_at : place.block_at + 400] = bytes(400)
            for _ in range(int(random.integers(0, 4))):
                base = (place.reply_at, place.block_at, place.text_at)[random.integers(3)]
                what = SCRIBBLES[random.integers(len(SCRIBBLES))]
                at = base + int(random.integers(0, 100))
                memory[at : at + len(what)] = what
    finally:
        os._exit(1)


def test_liars_leave_nothing_behind(jailed: Jailed, rows, descriptors, alive) -> None:
    pids = []
    before = descriptors()
    for lie in list(LIES.values())[:6]:
        one = liar(jailed, f"{lie}\nring()")
        pids.append(one.pid)
        with pytest.raises(WorkerFault):
            one.evaluate(rows[:1])
    gc.collect()
    assert descriptors() == before
    assert not any(alive(pid) for pid in pids)
