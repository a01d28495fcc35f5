"""The tabletop tasks as data: a sentence, a scene, when it is done, and what builds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from rewardlab.envs.tabletop import cubes, faucet, opening, pushing
from rewardlab.envs.tabletop.env import TabletopEnv
from rewardlab.program.schema import Schema


class Row(NamedTuple):
    """One task.

    Attributes:
        goal: What is to be done, in one sentence.
        schema: What programs see.
        success: When it counts as solved.
        oracle: What its own dense reward is.
        horizon: Steps per episode where nothing else is asked for.
        env: Builds the environment, given `render_mode` and `native_reward`.
        tips: What a writer of rewards would not guess.
    """

    goal: str
    schema: Schema
    success: str
    oracle: str
    horizon: int
    env: Callable[..., TabletopEnv]
    tips: tuple[str, ...]


_ARM = (
    "The action asks for a step of the tool from where it is; in a control step the arm covers 20 "
    "to 40 % of it, and stops at once when nothing more is asked for. At a joint's limit the tool "
    "follows only as far as the other joints take it.",
)
_CUBE = (
    *_ARM,
    "Every episode begins with the cube on the table, at a random place within 0.1 m of the origin "
    "in x and y, turned at random.",
    "The hand points down at first; grasped, the tool centre is at the cube's centre, and the "
    "gripper's openness is 0.5.",
)
_CABINET = (
    "The cabinet stands around the origin and its front looks along -x; the robot starts 1.6 to "
    "1.8 m away in front of it, within 0.3 rad to the side, its hand pointing forward, open.",
    "The robot drives along x and y of its own base and turns; turning moves the hand too.",
    "handle.pose is the middle of the handle's bar, in the world's orientation while shut; the bar "
    "is 0.18 m long and 0.02 m thick, 0.05 m before the front, so that a finger fits behind it.",
)
TASKS: dict[str, Row] = {
    "lift-cube": Row(
        "Pick up cube A and lift it up by 0.2 meter.",
        cubes.LIFT_SCHEMA,
        "cubeA.pose.p[2] >= goal_height + cube_half_size",
        "staged: reach, grasp, height of the grasped cube; 0 to 6 per step",
        100,
        cubes.LiftCube,
        (*_CUBE, "On the table the cube's centre is at height 0.02."),
    ),
    "pick-cube": Row(
        "Pick up cube A and move it to the 3D goal position.",
        cubes.PICK_SCHEMA,
        "distance of cubeA.pose.p and goal_position at most 0.025 m",
        "staged: reach, grasp, closeness of the grasped cube to the goal; 0 to 6 per step",
        100,
        cubes.PickCube,
        (
            *_CUBE,
            "The goal lies up to 0.5 m above where a cube lies, in the air as a rule: the cube has "
            "to be held there.",
        ),
    ),
    "stack-cube": Row(
        "Pick up cube A and place it on cube B. The task is finished when cube A is on top of cube "
        "B stably (i.e. cube A is static) and isn't grasped by the gripper.",
        cubes.STACK_SCHEMA,
        "cubeA and cubeB at most 0.0333 m apart in x and y, cubeA higher by 0.035 to 0.045 m, "
        "cubeA static and not grasped",
        "staged: reach, grasp, closeness of the grasped cube to its place, letting go; 0 to 6 per "
        "step",
        200,
        cubes.StackCube,
        (
            *_CUBE,
            "Cube B lies in the same square as cube A, at least 0.08 m from it.",
            "cubeA is static on the table too, before it was ever touched.",
        ),
    ),
    "turn-faucet": Row(
        "Turn on a faucet by rotating its handle. The task is finished when qpos of faucet handle "
        "is larger than target qpos.",
        faucet.SCHEMA,
        "faucet.handle.qpos > faucet.handle.target_qpos",
        "closeness of the tool to the handle, and part of the way turned; 0 to 6 per step",
        200,
        faucet.TurnFaucet,
        (
            *_ARM,
            "The handle is a lever of 0.12 m that turns about the vertical; it has friction, and "
            "at first it points to the arm. Pushing it from the side is enough.",
            "handle.pose is the middle of the lever, its x axis away from the hinge; qpos grows "
            "as the lever moves along its own y axis.",
            "Every episode begins with the faucet shut, as far from the goal as it goes: qpos is "
            "0. target_qpos is 0.9 of its range.",
            "The faucet stands within 0.05 m of the origin and is turned by up to 15 degrees.",
        ),
    ),
    "open-cabinet-door": Row(
        "A single-arm mobile robot needs to open a cabinet door. The task is finished when qpos of "
        "cabinet door is larger than target qpos.",
        opening.DOOR_SCHEMA,
        "cabinet.handle.qpos >= cabinet.handle.target_qpos",
        "closeness of the tool to the handle, the hand's orientation, how far and how fast the "
        "door opens; 0 to 10 per step",
        200,
        opening.OpenCabinetDoor,
        (
            *_CABINET,
            "The door turns about its left edge as the robot sees it, 0.48 m from the handle; the "
            "handle is vertical and the hand begins turned to fit it.",
            "Every episode begins with the door shut, as far from the goal as it goes: qpos is "
            "0. target_qpos is 0.9 of its range.",
        ),
    ),
    "open-cabinet-drawer": Row(
        "A single-arm mobile robot needs to open a cabinet drawer. The task is finished when qpos "
        "of cabinet drawer is larger than target qpos.",
        opening.DRAWER_SCHEMA,
        "cabinet.handle.qpos >= cabinet.handle.target_qpos",
        "closeness of the tool to the handle, the hand's orientation, how far and how fast the "
        "drawer opens; 0 to 10 per step",
        200,
        opening.OpenCabinetDrawer,
        (
            *_CABINET,
            "The drawer slides along -x; its handle is horizontal and the hand begins turned to "
            "fit it.",
            "Every episode begins with the drawer shut, as far from the goal as it goes: qpos is "
            "0. target_qpos is 0.9 of its range.",
        ),
    ),
    "push-chair": Row(
        "A dual-arm mobile robot needs to push a swivel chair to a target location on the ground "
        "and prevent it from falling over.",
        pushing.SCHEMA,
        "distance of chair.pose.p[:2] and target_xy less than 0.15 m, tilt of the chair less than "
        "0.05 pi",
        "closeness of the fingertips to the chair and of the chair to the target, its speed "
        "towards it, less where it tilts; 0 to 10 per step",
        200,
        pushing.PushChair,
        (
            "chair.pose is the middle of its star of castors on the ground, z up; tilt is the "
            "angle of its z axis and the vertical. The seat swivels on it (qpos).",
            "The target is 0.8 to 1.2 m from the chair; seat and back face it up to 1.3 rad off; "
            "the robot starts 0.8 to 1.2 m behind the back, its hands above the chair.",
            "The chair rolls with little friction every way; pushed high and hard it falls over. "
            "The back reaches up to 0.9 m, the seat is 0.42 m high; castors stand 0.28 m out.",
            "The front of the base pushes as well as the hands do.",
        ),
    ),
}
