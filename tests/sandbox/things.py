"""A scene with everything that a program may ask: two rigid things, a chest with a lid, an arm."""

from __future__ import annotations

import numpy as np

from rewardlab.program.schema import Schema
from rewardlab.program.specs import (
    ActionSpec,
    EntitySpec,
    FieldSpec,
    MethodSpec,
    Parameter,
    PartSpec,
)

POSE = FieldSpec("pose", "where it is", "pose", (7,), "m")
CLOUD = FieldSpec("_cloud", "seed", "float")
GRASP = FieldSpec("_grasp", "impulses and angles", "array", (4,))
MOVING = (
    POSE,
    FieldSpec("velocity", "linear", "array", (3,), "m/s"),
    FieldSpec("angular_velocity", "angular", "array", (3,), "rad/s"),
)
STATIC = MethodSpec("check_static", "at rest?", returns="bool")
BOX = (0.0, 0.0, 0.1, 1.0, 0.0, 0.0, 0.0, 0.3, 0.2, 0.1)
LID = (0.0, 0.0, 0.0, 0.8, 0.6, 0.0, 0.0, 0.3, 0.2, 0.01)


def _array(name: str, shape: str, *parameters: Parameter) -> MethodSpec:
    return MethodSpec(name, "points", parameters, "array", shape, "m")


CUBE = EntitySpec(
    "RigidObject", "A cube.", (*MOVING, GRASP), (), (STATIC,), (("static", (1e-3, 1e-2)),)
)
HANDLE = EntitySpec(
    "LinkObject",
    "A lid.",
    (
        *MOVING,
        FieldSpec("target_grasp_poses", "two", "poses", (2, 7), "m"),
        CLOUD,
        GRASP,
    ),
    (),
    (
        STATIC,
        _array("get_local_pcd", "(M, 3)"),
        _array("get_world_pcd", "(M, 3)"),
        _array("local_sdf", "(N,)", Parameter("positions", "array")),
    ),
    (("static", (0.1, 1.0)), ("n_points", 100), ("boxes", ((LID,),)), ("hull", LID)),
)
CHEST = EntitySpec(
    "ArticulateObject",
    "A chest.",
    (*MOVING, CLOUD, FieldSpec("_links", "poses", "poses", (2, 7), "m")),
    (PartSpec("handle", HANDLE),),
    (STATIC, _array("get_pcd", "(M, 3)")),
    (("static", (0.1, 0.2)), ("n_points", 64), ("boxes", ((BOX,), (LID, BOX)))),
)
GRASPING = MethodSpec(
    "check_grasp",
    "held?",
    (Parameter("obj", "entity"), Parameter("max_angle", "float", 85.0)),
    "bool",
)
ROBOT = EntitySpec(
    "Robot",
    "An arm.",
    (
        FieldSpec("ee_pose", "tool", "pose", (7,), "m"),
        FieldSpec("openness", "1 open", "float", low=0.0, high=1.0),
        FieldSpec("_ee_coords", "fingertips", "array", (2, 3), "m"),
    ),
    (),
    (GRASPING, _array("get_ee_coords", "(2, 3)")),
)
ROOT = EntitySpec(
    "Things",
    "All.",
    (FieldSpec("goal", "where to", "array", (3,), "m"),),
    (
        PartSpec("robot", ROBOT),
        PartSpec("cubeA", CUBE),
        PartSpec("cubeB", CUBE),
        PartSpec("chest", CHEST),
    ),
)
THINGS = Schema(ROOT, ActionSpec(2), 0.05)


def thing_rows(n: int, *, seed: int = 0, episode: int = 8) -> np.ndarray:
    """Rows with unit quaternions, grasps of all kinds and a seed per `episode` rows."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, THINGS.row_size))
    for path, slot in THINGS.layout.items():
        for k in range(3):
            part = rows[:, k * THINGS.size + slot.start : k * THINGS.size + slot.stop]
            if slot.field.kind.startswith("pose"):
                for q in range(3, slot.field.size, 7):
                    part[:, q : q + 4] /= np.linalg.norm(part[:, q : q + 4], axis=1)[:, None]
            elif path.endswith("_cloud"):
                part[:, 0] = 1 + np.arange(n) // episode
            elif path.endswith("_grasp"):
                part[:, :2] = rng.choice([0.0, 1e-7, 1e-3], size=(n, 2), p=[0.1, 0.1, 0.8])
                part[:, 2:] = rng.uniform(0, 120, size=(n, 2))
    return rows
