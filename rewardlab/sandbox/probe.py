"""Trying a program on real states before any training: is it sound, pure, fast, and awake?"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import Any, NamedTuple, NoReturn, TypeAlias

import numpy as np
import numpy.typing as npt

from rewardlab.errors import WorkerStartError
from rewardlab.program.finding import Finding
from rewardlab.program.program import RewardProgram
from rewardlab.program.schema import Schema
from rewardlab.sandbox import frames, spawn
from rewardlab.sandbox.batch import LOST, Array, Batch, WorkerFault, differs, join
from rewardlab.sandbox.capabilities import Level, level
from rewardlab.sandbox.client import Mode, RewardWorker
from rewardlab.sandbox.faults import Cases, remedy
from rewardlab.sandbox.limits import Limits
from rewardlab.sandbox.methods import CLOUDS
from rewardlab.sandbox.quality import check_sense, check_terms

Index: TypeAlias = npt.NDArray[np.int64]

SOAK = 300
"""Calls in a row that must repeat the first values."""

SLOW_US, TOO_SLOW_US, CLOUDS_US = 200.0, 2000.0, 3000.0
"""Median cost from which on a program is warned about, refused, and refused although it reads point
clouds, which are not warned about [µs]."""

_FLAGS = (
    (frames.COERCED, "CoercedReward", "a value was not a float"),
    (frames.PRINTED, "OutputWarning", "prints"),
    (frames.DROPPED, "InvalidRewardInfo", "more than 64 terms: rest dropped"),
)


class Probe(NamedTuple):
    """What a probe found.

    Attributes:
        findings: Errors and warnings; no error means that the program may be trained with. The
            warnings of the static reading are not repeated.
        terms: Names of its reward terms.
        calls: How often it was called.
        p50_us: Median processor time of a call with one row, transport included [µs].
        p99_us: Time that 99 % of these calls stay below [µs].
        seconds: Wall time of the probe [s].
        level: Of the sandbox it ran in.
    """

    findings: tuple[Finding, ...]
    terms: tuple[str, ...]
    calls: int
    p50_us: float
    p99_us: float
    seconds: float
    level: Level

    def record(self) -> dict[str, Any]:
        """Return what is recorded of its workers, see `sandbox.record`."""
        codes = [f.code for f in self.findings if f.severity == "error"]
        return {
            "calls": self.calls,
            "respawns": 0,
            "substituted": 0,
            "faults": dict(Counter(codes)),
            "p50_us": round(self.p50_us, 1),
            "p99_us": round(self.p99_us, 1),
        }


class _Stop(Exception):
    """The probe is over: an error makes further checks pointless."""


def probe(
    program: RewardProgram,
    schema: Schema,
    states: Array,
    *,
    names: tuple[str, ...] = (),
    seed: int = 0,
    limits: Limits = Limits(),
) -> Probe:
    """Try a program on states.

    Args:
        program: What to try; never raises for what it does.
        schema: The scene it reads.
        states: `(N, D)` recorded rows, the odd ones (coincident, extreme) included.
        names: What each state is, in a few words.
        seed: Picks the states of the soak and of the cost.
        limits: What it may use; `probe_s` bounds the whole probe.

    Raises:
        SandboxError: The sandbox itself failed.
    """
    spawn.zygote(spawn.HASH_SEEDS[1])  # gets ready while the first checks run
    spawn.facts()
    started = time.monotonic()
    rows = np.ascontiguousarray(states, np.float64)
    cases = Cases(program.source, schema, rows, names)
    run = _Run(cases, limits, seed, started + limits.probe_s)
    try:
        run.check()
    except _Stop:
        pass
    finally:
        run.close()
    seconds = time.monotonic() - started
    return Probe(tuple(run.findings), run.terms, run.calls, *run.latency, seconds, level())


class _Run:
    """One probe under way: its workers, its deadline, what it has found."""

    def __init__(self, cases: Cases, limits: Limits, seed: int, deadline: float) -> None:
        self._cases, self._limits = cases, limits
        self._random, self._deadline = np.random.default_rng(seed), deadline
        self._reads_clouds = not CLOUDS.isdisjoint(cases.words)
        self._workers: list[RewardWorker] = []
        self._times: list[float] = []
        self.findings: list[Finding] = []
        self.terms: tuple[str, ...] = ()
        self.calls = 0
        self.latency = (0.0, 0.0)

    def close(self) -> None:
        for worker in self._workers:
            worker.close()

    def check(self) -> None:
        worker = self._open("probe", spawn.HASH_SEEDS[0])
        first = self._one_by_one(worker, self._all)
        self.terms, self.latency = first.names, self._take_latency()
        self._check_cost(worker)
        self.findings += check_terms(self._cases, first)
        self._check_repeats(worker, first)
        other = self._open("train", spawn.HASH_SEEDS[1])
        again = self._one_by_one(other, self._all)
        self._compare(again, first, self._all, "NonDeterministicReward", "in another process")
        self._check_soak(other, first)
        self.findings += check_sense(self._cases, first, self._still(worker))
        if self.latency[0] > SLOW_US and not self._reads_clouds:
            self.findings += [self._cases.warning("SlowReward", f"p50 {self.latency[0]:.0f} µs")]
        for flag, code, message in _FLAGS:
            if worker.flags & flag:
                self.findings += [self._cases.warning(code, message)]

    @property
    def _all(self) -> Index:
        return np.arange(len(self._cases.rows))

    def _open(self, mode: Mode, hash_seed: str) -> RewardWorker:
        load_s = max(0.1, min(self._limits.load_s, self._deadline - time.monotonic()))
        worker = RewardWorker(
            self._cases.source,
            self._cases.schema,
            mode=mode,
            limits=replace(self._limits, load_s=load_s),
            terms=self.terms,
            hash_seed=hash_seed,
        )
        self._workers.append(worker)
        if not worker.ok:
            bad = [f for f in worker.findings if f.severity == "error"]
            self.findings += [replace(f, hint=f.hint or remedy(f.code, f.message)) for f in bad]
            raise _Stop
        return worker

    def _call(self, worker: RewardWorker, rows: Array, index: Index) -> Batch:
        """Score states; a fault becomes a finding and ends the probe."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            self._stop("RewardTimeout", f"the probe took more than {self._limits.probe_s:.0f} s")
        seconds = min(left, max(self._limits.call_s, self._limits.row_s * len(rows)))
        self.calls += 1
        start = worker.cpu_s()  # a busy machine makes everything wait, but nothing cost more
        try:
            batch = worker.evaluate(rows, timeout_s=seconds)
        except WorkerFault as fault:
            if fault.code == LOST:
                raise WorkerStartError(fault.message) from fault
            row = fault.row if fault.row is not None else 0 if len(rows) == 1 else None
            state = None if row is None else int(index[row])
            self._stop(fault.code, fault.message, state, line=fault.line)
        if len(rows) == 1:
            self._times.append(worker.cpu_s() - start)
        return batch

    def _one_by_one(self, worker: RewardWorker, index: Index) -> Batch:
        """Score every state alone, so that whatever goes wrong has a state."""
        self._times.clear()
        rows = self._cases.rows
        return join(
            [self._call(worker, rows[i : i + 1], index[k : k + 1]) for k, i in enumerate(index)]
        )

    def _take_latency(self) -> tuple[float, float]:
        """Return median and 99th percentile of calls with one state [µs], and count again."""
        p50, p99 = np.percentile(self._times, (50, 99)) * 1e6
        self._times.clear()
        return float(p50), float(p99)

    def _check_cost(self, worker: RewardWorker) -> None:
        """Check 10, early: the other checks would take a slow program very long."""
        most = CLOUDS_US if self._reads_clouds else TOO_SLOW_US
        if self.latency[0] > most:
            # Caches and a shared core slow one pass down, rarely two.
            self._one_by_one(worker, self._all)
            self.latency = min(self.latency, self._take_latency())
        if self.latency[0] > most:
            ms = self.latency[0] / 1000
            self._stop("RewardTooSlow", f"p50 {ms:.1f} ms, limit {most / 1000:.0f} ms")

    def _check_repeats(self, worker: RewardWorker, first: Batch) -> None:
        """Check 6: again, all at once, and in reversed order; even a random generator is state."""
        again = self._call(worker, self._cases.rows, self._all)
        self._compare(again, first, self._all, "StatefulReward", "when repeated")
        order = self._all[::-1]
        again = self._one_by_one(worker, order)
        self._compare(again, first, order, "StatefulReward", "in another order")

    def _check_soak(self, worker: RewardWorker, first: Batch) -> None:
        """Check 8: states at random, one by one, as in training."""
        order = self._random.integers(len(self._cases.rows), size=SOAK)
        again = self._one_by_one(worker, order)
        self._compare(again, first, order, "StatefulReward", "after many calls")
        self.latency = min(self.latency, self._take_latency())

    def _compare(self, got: Batch, first: Batch, order: Index, code: str, when: str) -> None:
        wanted = Batch(first.reward[order], first.terms[order], first.present[order], first.names)
        bad = differs(got, wanted)
        if bad is not None:
            new = set(got.names) - set(first.names)
            values = f"{float(wanted.reward[bad])!r} and {float(got.reward[bad])!r}"
            what = f"a new term {min(new)!r}" if new else f"two values: {values},"
            self._stop(code, f"{what} {when}", int(order[bad]))

    def _still(self, worker: RewardWorker) -> Batch:
        """Return the rewards of all states with a zero action, for check 9."""
        rows = self._cases.rows.copy()
        rows[:, 3 * self._cases.schema.size + 1 :] = 0.0
        return self._call(worker, rows, self._all)

    def _stop(
        self, code: str, message: str, state: int | None = None, *, line: int | None = None
    ) -> NoReturn:
        self.findings.append(self._cases.error(code, message, state, line=line))
        raise _Stop
