"""A small typed scene with every kind of member, and one in the published style."""

import pytest

from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec, FieldSpec, PartSpec


def array(name, *shape, unit=""):
    return FieldSpec(name, f"{name} of it", "array", shape or (3,), unit)


ROBOT = EntitySpec(
    "Robot",
    "An arm.",
    (
        array("ee_position", unit="m"),
        FieldSpec("gripper_openness", "1 open", "float", (), "", 0.0, 1.0),
        FieldSpec("in_contact", "touches", "bool"),
    ),
)
RIGID = EntitySpec("RigidObject", "A thing.", (array("position", unit="m"), array("quaternion", 4)))
TORSO = EntitySpec(
    "FreeJoint",
    "A body.",
    (
        FieldSpec("position_z", "height", "float", (), "m"),
        FieldSpec("velocity_x", "forward speed", "float", (), "m/s"),
        array("up_vector"),
    ),
)
ANT = EntitySpec("Ant", "Four legs.", (), (PartSpec("torso", TORSO),))
ROOT = EntitySpec(
    "Table",
    "A table.",
    (array("goal_position", unit="m"), array("obs", 39)),
    (
        PartSpec("robot", ROBOT),
        PartSpec("obj1", RIGID),
        PartSpec("obj2", RIGID),
        PartSpec("ant", ANT),
    ),
)


@pytest.fixture(scope="session")
def schema():
    return Schema(ROOT, ActionSpec(4), 0.0125)


@pytest.fixture(scope="session")
def schema_without_obs():
    root = EntitySpec(ROOT.name, ROOT.doc, ROOT.fields[:1], ROOT.parts)
    return Schema(root, ActionSpec(4), 0.0125)
