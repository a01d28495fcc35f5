"""What programs see of the Fetch tasks: the Panda's scenes with another arm and a larger block.

Names are those of the cube tasks, so that programs written for `tabletop/pick-cube` read them
unmodified: what is moved is `cubeA` (in slide, a puck), its place is `goal_position`. What differs
is the action: four entries.
"""

from __future__ import annotations

from rewardlab.envs.robotics import Arm
from rewardlab.envs.scene import Array, Entity, Method, ObjectPose, Scene, field, part
from rewardlab.envs.tabletop.boxes import Box
from rewardlab.envs.tabletop.scene import FingerLink, PandaRobot, RigidObject
from rewardlab.envs.tabletop.surfaces import Surface, tabletop_schema
from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec

DT = 0.04
"""Seconds between control steps [s]."""

TRAVEL = 0.05
"""Of each finger [m]."""

BLOCK, PUCK = 0.025, 0.02
"""Half the block's edge, half the puck's height [m]."""

N_OBS, N_OBS_REACH = 31, 16
N_POINTS = 256
FINGER = Box((0.0, -0.008, 0.0), (0.0135, 0.007, 0.0385))
"""A finger in its own frame."""

ROOT_HALF = 0.5**0.5
ARM = Arm(
    joints=tuple(
        f"robot0:{name}_joint"
        for name in (
            *("shoulder_pan", "shoulder_lift", "upperarm_roll", "elbow_flex", "forearm_roll"),
            *("wrist_flex", "wrist_roll"),
        )
    ),
    fingers=("robot0:l_gripper_finger_link", "robot0:r_gripper_finger_link"),
    sliders=("robot0:l_gripper_finger_joint", "robot0:r_gripper_finger_joint"),
    tool="robot0:grip",
    hand="robot0:gripper_link",
    turn=(0.0, ROOT_HALF, 0.0, ROOT_HALF),
    travel=TRAVEL,
)

_MOVES = tuple(
    f"moves the hand along {axis}: 0.05 m at 1, a step covers part of it" for axis in "xyz"
)
SHUT = ActionSpec(4, names=(*_MOVES, "without effect: the gripper is shut in this task"))
OPENING = ActionSpec(
    4, names=(*_MOVES, "gripper: each finger's drive asks for 1 m at 1: -1 closes, +1 opens")
)


class FetchFinger(FingerLink):
    """A finger of the gripper."""

    qpos: float = field("how far it is from closed", unit="m", low=0.0, high=TRAVEL)


class FetchArm(Entity):
    """A Fetch arm with a two-finger gripper that always points down."""

    ee_pose: ObjectPose = field(
        "pose of the point between the fingertips; z where the hand points, y where the left "
        "finger opens",
        unit="m",
    )
    lfinger: FetchFinger = part("left finger")
    rfinger: FetchFinger = part("right finger")
    qpos: Array = field("angles of the arm's joints", shape=(7,), unit="rad")
    qvel: Array = field("angular velocities of the arm's joints", shape=(7,), unit="rad/s")
    gripper_openness: float = field("1.0 is open, 0.0 closed on nothing", low=0.0, high=1.0)


class FetchRobot(FetchArm):
    """A Fetch arm with a two-finger gripper that always points down."""

    check_grasp: Method = PandaRobot.check_grasp


class FetchReachScene(Scene):
    """A Fetch robot and a point to reach; x away from the robot, z up."""

    robot: FetchArm = part("the robot")
    goal_position: Array = field(
        "where the point between the fingertips is to be", shape=(3,), unit="m"
    )


class FetchBlockScene(Scene):
    """A Fetch robot and a block on a table at height 0.4; x away from the robot, z up."""

    robot: FetchRobot = part("the robot")
    cubeA: RigidObject = part("the block to be moved, at its centre")  # noqa: N815
    cube_half_size: float = field(
        "half the length of the block's edge", unit="m", low=BLOCK, high=BLOCK
    )
    goal_position: Array = field("where the block's centre is to be", shape=(3,), unit="m")


class FetchSlideScene(Scene):
    """A Fetch robot and a puck on a slippery table at height 0.4; x away from the robot, z up."""

    robot: FetchRobot = part("the robot")
    cubeA: RigidObject = part("the puck to be moved, at its centre")  # noqa: N815
    cube_half_size: float = field("half the puck's height", unit="m", low=PUCK, high=PUCK)
    goal_position: Array = field("where the puck's centre is to be", shape=(3,), unit="m")


def _schema(scene: type[Scene], action: ActionSpec, n_obs: int = N_OBS) -> Schema:
    finger = Surface(((FINGER,),), N_POINTS)
    surfaces = {"robot.lfinger": finger, "robot.rfinger": finger}
    return tabletop_schema(scene, action, surfaces, n_obs=n_obs, dt=DT)


REACH = _schema(FetchReachScene, SHUT, N_OBS_REACH)
PUSH = _schema(FetchBlockScene, SHUT)
SLIDE = _schema(FetchSlideScene, SHUT)
PICK = _schema(FetchBlockScene, OPENING)
