"""Rewards of a batch, and what is known when a program failed on one."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from rewardlab.program.schema import Schema

Array: TypeAlias = npt.NDArray[np.float64]


LOST = "WorkerLost"
"""Code of a fault that is not the program's: its worker died with the process it came from."""


class Batch(NamedTuple):
    """Rewards of a batch.

    Attributes:
        reward: `(n,)`.
        terms: `(n, K)` named parts; 0 where a row did not give one.
        present: `(n, K)` whether it did.
        names: Of the K columns.
    """

    reward: Array
    terms: Array
    present: npt.NDArray[np.bool_]
    names: tuple[str, ...]


class WorkerFault(Exception):
    """A program failed on a batch; a value to the runner and the probe, not a user's error.

    Attributes:
        code: One of `frames.CODES`, or what ended the worker.
        message: One clean line.
        row: First bad row, `None` if the whole worker failed.
        line: Line in the program, where known.
        batch: The other rows' results, `None` if the worker is gone.
        bad: `(n,)` which rows failed, where `batch` is there.
    """

    def __init__(
        self,
        code: str,
        message: str,
        row: int | None = None,
        *,
        line: int | None = None,
        batch: Batch | None = None,
        bad: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        self.code, self.message, self.row, self.line = code, message, row, line
        self.batch, self.bad = batch, bad
        super().__init__(f"{code}: {message}")


def state_of(schema: Schema, row: Array) -> dict[str, Any]:
    """Return a row by field name: the current scene without hidden fields, `time`, `action`."""
    size = schema.size
    state: dict[str, Any] = {}
    for path, slot in schema.layout.items():
        if not slot.field.hidden:
            values = np.round(row[slot.start : slot.stop], 6).tolist()
            state[path] = values if slot.field.shape else values[0]
    state["time"] = float(row[3 * size])
    state["action"] = np.round(row[3 * size + 1 :], 6).tolist()
    return state


def join(batches: list[Batch]) -> Batch:
    """Put batches of one worker together; columns that came later are absent before."""
    names = batches[-1].names
    n, k = sum(len(b.reward) for b in batches), len(names)
    terms, present = np.zeros((n, k)), np.zeros((n, k), np.bool_)
    at = 0
    for batch in batches:
        end, width = at + len(batch.reward), len(batch.names)
        terms[at:end, :width], present[at:end, :width] = batch.terms, batch.present
        at = end
    return Batch(np.concatenate([b.reward for b in batches]), terms, present, names)


def differs(a: Batch, b: Batch) -> int | None:
    """Return the first row in which two batches are not equal bit for bit."""
    if a.names != b.names:
        return 0
    bad = _bits(a.reward) != _bits(b.reward)
    bad |= (_bits(a.terms) != _bits(b.terms)).any(axis=1) | (a.present != b.present).any(axis=1)
    return int(bad.argmax()) if bad.any() else None


def _bits(values: Array) -> npt.NDArray[np.int64]:
    return np.ascontiguousarray(values).view(np.int64)
