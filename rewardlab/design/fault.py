"""The fault of a reward program that stopped its run, as a finding that its coder can repair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rewardlab.program.finding import CODES, Finding

if TYPE_CHECKING:
    from rewardlab.envs.scene import Array
    from rewardlab.program.schema import Schema
    from rewardlab.training.run import Run


class Fault(NamedTuple):
    """What stopped a run.

    Attributes:
        finding: What happened, at which state.
        rows: `(1, D)` the recorded row on which it did; `(0, D)` if it is not known.
    """

    finding: Finding
    rows: Array


def fault_of(run: Run, scene: Schema) -> Fault | None:
    """Return the fault that stopped a run, if its own reward program did.

    The record may come from a stranger: what does not look like one of ours counts as none.
    """
    record = run.record.get("fault")
    if run.record["status"] != "failed" or not isinstance(record, Mapping):
        return None
    code = str(record.get("code"))
    if record.get("program_id") != run.record["program_id"] or code not in CODES:
        return None
    line, state = record.get("line"), record.get("read") or record.get("state")
    finding = Finding(
        code,
        f"{record.get('message', '')}, while training",
        line=line if isinstance(line, int) else None,
        hint=str(record.get("hint") or ""),
        state=dict(state) if isinstance(state, Mapping) else None,
    )
    return Fault(finding, _rows(record.get("values"), scene))


def _rows(values: Any, scene: Schema) -> Array:
    numbers = isinstance(values, list) and all(isinstance(v, int | float) for v in values)
    if not numbers or len(values) != scene.row_size or not np.isfinite(values).all():
        return np.empty((0, scene.row_size))
    return np.array([values], np.float64)
