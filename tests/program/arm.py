"""A small scene with poses, lists of them, methods and hidden fields."""

from rewardlab.program.schema import Schema
from rewardlab.program.specs import (
    ActionSpec,
    EntitySpec,
    FieldSpec,
    MethodSpec,
    Parameter,
    PartSpec,
)

STATIC = MethodSpec("check_static", "whether it rests", (), "bool")
CUBE = EntitySpec(
    "RigidObject",
    "A cube.",
    (
        FieldSpec("pose", "where it is", "pose", (7,), "m"),
        FieldSpec("velocity", "velocity", "array", (3,), "m/s"),
        FieldSpec("angular_velocity", "angular velocity", "array", (3,), "rad/s"),
        FieldSpec("_grasp", "impulses and angles", "array", (4,)),
    ),
    methods=(STATIC,),
    constants=(("static", (1e-3, 1e-2)),),
)
HANDLE = EntitySpec(
    "LinkObject",
    "A handle.",
    (
        FieldSpec("pose", "where it is", "pose", (7,), "m"),
        FieldSpec("velocity", "velocity", "array", (3,), "m/s"),
        FieldSpec("angular_velocity", "angular velocity", "array", (3,), "rad/s"),
        FieldSpec("qpos", "angle", "float", (), "rad"),
        FieldSpec("target_qpos", "angle to reach", "float", (), "rad"),
        FieldSpec("target_grasp_poses", "poses to grasp it", "poses", (2, 7), "m"),
        FieldSpec("_cloud", "seed", "float"),
        FieldSpec("_grasp", "impulses and angles", "array", (4,)),
    ),
    methods=(
        STATIC,
        MethodSpec("get_world_pcd", "points", (), "array", "(M, 3)", "m"),
        MethodSpec(
            "local_sdf", "distances", (Parameter("positions", "array"),), "array", "(N,)", "m"
        ),
    ),
    constants=(
        ("static", (0.1, 1.0)),
        ("n_points", 16),
        ("boxes", (((0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.02, 0.03, 0.1),),)),
        ("hull", (0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.02, 0.03, 0.1)),
    ),
)
ROBOT = EntitySpec(
    "PandaRobot",
    "An arm.",
    (
        FieldSpec("ee_pose", "tool centre", "pose", (7,), "m"),
        FieldSpec("qvel", "joint velocities", "array", (7,), "rad/s"),
        FieldSpec("gripper_openness", "1 open", "float", (), "", 0.0, 1.0),
        FieldSpec("_ee_coords", "fingertips", "array", (2, 3), "m"),
    ),
    methods=(
        MethodSpec(
            "check_grasp",
            "whether it holds obj",
            (Parameter("obj", "entity"), Parameter("max_angle", "float", 85.0)),
            "bool",
        ),
        MethodSpec("get_ee_coords", "fingertips", (), "array", "(2, 3)", "m"),
    ),
)
SCENE = Schema(
    EntitySpec(
        "Table",
        "A table.",
        (FieldSpec("goal_position", "goal", "array", (3,), "m"),),
        (PartSpec("robot", ROBOT), PartSpec("cubeA", CUBE), PartSpec("handle", HANDLE)),
    ),
    ActionSpec(7),
    0.05,
)
