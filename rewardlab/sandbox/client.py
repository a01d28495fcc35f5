"""The parent's side of one jailed worker: requests out, checked replies in, deadlines kept."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import select
import signal
import time
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
from rewardlab.sandbox.bells import AWAKE_US, ParentBell
from rewardlab.sandbox.frames import CODES, Reply, Violation
from rewardlab.sandbox.jail import Guards
from rewardlab.sandbox.limits import Limits
from rewardlab.sandbox.link import Order
from rewardlab.sandbox.memory import shared_memory

Mode: TypeAlias = Literal["probe", "train"]

PROBE_CPU_S = 30
_PROCESS_CPU = 2
"""How Linux marks the clock of a whole process, see clock_getcpuclockid(3)."""

_ENDS = {
    "SIGSYS": ("SandboxViolation", "tried what a program that only computes never does"),
    "SIGXCPU": ("RewardTimeout", "used up its processor time"),
}


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
        self.closed, self._calling = True, False
        self._limits, self._schema = limits, schema
        self._seq = self._calls = self._rings = 0
        self.findings: tuple[Finding, ...] = ()
        if _guards.reading:
            reading = read(source, schema)
            self.findings = tuple(reading.findings)
            if not reading.ok:
                return
        if mode == "probe" and not limits.cpu_s:
            self._limits = replace(limits, cpu_s=PROBE_CPU_S)
        job = {
            "source": source,
            "schema": schema.to_json(),
            "terms": self.terms,
            "read": _guards.reading,
        }
        text = json.dumps(job).encode()
        self._place = frames.layout(schema.row_size, len(text))
        self._hash_seed = hash_seed
        # To look out takes processor time, which probes measure and bound.
        self._awake_us = AWAKE_US if mode == "train" else 0
        self._start(text, Order(self._place, self._limits, mode == "train", _guards))
        self._load()

    @property
    def ok(self) -> bool:
        """Whether it can be used."""
        return not self.closed

    @property
    def pid(self) -> int:
        """Process id of the worker."""
        return self._child.pid

    def cpu_s(self) -> float:
        """Return the processor time that the worker has used so far [s].

        Where the system does not tell it, the time of a clock on the wall.
        """
        try:
            return time.clock_gettime(~self.pid << 3 | _PROCESS_CPU)
        except OSError:
            return time.perf_counter()

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
        n = len(rows)
        self._seq = self._calls % 0xFFFFFFFF + 1
        self._calls += 1
        self._calling = True
        self._rows[:n] = rows
        frames.REQUEST.pack_into(self._memory, 0, frames.MAGIC, self._seq, n, self._awake_us)
        limits = self._limits
        seconds = max(limits.call_s, limits.row_s * n) if timeout_s is None else timeout_s
        try:
            self._bell.call(self._seq)
            if not self._bell.look_out(self._seq):
                self._sleep(seconds)
            reply = frames.decode(self._memory, self._place, seq=self._seq, n=n, known=self.terms)
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
        deadline = time.monotonic() + seconds
        self._bell.sleep(True)
        while not self._bell.answered(self._seq):
            self._rings += 1
            left = deadline - time.monotonic()
            if left < 0:
                raise self._timeout(seconds)
            if self._rings > self._calls:
                raise Violation("rang more often than it was called")
            self._await(frames.RING, left)
        self._bell.sleep(False)

    def _timeout(self, seconds: float) -> WorkerFault:
        self.close()
        return WorkerFault("RewardTimeout", f"no answer in {seconds:.1f} s")

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

    def _start(self, job: bytes, how: Order) -> None:
        memory_fd = shared_memory(self._place.size)
        try:
            self._memory = mmap.mmap(memory_fd, self._place.size)
            self._memory[self._place.job_at :] = job
            self._rows = np.frombuffer(
                self._memory,
                np.float64,
                self._place.rows * self._place.row_size,
                self._place.rows_at,
            ).reshape(self._place.rows, self._place.row_size)
            self._connect(memory_fd, how)
        finally:
            os.close(memory_fd)

    def _connect(self, memory_fd: int, how: Order) -> None:
        theirs_in, self._request = os.pipe()
        self._reply, theirs_out = os.pipe()
        self._bell = ParentBell(self._memory, self._place, self._request)
        # Whoever answers without reading would in the end make us wait for room in the pipe.
        os.set_blocking(self._request, False)
        try:
            fds = (theirs_in, theirs_out, memory_fd)
            self._zygote, self._child = spawn.fork(self._hash_seed, how, fds)
        except BaseException:
            os.close(self._request)
            os.close(self._reply)
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self._poll = select.poll()
        self._poll.register(self._reply, select.POLLIN)
        if self._child.pidfd is not None:
            self._poll.register(self._child.pidfd, select.POLLIN)
        self.closed = False
        spawn.owned.add(self)

    def _load(self) -> None:
        """Wait until the worker is locked and has loaded the program."""
        try:
            self._await(frames.LOCKED, self._limits.start_s)
            self._await(frames.RING, self._limits.load_s)
            self._bell.sleep(False)
            reply = frames.decode(self._memory, self._place, seq=0, n=1, known=self.terms)
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

    def _await(self, expected: bytes, seconds: float) -> None:
        """Wait for one byte on the reply pipe.

        Raises:
            WorkerFault: The worker died, or the time is over.
            Violation: It wrote something else.
            WorkerStartError: It was not locked in time, or said that it could not be.
        """
        events = self._poll.poll(seconds * 1000.0)
        if any(fd == self._reply for fd, _ in events):
            got = os.read(self._reply, 1)
            if got == expected:
                return
            if got == frames.FAILED and expected == frames.LOCKED:
                reason = frames.clean(os.read(self._reply, 400))
                raise WorkerStartError(f"a worker could not be locked: {reason}")
            if got:
                raise Violation("rang a bell that does not exist")
        if events:
            raise self._death(expected)
        self.close()
        if expected == frames.LOCKED:
            raise WorkerStartError(f"a worker was not ready in {seconds:.0f} s")
        raise self._timeout(seconds)

    def _death(self, expected: bytes) -> Exception:
        self._zygote.end(self._child)
        code = self._zygote.exit_code(self._child.pid)
        self.close()
        if code is None:
            lost = "the process that jails reward programs was killed; try again"
            return WorkerStartError(lost) if expected == frames.LOCKED else WorkerFault(LOST, lost)
        if expected == frames.LOCKED:
            return WorkerStartError(f"a worker died before it was locked ({_how(code)})")
        how = _how(code)
        return WorkerFault(*_ENDS.get(how, ("WorkerCrashed", f"its worker ended ({how})")))

    def close(self) -> None:
        """End the worker."""
        if self.closed:
            return
        self._zygote.end(self._child)
        self.forget()

    def forget(self) -> None:
        """Let go of descriptors; the worker stays (in a forked child it is the parent's)."""
        if self.closed:
            return
        self.closed = True
        for fd in (self._request, self._reply, self._child.pidfd):
            if fd is not None:
                os.close(fd)
        del self._rows
        self._bell.close()
        with contextlib.suppress(BufferError):
            self._memory.close()

    def __enter__(self) -> RewardWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "closed", True):
            self.close()


def _how(code: int) -> str:
    if code < 0:
        names = {number.value: number.name for number in signal.Signals}
        return names.get(-code, f"signal {-code}")
    return f"exit code {code}"
