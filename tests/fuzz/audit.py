"""A worker that watches its program: the very zygote, lock and evaluator, plus a `Witness`.

What it sees comes back as an ordinary fault whose message begins with `MARK`.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec
from rewardlab.sandbox import evaluator, frames, link, spawn, worker, zygote
from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.jail import Guards
from rewardlab.sandbox.namespace import namespace
from tests.fuzz.witness import Witness

MARK = "AUDIT"
SEED = "7"
"""Hash seed of the audited zygote, and its key among this process's zygotes."""

_ROOT = str(Path(__file__).parents[2])
_PLAIN = "from rewardlab.sandbox.zygote import main"
_WATCHED = f"sys.path.insert(0, {_ROOT!r}); from tests.fuzz.audit import main"


class Watched(evaluator.Evaluator):
    """An evaluator that reports what the witness saw in place of a reward."""

    def evaluate(self, row: Any) -> evaluator.Outcome:
        before = self._state()
        outcome = super().evaluate(row)
        if self._scene.buffer.tobytes() != row.tobytes():
            WITNESS.tell("the row was written to")
        if self._state() != before:
            WITNESS.tell("the worker's state changed")
        if WITNESS.seen:
            self.error = f"{MARK} {'; '.join(WITNESS.seen)}"
            return evaluator.Outcome(frames.CODES.index("ForbiddenAttribute"), 0.0, 0, [])
        return outcome

    def _state(self) -> str:
        scene = self._scene.scene
        classes = {type(scene), type(scene.previous)}
        classes |= {type(getattr(scene, name)) for name in type(scene)._members}
        shown = sorted((c.__name__, str(dict(vars(c)))) for c in classes if hasattr(c, "_members"))
        return f"{WITNESS.state()} {shown}"

    def _call(self) -> Any:
        return watch(super()._call)

    def _outcome(self, value: Any) -> evaluator.Outcome:
        return watch(lambda: super(Watched, self)._outcome(value))


def watch(run: Callable[[], Any]) -> Any:
    """Run something while the witness looks on."""
    sys.setprofile(WITNESS.profile)
    WITNESS.armed = True
    try:
        return run()
    finally:
        WITNESS.armed = False
        sys.setprofile(None)


def _exec(code: types.CodeType, names: dict[str, Any]) -> None:
    WITNESS.know(names if "_numpy" in names else namespace(print))
    WITNESS.given = {name: id(value) for name, value in names.items()}
    WITNESS.own = code
    try:
        watch(lambda: exec(code, names))
    finally:
        if WITNESS.seen:
            raise evaluator.Problem("ForbiddenAttribute", f"{MARK} {'; '.join(WITNESS.seen)}")


WITNESS = Witness()


def main(fd: int) -> None:
    """Be a zygote whose workers are watched."""
    sys.addaudithook(WITNESS.event)
    worker.Evaluator = Watched  # type: ignore[misc]
    worker.exec = _exec  # type: ignore[attr-defined]
    zygote.main(fd)


class _Zygote(link.Zygote):
    """A zygote whose workers are watched."""

    def _execute(self, fd: int, hash_seed: str) -> Any:
        plain = link.command
        link.command = lambda call: plain(call.replace(_PLAIN, _WATCHED))
        try:
            return super()._execute(fd, hash_seed)
        finally:
            link.command = plain


def install() -> None:
    """Make `RewardWorker(…, hash_seed=SEED)` of this process start watched workers.

    Raises:
        RuntimeError: The witness does not see what it must.
    """
    spawn.Zygote = lambda seed: (_Zygote if seed == SEED else link.Zygote)(seed)  # type: ignore[misc, assignment]
    schema = Schema(EntitySpec("Nothing", ""), ActionSpec(1), 1.0)
    guards = Guards(reading=False)
    for body in ("import os; return 1.0", "return float(len(open('/etc/passwd').read()))"):
        source = f"def compute_dense_reward(self, action): {body}"
        with RewardWorker(source, schema, mode="probe", hash_seed=SEED, _guards=guards) as bad:
            told = str(bad.findings) if not bad.ok else _told(bad, schema)
        if MARK not in told:
            raise RuntimeError(f"nobody watches: {told or 'no fault'}")


def _told(worker: RewardWorker, schema: Schema) -> str:
    try:
        worker.evaluate(np.zeros((1, schema.row_size)))
    except WorkerFault as fault:
        return fault.message
    return ""
