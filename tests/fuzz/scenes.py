"""Scenes that fuzzed programs read, and recorded rows of them, plain and extreme."""

from __future__ import annotations

import numpy as np

from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec, FieldSpec, PartSpec
from tests.program import arm


def _array(name: str, *shape: int) -> FieldSpec:
    return FieldSpec(name, f"{name} of it", "array", shape)


def _float(name: str) -> FieldSpec:
    return FieldSpec(name, f"{name} of it", "float")


_ROBOT = EntitySpec(
    "Robot",
    "An arm.",
    (
        _array("ee_position", 3),
        _array("ee_quaternion", 4),
        _float("gripper_openness"),
        FieldSpec("in_contact", "touches", "bool"),
    ),
)
_RIGID = EntitySpec("RigidObject", "A thing.", (_array("position", 3), _array("quaternion", 4)))
_TORSO = EntitySpec("FreeJoint", "A body.", (_float("position_z"), _float("velocity_x")))
_ANT = EntitySpec("Ant", "Four legs.", (_array("joint_angles", 8),), (PartSpec("torso", _TORSO),))
_TABLE = EntitySpec(
    "Table",
    "A table.",
    (_array("goal_position", 3), _array("cloud", 5, 3), _float("angle"), _array("obs", 11)),
    (PartSpec("robot", _ROBOT), PartSpec("obj1", _RIGID), PartSpec("obj2", _RIGID)),
)
_FIELD = EntitySpec("Field", "A plane.", (_float("dt"),), (PartSpec("ant", _ANT),))

SCENES = {
    "table": Schema(_TABLE, ActionSpec(4), 0.0125),
    "field": Schema(_FIELD, ActionSpec(8), 0.05),
    "buttons": Schema(EntitySpec("Grid", "Cells.", (_array("cell", 2),)), ActionSpec(1, 5), 1.0),
    "arm": arm.SCENE,
}
"""Arrays and numbers, locomotion without observation, discrete actions, poses and methods."""


def rows(schema: Schema) -> np.ndarray:
    """Return states of a scene: ordinary, all zero, huge, and the first again."""
    ordinary = np.random.default_rng(0).uniform(-1.0, 1.0, (2, schema.row_size))
    if schema.action.discrete:
        ordinary[:, -1] = (1, 3)
    extreme = np.zeros((2, schema.row_size))
    extreme[1, :-1] = 1e300
    found = np.concatenate([ordinary, extreme, ordinary[:1]])
    for path, slot in schema.layout.items():
        if path.endswith("._cloud"):  # simulators write whole numbers there, never anything else
            found[:, [block * schema.size + slot.start for block in range(3)]] = 7.0
    return found
