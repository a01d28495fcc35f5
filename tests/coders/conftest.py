"""A request to send to a coder."""

import pytest

from rewardlab.coders.base import Request
from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec, FieldSpec, PartSpec


@pytest.fixture
def scene():
    robot = EntitySpec(
        "Robot",
        "An arm.",
        (
            FieldSpec("ee_position", "hand", "array", (3,), "m"),
            FieldSpec("gripper_openness", "1 open", "float"),
        ),
    )
    root = EntitySpec(
        "Table",
        "A table.",
        (FieldSpec("goal_position", "where to go", "array", (3,), "m"),),
        (PartSpec("robot", robot, "the arm"),),
    )
    return Schema(root, ActionSpec(4), 0.0125)


@pytest.fixture
def request_(scene):
    return Request("metaworld/x", "Open the thing.", scene, "class Table: ...")
