"""The parent's side of one jailed worker: requests out, checked replies in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np

from rewardlab.errors import SandboxError, UsageError, WorkerStartError
from rewardlab.program.finding import Finding
from rewardlab.program.reading import read
from rewardlab.program.schema import Schema
from rewardlab.sandbox import frames, spawn
from rewardlab.sandbox.batch import LOST, Array, Batch, WorkerFault, join
from rewardlab.sandbox.bells import AWAKE_US
from rewardlab.sandbox.connection import Connection
from rewardlab.sandbox.deadline import Deadline, used_s
from rewardlab.sandbox.frames import CODES, Reply, Violation
from rewardlab.sandbox.jail import Guards
from rewardlab.sandbox.limits import Limits
from rewardlab.sandbox.link import Order

Mode: TypeAlias = Literal["probe", "train"]

_PROBE_CPU_S = 30


class RewardWorker:
    """One program in one jailed process.

    A program that does not pass the static reading gets no process: see `findings`. Not for use
    by several threads at once.

    Args:
        source: The program.
        schema: The scene that it reads.
        mode: `"train"` kills a program that tries what it must not; `"probe"` lets the attempt
            fail, so that the program can say what it wanted, and bounds processor time.
        limits: What it may use.
        terms: Names of terms known from before, in their order.
        hash_seed: Which zygote it is forked from, see `spawn.HASH_SEEDS`.
        _guards: Only for tests: which guards are on, to show that the others hold alone.

    Attributes:
        findings: What the static reading, or loading, has to say.
        terms: Names of the reward terms so far; grows as the program names them.
        flags: What happened so far, see `frames.COERCED` and its like.

    Raises:
        WorkerStartError: The worker could not be started or locked.
    """

    def __init__(
        self,
        source: str,
        schema: Schema,
        *,
        mode: Mode = "train",
        limits: Limits = Limits(),
        terms: Sequence[str] = (),
        hash_seed: str = spawn.HASH_SEEDS[0],
        _guards: Guards = Guards(),
    ) -> None:
        self.terms, self.flags = tuple(terms), 0
        self._opened = self._calling = False
        self._limits = limits
        self._seq = self._calls = self._rings = 0
        self.findings: tuple[Finding, ...] = ()
        if _guards.reading:
            reading = read(source, schema)
            self.findings = tuple(reading.findings)
            if not reading.ok:
                return
        if mode == "probe" and not limits.cpu_s:
            self._limits = replace(limits, cpu_s=_PROBE_CPU_S)
        job = {
            "source": source,
            "schema": schema.to_json(),
            "terms": self.terms,
            "read": _guards.reading,
        }
        text = json.dumps(job).encode()
        self._place = frames.layout(schema.row_size, len(text))
        # To look out takes processor time, which probes measure and bound.
        self._awake_us = AWAKE_US if mode == "train" else 0
        order = Order(self._place, self._limits, mode == "train", _guards)
        self._connection = Connection(text, order, hash_seed=hash_seed)
        self._opened = True
        self._load()

    @property
    def ok(self) -> bool:
        """Whether it can be used."""
        return not self.closed

    @property
    def closed(self) -> bool:
        """Whether it never started, or has ended."""
        return not self._opened or self._connection.closed

    @property
    def pid(self) -> int:
        """Process id of the worker."""
        return self._connection.pid

    def cpu_s(self) -> float:
        """Return the processor time that the worker has used so far, see `deadline.used_s` [s]."""
        return used_s(self.pid)

    def evaluate(self, rows: Array, *, timeout_s: float | None = None) -> Batch:
        """Score rows `(n, D)`.

        Args:
            rows: Recorded rows.
            timeout_s: Deadline of the call; by default the limits'.

        Raises:
            WorkerFault: The program failed on a row, or the worker is gone.
            UsageError: The rows are those of another scene.
        """
        if self.closed:
            raise SandboxError("the worker of this program is closed")
        if self._calling:
            raise SandboxError("a worker answers one call at a time: give each thread its own")
        if rows.ndim != 2 or rows.shape[1] != self._place.row_size:
            raise UsageError(
                f"rows of shape {rows.shape} do not fit the scene: ({len(rows)}, "
                f"{self._place.row_size}) is needed"
            )
        if len(rows) <= self._place.rows:
            return self._evaluate(rows, timeout_s)
        return self._evaluate_parts(rows, timeout_s)

    def _evaluate_parts(self, rows: Array, timeout_s: float | None) -> Batch:
        """Score more rows than a request holds; a bad row in one part spoils no other."""
        parts, bad = [], []
        first: WorkerFault | None = None
        for start in range(0, len(rows), self._place.rows):
            some = rows[start : start + self._place.rows]
            try:
                parts.append(self._evaluate(some, timeout_s))
                bad.append(np.zeros(len(some), np.bool_))
            except WorkerFault as fault:
                if fault.row is not None:
                    fault.row += start
                if fault.batch is None or fault.bad is None:
                    raise
                parts.append(fault.batch)
                bad.append(fault.bad)
                first = first or fault
        if first is None:
            return join(parts)
        first.batch, first.bad = join(parts), np.concatenate(bad)
        raise first

    def _evaluate(self, rows: Array, timeout_s: float | None) -> Batch:
        held, n = self._connection, len(rows)
        self._seq = self._calls % 0xFFFFFFFF + 1
        self._calls += 1
        self._calling = True
        held.rows[:n] = rows
        frames.REQUEST.pack_into(held.memory, 0, frames.MAGIC, self._seq, n, self._awake_us)
        limits = self._limits
        seconds = max(limits.call_s, limits.row_s * n) if timeout_s is None else timeout_s
        try:
            held.bell.call(self._seq)
            if not held.bell.look_out(self._seq):
                self._sleep(seconds)
            reply = frames.decode(held.memory, self._place, seq=self._seq, n=n, known=self.terms)
        except Violation as error:
            self.close()
            raise WorkerFault("ProtocolViolation", f"its worker {error}") from error
        except BaseException:
            # Interrupted between request and reply: the next reply would answer this request.
            self.close()
            raise
        finally:
            self._calling = False
        return self._accept(reply)

    def _sleep(self, seconds: float) -> None:
        """Wait for the answer asleep; a byte may also be left from a call before."""
        held, deadline = self._connection, Deadline(self.pid, seconds)
        held.bell.sleep(True)
        while not held.bell.answered(self._seq):
            self._rings += 1
            if self._rings > self._calls:
                raise Violation("rang more often than it was called")
            held.wait(frames.RING, deadline)
        held.bell.sleep(False)

    def _accept(self, reply: Reply) -> Batch:
        if reply.names:
            self.terms += reply.names
        self.flags |= reply.flags
        batch = Batch(reply.reward, reply.terms, reply.present, self.terms)
        if reply.status is None or not reply.status.any():
            return batch
        bad = reply.status != 0
        row = int(bad.argmax())
        code = CODES[int(reply.status[row])]
        raise WorkerFault(code, reply.error, row, line=reply.line, batch=batch, bad=bad)

    def _load(self) -> None:
        """Wait until the worker is locked and has loaded the program."""
        held = self._connection
        try:
            held.wait(frames.LOCKED, Deadline(self.pid, self._limits.start_s))
            held.wait(frames.RING, Deadline(self.pid, self._limits.load_s))
            held.bell.sleep(False)
            reply = frames.decode(held.memory, self._place, seq=0, n=1, known=self.terms)
            if reply.status is not None and reply.status[0]:
                code = CODES[int(reply.status[0])]
                self._refuse(Finding(code, reply.error, line=reply.line))
        except WorkerFault as fault:
            if fault.code == LOST:
                raise WorkerStartError(fault.message) from fault
            self._refuse(Finding(fault.code, f"while loading: {fault.message}"))
        except Violation as error:
            self._refuse(Finding("ProtocolViolation", f"its worker {error}"))
        except BaseException:
            self.close()
            raise

    def _refuse(self, finding: Finding) -> None:
        self.findings += (finding,)
        self.close()

    def close(self) -> None:
        """End the worker."""
        if self._opened:
            self._connection.close()

    def __enter__(self) -> RewardWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
