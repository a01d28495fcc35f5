"""Scoring batches for as long as a run lasts: faults are retried, recorded, and never silent."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from rewardlab.config import OnRewardFault, Sandbox
from rewardlab.errors import ProgramRefused, RewardFault, SandboxError, WorkerStartError
from rewardlab.program.program import RewardProgram
from rewardlab.program.schema import Schema
from rewardlab.sandbox.batch import LOST, Array, Batch, WorkerFault, state_of
from rewardlab.sandbox.capabilities import admit
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.faults import MESSAGE_LIMIT, Cases, remedy
from rewardlab.sandbox.frames import clean
from rewardlab.sandbox.limits import Limits

MAX_RESPAWNS = 3
"""Workers that one run may lose to its program."""

WINDOW, MAX_SUBSTITUTED = 10_000, 100
"""Rows looked back on, and how many of them may have been scored 0 in place of a fault."""


class RewardRunner:
    """A reward program in a jailed worker, kept alive through faults.

    Args:
        program: What to run.
        schema: The scene it reads.
        on_fault: `"stop"` raises `RewardFault`; `"zero"` scores bad rows 0 and counts them.
        sandbox: `"require"` refuses below the full sandbox.
        allow_degraded: Run programs of models and files although a layer is missing.
        limits: What the program may use.

    Attributes:
        level: Of the sandbox in force.
        program: What it runs.
        schema: The scene that it reads.

    Raises:
        ProgramRefused: The program does not pass the static reading, or cannot be loaded.
        SandboxUnavailable: The sandbox is not good enough.
    """

    def __init__(
        self,
        program: RewardProgram,
        schema: Schema,
        *,
        on_fault: OnRewardFault = "stop",
        sandbox: Sandbox = "auto",
        allow_degraded: bool = False,
        limits: Limits = Limits(),
    ) -> None:
        self.level = admit(program, sandbox, allow_degraded)
        self.program, self.schema = program, schema
        self._on_fault, self._limits = on_fault, limits
        self._terms: tuple[str, ...] = ()
        self._calls = self._respawns = self._substituted = 0
        self._faults: dict[str, int] = {}
        self._times: deque[float] = deque(maxlen=1000)
        self._rows = 0
        self._replaced: deque[tuple[int, int]] = deque()
        self._worker = self._spawn()

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the reward terms so far."""
        return self._worker.terms

    def evaluate(self, rows: Array) -> Batch:
        """Score rows `(n, D)`.

        Raises:
            RewardFault: The program failed twice on this batch, with the record of it; with
                `on_fault="zero"`, more than 1 % of the last 10 000 rows had to be replaced.
            WorkerStartError: The jail itself failed twice; nothing is said of the program.
        """
        start = time.perf_counter()
        try:
            batch = self._ready().evaluate(rows)
        except WorkerFault as fault:
            batch = self._recover(rows, fault)
        self._times.append(time.perf_counter() - start)
        self._calls += 1
        self._rows += len(rows)
        return batch

    def metrics(self) -> dict[str, float]:
        """Return counts so far, faults by code too, and latencies of the last 1000 calls [µs]."""
        times = np.array(self._times or [0.0]) * 1e6
        p50, p99 = np.percentile(times, [50, 99])
        return {
            "calls": float(self._calls),
            "p50_us": float(p50),
            "p99_us": float(p99),
            "faults": float(sum(self._faults.values())),
            **{f"faults/{code}": float(n) for code, n in self._faults.items()},
            "respawns": float(self._respawns),
            "substituted": float(self._substituted),
        }

    def record(self) -> dict[str, Any]:
        """Return what is recorded of the worker, see `sandbox.record`."""
        metrics = self.metrics()
        latency = {name: round(metrics[name], 1) for name in ("p50_us", "p99_us")}
        return {**self.state_dict(), **latency}

    @property
    def faults(self) -> dict[str, int]:
        """Faults so far by code."""
        return dict(self._faults)

    def state_dict(self) -> dict[str, Any]:
        """Return the counts, so that they go on where a run does."""
        return {
            "calls": self._calls,
            "respawns": self._respawns,
            "substituted": self._substituted,
            "faults": self.faults,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        self._calls, self._respawns = state["calls"], state["respawns"]
        self._substituted, self._faults = state["substituted"], dict(state["faults"])

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

    def __enter__(self) -> RewardRunner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _spawn(self) -> RewardWorker:
        worker = RewardWorker(
            self.program.source, self.schema, limits=self._limits, terms=self._terms
        )
        if not worker.ok:
            first = next(f for f in worker.findings if f.severity == "error")
            raise ProgramRefused(f"the reward program was refused: {first}")
        return worker

    def _ready(self) -> RewardWorker:
        """Return a living worker: a fork of this process, or an interrupt, may have ended ours."""
        if self._worker.closed:
            self._terms = self._worker.terms
            self._worker = self._spawn()
        return self._worker

    def _recover(self, rows: Array, fault: WorkerFault) -> Batch:
        self._count(fault)
        if fault.batch is None or self._on_fault == "stop":
            self._respawn(rows, fault)
            try:
                return self._worker.evaluate(rows)
            except WorkerFault as again:
                self._count(again)
                fault = again
        if self._on_fault == "stop" or fault.code == LOST:
            raise self._fault(rows, fault)
        return self._substitute(rows, fault)

    def _respawn(self, rows: Array, fault: WorkerFault) -> None:
        if self._respawns == MAX_RESPAWNS:
            raise self._fault(rows, fault)
        self._respawns += 1
        self._terms = self._worker.terms
        self._worker.close()
        self._worker = self._spawn()

    def _substitute(self, rows: Array, fault: WorkerFault) -> Batch:
        batch, bad = fault.batch, fault.bad
        if batch is None or bad is None:
            n, k = len(rows), len(self.terms)
            present: npt.NDArray[np.bool_] = np.zeros((n, k), np.bool_)
            batch, bad = Batch(np.zeros(n), np.zeros((n, k)), present, self.terms), np.ones(n, bool)
        batch.reward[bad] = 0.0
        count = int(bad.sum())
        self._substituted += count
        self._replaced.append((self._rows, count))
        while self._replaced[0][0] <= self._rows - WINDOW:
            self._replaced.popleft()
        if sum(n for _, n in self._replaced) > MAX_SUBSTITUTED:
            raise self._fault(rows, fault, "; more than 1 % of the last 10 000 rows failed")
        return batch

    def _count(self, fault: WorkerFault) -> None:
        self._faults[fault.code] = self._faults.get(fault.code, 0) + 1

    def _fault(
        self, rows: Array, fault: WorkerFault, more: str = ""
    ) -> RewardFault | WorkerStartError:
        if fault.code == LOST:
            return WorkerStartError(fault.message)
        row = self._locate(rows) if fault.row is None else fault.row
        cases = Cases(self.program.source, self.schema, rows)
        record: dict[str, Any] = {
            "code": fault.code,
            "message": fault.message,
            "hint": remedy(fault.code, fault.message),
            "line": fault.line,
            "row": row,
            "program_id": self.program.id,
            "state": state_of(self.schema, rows[row]) if row is not None else None,
            "read": cases.read_on(row) if row is not None else None,
            "values": rows[row].tolist() if row is not None else None,
            "faults": self.faults,
        }
        where = f" on row {row}" if row is not None else ""
        line = f", line {fault.line}" if fault.line else ""
        what = "success predicate" if self.program.origin == "predicate" else "reward program"
        read = cases.told(row) if row is not None else ""
        said = clean(f"{fault.code}: {fault.message}{read}", MESSAGE_LIMIT)
        hint = f" ({record['hint']})" if record["hint"] else ""
        return RewardFault(f"the {what} failed{where}{line}: {said}{hint}{more}", record)

    def _locate(self, rows: Array) -> int | None:
        """Return the row that lost a worker: the first that loses another one, given alone."""
        limits = self._limits
        deadline = time.monotonic() + max(limits.call_s, limits.row_s * len(rows))
        with contextlib.suppress(SandboxError, ProgramRefused), self._spawn() as worker:
            for i in range(len(rows)):
                left = max(deadline - time.monotonic(), 0.0)
                try:
                    worker.evaluate(rows[i : i + 1], timeout_s=left)
                except WorkerFault as fault:
                    if fault.row is None:
                        return i
        return None
