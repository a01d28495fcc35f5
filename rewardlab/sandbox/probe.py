"""Trying a program on real states before any training: is it sound, pure, fast, and awake?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

import numpy as np
import numpy.typing as npt

from rewardlab.program.finding import Finding
from rewardlab.program.program import RewardProgram
from rewardlab.program.schema import Schema
from rewardlab.sandbox import frames, spawn
from rewardlab.sandbox.batch import Array, Batch, WorkerFault, differs, join, state_of
from rewardlab.sandbox.capabilities import Level, level
from rewardlab.sandbox.client import Mode, RewardWorker
from rewardlab.sandbox.limits import Limits

SOAK = 300
"""Calls in a row that must repeat the first values."""

SLOW_US, TOO_SLOW_US = 200.0, 2000.0
SCALE, SMALL, CONSTANT, COMMON, TERM_SUM = 1e6, 0.02, 1e-9, 0.9, 1e-6

HINTS = {
    "NonFiniteReward": "guard zero distances, log(0) and zero vectors, e.g. with max(x, 1e-6)",
    "RewardTimeout": "make every loop end",
    "RewardTooSlow": "use numpy on whole arrays instead of loops",
    "NonDeterministicReward": "do not depend on the order of sets or on anything random",
    "StatefulReward": "keep nothing between calls: use self.previous, self.initial, self.time",
    "RewardMemoryExceeded": "use smaller arrays",
    "NotScalarReward": "return one float, e.g. the norm of a vector, or (float, {name: float})",
    "SandboxViolation": "a program may only compute",
}


class Probe(NamedTuple):
    """What a probe found.

    Attributes:
        findings: Errors and warnings; no error means that the program may be trained with. The
            warnings of the static reading are not repeated.
        terms: Names of its reward terms.
        p50_us: Median processor time of a call with one row, transport included [µs].
        seconds: Wall time of the probe [s].
        level: Of the sandbox it ran in.
    """

    findings: tuple[Finding, ...]
    terms: tuple[str, ...]
    p50_us: float
    seconds: float
    level: Level


class _Stop(Exception):
    """The probe is over: an error makes further checks pointless."""


def probe(
    program: RewardProgram,
    schema: Schema,
    states: Array,
    *,
    seed: int = 0,
    limits: Limits = Limits(),
) -> Probe:
    """Try a program on states.

    Args:
        program: What to try; never raises for what it does.
        schema: The scene it reads.
        states: `(N, D)` recorded rows, the odd ones (coincident, extreme) included.
        seed: Picks the states of the soak and of the cost.
        limits: What it may use; `probe_s` bounds the whole probe.

    Raises:
        SandboxError: The sandbox itself failed.
    """
    spawn.zygote(spawn.HASH_SEEDS[1])  # gets ready while the first checks run
    spawn.zygote().facts(limits)
    started = time.monotonic()
    run = _Run(program, schema, states, limits, seed, started + limits.probe_s)
    try:
        run.check()
    except _Stop:
        pass
    finally:
        run.close()
    seconds = time.monotonic() - started
    return Probe(tuple(run.findings), run.terms, run.p50_us, seconds, level())


class _Run:
    """One probe under way: its workers, its deadline, what it has found."""

    def __init__(
        self,
        program: RewardProgram,
        schema: Schema,
        states: Array,
        limits: Limits,
        seed: int,
        deadline: float,
    ) -> None:
        self._program, self._schema, self._limits = program, schema, limits
        self._states = np.ascontiguousarray(states, np.float64)
        self._random, self._deadline = np.random.default_rng(seed), deadline
        self._workers: list[RewardWorker] = []
        self._times: list[float] = []
        self.findings: list[Finding] = []
        self.terms: tuple[str, ...] = ()
        self.p50_us = 0.0

    def close(self) -> None:
        for worker in self._workers:
            worker.close()

    def check(self) -> None:
        worker = self._open("probe", spawn.HASH_SEEDS[0])
        first = self._one_by_one(worker)
        self.terms, self.p50_us = first.names, self._median_us()
        self._check_cost(worker)
        self._check_terms(first)
        self._check_repeats(worker, first)
        other = self._open("train", spawn.HASH_SEEDS[1])
        self._compare(other, first, "NonDeterministicReward", "in another process")
        self._check_soak(other, first)
        self._check_sense(worker, first)
        if self.p50_us > SLOW_US:
            self._warn("SlowReward", f"p50 {self.p50_us:.0f} µs", HINTS["RewardTooSlow"])
        self._check_flags(worker)

    def _open(self, mode: Mode, hash_seed: str) -> RewardWorker:
        worker = RewardWorker(
            self._program.source,
            self._schema,
            mode=mode,
            limits=self._limits,
            terms=self.terms,
            hash_seed=hash_seed,
        )
        self._workers.append(worker)
        if not worker.ok:
            self.findings += [f for f in worker.findings if f.severity == "error"]
            raise _Stop
        return worker

    def _call(self, worker: RewardWorker, rows: Array, index: npt.NDArray[np.int64]) -> Batch:
        """Score states; a fault becomes a finding and ends the probe."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            self._stop("RewardTimeout", f"the probe took more than {self._limits.probe_s:.0f} s")
        seconds = min(left, max(self._limits.call_s, self._limits.row_s * len(rows)))
        start = worker.cpu_s()  # a busy machine makes everything wait, but nothing cost more
        try:
            batch = worker.evaluate(rows, timeout_s=seconds)
        except WorkerFault as fault:
            row = fault.row if fault.row is not None else 0 if len(rows) == 1 else None
            state = None if row is None else int(index[row])
            self._stop(fault.code, fault.message, line=fault.line, state=state)
        if len(rows) == 1:
            self._times.append(worker.cpu_s() - start)
        return batch

    def _one_by_one(self, worker: RewardWorker) -> Batch:
        """Checks 2 to 5: every state alone, so that whatever goes wrong has a state."""
        self._times.clear()
        n = len(self._states)
        return join([self._call(worker, self._states[i : i + 1], np.array([i])) for i in range(n)])

    def _median_us(self) -> float:
        """Return the median time of calls with one state [µs], and start counting again."""
        median = float(np.median(self._times)) * 1e6
        self._times.clear()
        return median

    def _check_terms(self, batch: Batch) -> None:
        if not batch.names:
            return
        rest = np.abs(batch.reward - batch.terms.sum(axis=1))
        bound = TERM_SUM * np.maximum(1.0, np.abs(batch.terms).sum(axis=1))
        if (bad := rest > bound).any():
            i = int(bad.argmax())
            self._warn(
                "TermSumMismatch",
                f"reward and sum of terms differ by {rest[i]:.3g} on state {i}",
                "return the reward as the sum of its terms",
            )

    def _check_repeats(self, worker: RewardWorker, first: Batch) -> None:
        """Check 6: again, and in reversed order."""
        self._compare(worker, first, "NonDeterministicReward", "when repeated")
        order = np.arange(len(self._states))[::-1]
        self._compare(worker, first, "StatefulReward", "in another order", order)

    def _check_soak(self, worker: RewardWorker, first: Batch) -> None:
        """Check 8: states at random, one by one, as in training."""
        self._times.clear()
        for i in self._random.integers(len(self._states), size=SOAK):
            self._compare(worker, first, "StatefulReward", "after many calls", np.array([i]))
        self.p50_us = min(self.p50_us, self._median_us())

    def _compare(
        self,
        worker: RewardWorker,
        first: Batch,
        code: str,
        when: str,
        order: npt.NDArray[np.int64] | None = None,
    ) -> None:
        order = np.arange(len(self._states)) if order is None else order
        got = self._call(worker, self._states[order], order)
        wanted = Batch(first.reward[order], first.terms[order], first.present[order], first.names)
        bad = differs(got, wanted)
        if bad is not None:
            values = f"{float(wanted.reward[bad])!r} and {float(got.reward[bad])!r}"
            message = f"two values for state {order[bad]} {when}: {values}"
            self._stop(code, message, state=int(order[bad]))

    def _check_sense(self, worker: RewardWorker, first: Batch) -> None:
        """Check 9: does it depend on what happens?"""
        if np.ptp(first.reward) < CONSTANT:
            self._warn("InsensitiveReward", f"always {first.reward[0]:.6g}", "read the scene")
            return
        still = self._states.copy()
        still[:, 3 * self._schema.size + 1 :] = 0.0
        fixed = self._call(worker, still, np.arange(len(still)))
        spread = float(np.ptp(fixed.reward))
        if spread < CONSTANT:
            self._warn("InsensitiveReward", "depends on the action alone", "read the scene")
        elif spread < SMALL:
            self._warn("SCALE", f"varies by {spread:.2g} over all states", "weigh terms about 1")
        for name, values, still_values in _columns(first, fixed):
            self._check_term(name, values, still_values, spread)
        counts = np.unique(first.reward, return_counts=True)[1]
        if counts.max() > COMMON * len(first.reward):
            share = 100.0 * counts.max() / len(first.reward)
            self._warn("SparseReward", f"{share:.0f} % of states get the same value", "add a slope")
        if (largest := float(np.abs(first.reward).max())) > SCALE:
            self._warn("RewardScale", f"reaches {largest:.3g}", "bound its terms")

    def _check_term(self, name: str, values: Array, still: Array, spread: float) -> None:
        """Warn about a term that does nothing, or that is all that counts."""
        varies, where = float(np.ptp(values)), f"on all {len(values)} states that were tried"
        if varies < CONSTANT and values[0] == 0.0:
            self._warn("UNREACHED", f"term {name!r} is 0 {where}", "check when it is to pay")
        elif varies < CONSTANT:
            hint = "it matters only where episodes can end early: else leave it out"
            self._warn("CONSTANT", f"term {name!r} is {values[0]:.3g} {where}", hint)
        elif np.ptp(still) < CONSTANT and varies > spread > CONSTANT:
            message = f"term {name!r} is about the action alone and outweighs all others"
            self._warn("DOMINATED", f"{message}: {varies:.3g} to {spread:.3g}", "lower its weight")

    def _check_cost(self, worker: RewardWorker) -> None:
        """Check 10, early: the other checks would take a slow program very long."""
        if self.p50_us > TOO_SLOW_US:
            # Caches and a shared core slow one pass down, rarely two.
            self._one_by_one(worker)
            self.p50_us = min(self.p50_us, self._median_us())
        if self.p50_us > TOO_SLOW_US:
            ms, limit = self.p50_us / 1000, TOO_SLOW_US / 1000
            self._stop("RewardTooSlow", f"p50 {ms:.1f} ms, limit {limit:.0f} ms")

    def _check_flags(self, worker: RewardWorker) -> None:
        notes = (
            (frames.COERCED, "CoercedReward", "a value was not a float", "return float(...)"),
            (frames.PRINTED, "OutputWarning", "prints", "nobody sees it: return named terms"),
            (frames.DROPPED, "InvalidRewardInfo", "more than 64 terms: rest dropped", "name fewer"),
        )
        for flag, code, message, hint in notes:
            if worker.flags & flag:
                self._warn(code, message, hint)

    def _warn(self, code: str, message: str, hint: str) -> None:
        self.findings.append(Finding(code, message, "warning", hint=hint))

    def _stop(
        self, code: str, message: str, *, line: int | None = None, state: int | None = None
    ) -> NoReturn:
        shown = None if state is None else state_of(self._schema, self._states[state])
        where = "" if state is None or f"state {state}" in message else f" on state {state}"
        hint = HINTS.get(code, "")
        self.findings.append(Finding(code, message + where, line=line, hint=hint, state=shown))
        raise _Stop


def _columns(first: Batch, still: Batch) -> Iterator[tuple[str, Array, Array]]:
    """Yield each term's name and its values where it was given, as they are and at no action."""
    for k, name in enumerate(first.names):
        given = first.present[:, k]
        if given.any():
            yield name, first.terms[given, k], still.terms[given, k]
