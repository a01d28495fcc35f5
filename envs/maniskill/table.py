"""ManiSkill's environments that need no download and have a dense reward, as data."""

from __future__ import annotations

from typing import NamedTuple

from rewardlab.envs.scene import Scene, field, part
from rewardlab.envs.tabletop.arm import arm_schema
from rewardlab.envs.tabletop.scene import (
    HALF_SIZE,
    PandaRobot,
    PickCubeScene,
    RigidObject,
    StackCubeScene,
)
from rewardlab.program.schema import Schema

PEG_LENGTH, PEG_WIDTH = 0.12, 0.025
"""Half of them [m]."""


class LiftPegScene(Scene):
    """A table at height 0 with a peg on it; x away from the arm, z up."""

    robot: PandaRobot = part("the arm")
    peg: RigidObject = part("the peg, at its middle; its x axis runs along it")
    peg_half_length: float = field(
        "half the length of the peg", unit="m", low=PEG_LENGTH, high=PEG_LENGTH
    )
    peg_half_width: float = field(
        "half the width of the peg", unit="m", low=PEG_WIDTH, high=PEG_WIDTH
    )


class Row(NamedTuple):
    """One environment.

    Attributes:
        goal: What is to be done, in one sentence.
        schema: What programs see.
        success: When it counts as solved.
        best: The largest value of its own dense reward.
        things: Where the simulator keeps each part of the scene.
        place: Where it keeps what `goal_position` is.
        numbers: Fields that never change.
        tips: What a writer of rewards would not guess.
        published: Whether the goal sentence is that of a publication.
    """

    goal: str
    schema: Schema
    success: str
    best: int
    things: dict[str, str]
    place: str = ""
    numbers: dict[str, float] = {}  # noqa: RUF012
    tips: tuple[str, ...] = ()
    published: bool = True


_CUBE = {"cube_half_size": HALF_SIZE}
_REGION = "distance of cubeA.pose.p[:2] and goal_position[:2] less than 0.1 m"
_DISC = "goal_position is the middle of a disc on the table; only x and y count."
TASKS: dict[str, Row] = {
    "PickCube-v1": Row(
        "Pick up cube A and move it to the 3D goal position.",
        arm_schema(PickCubeScene, n_obs=42),
        "distance of cubeA.pose.p and goal_position at most 0.025 m, and no joint of the arm "
        "faster than 0.2 rad/s",
        5,
        {"cubeA": "cube"},
        "goal_site",
        _CUBE,
        ("Unlike in tabletop/pick-cube the arm has to be still, so that rates do not compare.",),
    ),
    "StackCube-v1": Row(
        "Pick up cube A and place it on cube B. The task is finished when cube A is on top of cube "
        "B stably (i.e. cube A is static) and isn't grasped by the gripper.",
        arm_schema(StackCubeScene, n_obs=48),
        "cubeA and cubeB at most 0.0333 m apart in x and y, cubeA higher by 0.035 to 0.045 m, "
        "slower than 0.01 m/s and 0.5 rad/s and not grasped",
        8,
        {"cubeA": "cubeA", "cubeB": "cubeB"},
        numbers=_CUBE,
        tips=("cubeA.check_static() is stricter than what is asked for: 0.001 m/s, 0.01 rad/s.",),
    ),
    "PushCube-v1": Row(
        "Push cube A to the goal position.",
        arm_schema(PickCubeScene, n_obs=35),
        f"{_REGION}, and the cube on the table",
        4,
        {"cubeA": "obj"},
        "goal_region",
        _CUBE,
        (_DISC,),
        published=False,
    ),
    "PullCube-v1": Row(
        "Pull cube A to the goal position.",
        arm_schema(PickCubeScene, n_obs=35),
        _REGION,
        3,
        {"cubeA": "obj"},
        "goal_region",
        _CUBE,
        (_DISC,),
        published=False,
    ),
    "LiftPegUpright-v1": Row(
        "Lift the peg so that it stands upright on the table.",
        arm_schema(LiftPegScene, n_obs=32),
        "the peg's x axis within 0.08 rad of the vertical, and peg.pose.p[2] within 0.005 m of "
        "peg_half_length",
        3,
        {"peg": "peg"},
        numbers={"peg_half_length": PEG_LENGTH, "peg_half_width": PEG_WIDTH},
        published=False,
    ),
}
NO_VISUALS = (
    "Made without visuals: nothing is drawn and no picture can be asked for. This mode is meant "
    "for describing and validating on a machine without Vulkan, not for training."
)
