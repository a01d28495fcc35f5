"""A program that finds its worker's memory and pipes, and says with them what it likes."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import numpy as np
import pytest

from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.client import RewardWorker

Jailed = Callable[..., RewardWorker]

FOUND = """
import os, signal, sys, time
f = sys._getframe()
while "memory" not in f.f_locals:
    f = f.f_back
m, p, frames = f.f_locals["memory"], f.f_locals["place"], f.f_globals["frames"]
def seq():
    return frames.REQUEST.unpack_from(m, 0)[1]
def head(*, magic=frames.MAGIC, to=None, n=1, k=0, names=0, error=0, line=0, flags=0):
    to = seq() if to is None else to
    frames.REPLY.pack_into(m, p.reply_at, magic, to, n, k, names, error, line, flags)
def block(*values):
    m[p.block_at : p.block_at + 8 * len(values)] = np.array(values).tobytes()
def text(value):
    m[p.text_at : p.text_at + len(value)] = value
def answer(to=None):
    at = p.reply_at + frames.REPLY.size
    m[at : at + 4] = (seq() if to is None else to).to_bytes(4, sys.byteorder)
def ring(times=1):
    answer()
    os.write(4, b"R" * times)
block(0.0, 7.0, 0.0)
"""
WAIT = "\nwhile True:\n    time.sleep(9)"


def liar(jailed: Jailed, lie: str, **options: object) -> RewardWorker:
    return jailed(FOUND + textwrap.dedent(lie) + WAIT, mode="train", **options)


def fault_of(one: RewardWorker, rows: np.ndarray, calls: int = 1) -> WorkerFault:
    """Return the fault that one of so many calls ends in."""

    def call() -> None:
        for _ in range(calls):
            assert one.evaluate(rows[:1]).reward[0] in (7.0, 1.0)

    with pytest.raises(WorkerFault) as caught:
        call()
    return caught.value


def told(one: RewardWorker, rows: np.ndarray, calls: int) -> set[float | str]:
    """Return which rewards so many calls gave, and the code of the fault, if one ended them."""
    found: set[float | str] = set()
    try:
        for _ in range(calls):
            found.add(float(one.evaluate(rows[:1]).reward[0]))
    except WorkerFault as fault:
        found.add(fault.code)
    return found
