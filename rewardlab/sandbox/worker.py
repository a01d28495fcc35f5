"""The life of a worker: forked, locked, loaded with one program, serving requests until EOF."""

from __future__ import annotations

import ast
import builtins
import json
import mmap
import os
import struct
import sys
from collections.abc import Callable, Collection
from typing import Any, NamedTuple, NoReturn

import numpy as np

from rewardlab.program.entry import ENTRY
from rewardlab.program.reading import read
from rewardlab.program.schema import Schema
from rewardlab.sandbox import frames
from rewardlab.sandbox.bells import WorkerBell
from rewardlab.sandbox.evaluator import (
    FILE,
    STATUS,
    Evaluator,
    Outcome,
    Output,
    Problem,
    code_of,
    depth,
    describe,
    line_of,
)
from rewardlab.sandbox.facade import facade
from rewardlab.sandbox.jail import REPLY_FD, REQUEST_FD, Lock, lock
from rewardlab.sandbox.namespace import close_codecs, namespace

RECURSION = 200
"""Calls that a program may nest."""


class Start(NamedTuple):
    """What a worker is started with.

    Attributes:
        place: Layout of the shared memory.
        how: How to lock.
        parent: Process id of the zygote.
    """

    place: frames.Layout
    how: Lock
    parent: int


def main(start: Start, request: int, reply: int, memory_fd: int) -> NoReturn:
    """Run a worker in a process just forked; descriptors as received from the parent."""
    try:
        memory = mmap.mmap(memory_fd, start.place.size)
        lock(start.how, request=request, reply=reply, parent=start.parent)
    except BaseException as error:
        text = f"{type(error).__name__}: {error}".encode()[:400]
        for fd in (reply, REPLY_FD):
            try:
                os.write(fd, frames.FAILED + text)
                break
            except OSError:
                continue
        os._exit(1)
    os.write(REPLY_FD, frames.LOCKED)
    _serve(memory, start.place)
    os._exit(0)


def _serve(memory: mmap.mmap, place: frames.Layout) -> None:
    job = json.loads(memory[place.job_at : place.size])
    terms: list[str] = job["terms"]
    bell = WorkerBell(memory, place, REQUEST_FD, REPLY_FD)
    try:
        evaluator = _load(job)
    except BaseException as error:
        bad = Outcome(STATUS[code_of(error)], 0.0, 0, [])
        _write(memory, place, Answer(0, [bad], terms, len(terms), describe(error), line_of(error)))
        bell.answer(0)
        return
    _write(memory, place, Answer(0, [Outcome(0, 0.0, 0, [])], terms, len(terms)))
    bell.answer(0)
    rows = np.frombuffer(
        memory, np.float64, place.rows * place.row_size, offset=place.rows_at
    ).reshape(place.rows, place.row_size)
    awake_us = 0
    while bell.wait(awake_us * 1e-6):
        _, seq, n, awake_us = frames.REQUEST.unpack_from(memory, 0)
        known = len(evaluator.index)
        evaluator.begin()
        outcomes = [evaluator.evaluate(row) for row in rows[:n]]
        e = evaluator
        _write(memory, place, Answer(seq, outcomes, e.index, known, e.error, e.line, e.flags))
        bell.answer(seq)


class Answer(NamedTuple):
    """A reply to be written.

    Attributes:
        seq: The request it answers.
        outcomes: One per row.
        terms: Names of all terms, by column.
        known: How many of them the parent knows.
        error: Message about the first bad row.
        line: Its line, 0 if unknown.
        flags: See `frames`.
    """

    seq: int
    outcomes: list[Outcome]
    terms: Collection[str]
    known: int
    error: str = ""
    line: int = 0
    flags: int = 0


def _write(memory: mmap.mmap, place: frames.Layout, answer: Answer) -> None:
    k, flags = len(answer.terms), answer.flags | frames.GOOD | frames.FULL
    pack, full = struct.Struct(f"<QdQ{k}d").pack_into, (1 << k) - 1
    at, width = place.block_at, 8 * (3 + k)
    for status, reward, present, values in answer.outcomes:
        if status:
            flags &= ~frames.GOOD
        if present != full:
            flags &= ~frames.FULL
            values = values + [0.0] * (k - len(values))
        pack(memory, at, status, reward, present, *values)
        at += width
    names = text = b""
    if k > answer.known or answer.error:
        names = "\n".join(list(answer.terms)[answer.known :]).encode()
        text = answer.error[:2000].encode("utf-8", "replace")
        memory[place.text_at : place.text_at + len(names) + len(text)] = names + text
    header = (len(answer.outcomes), k, len(names), len(text), answer.line, flags)
    frames.REPLY.pack_into(memory, place.reply_at, frames.MAGIC, answer.seq, *header)


def _load(job: dict[str, Any]) -> Evaluator:
    """Read, compile and run the program's definitions."""
    schema, output = Schema.from_json(job["schema"]), Output()
    takes_obs = False
    if job["read"]:
        tree, takes_obs = _read(job["source"], schema)
        names = namespace(output.print)
        close_codecs()
        code = compile(tree, FILE, "exec", dont_inherit=True)
    else:
        names = {"__builtins__": builtins, "np": np}
        code = compile(job["source"], FILE, "exec")
    scene = facade(schema)
    if takes_obs and scene.obs is None:
        raise Problem("RewardSignatureError", "this task has no raw observation: (self, action)")
    sys.setrecursionlimit(depth() + RECURSION)
    exec(code, names)
    function: Callable[..., Any] = names[ENTRY]
    return Evaluator(function, scene, takes_obs=takes_obs, terms=job["terms"], output=output)


def _read(source: str, schema: Schema) -> tuple[ast.Module, bool]:
    reading = read(source, schema)
    if reading.tree is None or not reading.ok:
        first = next(f for f in reading.findings if f.severity == "error")
        raise Problem(first.code if first.code in STATUS else "ForbiddenSyntax", first.message)
    return reading.tree, reading.takes_obs
