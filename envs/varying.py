"""Which numbers of a scene a made state may change, and what they may become."""

from __future__ import annotations

import numpy as np

from rewardlab.envs.scene import Array
from rewardlab.program.schema import Schema, Slot
from rewardlab.program.specs import FieldSpec

_POSITION = FieldSpec("p", "", shape=(3,), unit="m")
_ORIENTATION = FieldSpec("q", "", shape=(4,), low=-1.0, high=1.0)

GRASPS = {
    "grasped": (1.0, 1.0, 0.0, 0.0),
    "pressed by both fingers at 60 degrees": (1.0, 1.0, 60.0, 60.0),
    "touched by one finger": (1.0, 0.0, 0.0, 180.0),
    "not touched": (0.0, 0.0, 180.0, 180.0),
}
"""What hidden fields `_grasp` may hold: impulses of both fingers [N s], their angles [deg]."""


def hold(rows: Array, schema: Schema, rng: np.random.Generator) -> None:
    """Let objects of scenes `(n, size)` be held or not, at random."""
    ways = np.array(list(GRASPS.values()))
    for slot in grasps(schema).values():
        rows[:, slot.start : slot.stop] = ways[rng.integers(len(ways), size=len(rows))]


def grasps(schema: Schema) -> dict[str, Slot]:
    """Return the hidden fields that say how objects are held."""
    return {path: slot for path, slot in schema.described.items() if slot.field.name == "_grasp"}


def varying(schema: Schema) -> dict[str, Slot]:
    """Return the fields that a state may change, poses as `.p` and `.q`.

    Constants, absent parts, seeds of point clouds and what `hold` fills are not among them.
    """
    fields: dict[str, Slot] = {}
    for path, slot in schema.described.items():
        field = slot.field
        fixed = field.unit == "s" or (field.low is not None and field.low == field.high)
        if not (fixed or field.name == "_grasp" or (field.hidden and not field.shape)):
            fields |= _halves(path, slot) if field.kind.startswith("pose") else {path: slot}
    return fields


def _halves(path: str, slot: Slot) -> dict[str, Slot]:
    """Return position and orientation of each pose of a field."""
    halves: dict[str, Slot] = {}
    for i, start in enumerate(range(slot.start, slot.stop, 7)):
        name = path if slot.field.kind == "pose" else f"{path}[{i}]"
        halves[f"{name}.p"] = Slot(start, start + 3, _POSITION)
        halves[f"{name}.q"] = Slot(start + 3, start + 7, _ORIENTATION)
    return halves


def is_listed(path: str) -> bool:
    """Whether a position is hidden, or one of several."""
    return "[" in path or "._" in path


def repair(values: Array, field: FieldSpec) -> None:
    """Bring perturbed values `(n, size)` back to what the field can hold."""
    if field.kind == "bool":
        values[:] = values > 0.5
    elif is_direction(field):
        values /= np.linalg.norm(values, axis=1, keepdims=True)
    else:
        np.clip(values, field.low, field.high, out=values)


def is_direction(field: FieldSpec) -> bool:
    """Whether it is a quaternion or a unit vector."""
    return field.shape in ((3,), (4,)) and not field.unit and (field.low, field.high) == (-1.0, 1.0)
