"""The Fetch tasks as data: a sentence, a scene, when it is done, and what builds it."""

from __future__ import annotations

from typing import NamedTuple

from rewardlab.envs.fetch.scene import PICK, PUSH, REACH, SLIDE
from rewardlab.program.schema import Schema


class Row(NamedTuple):
    """One task.

    Attributes:
        goal: What is to be done, in one sentence.
        schema: What programs see.
        success: When it counts as solved.
        env_id: Its name in Gymnasium.
        source: Module and class of the environment.
        tips: What a writer of rewards would not guess.
    """

    goal: str
    schema: Schema
    success: str
    env_id: str
    source: tuple[str, str]
    tips: tuple[str, ...]


_ALL = ("The goal is random in every episode; the policy observes it.",)
_MOVE = "A control step covers about 0.03 m of the 0.05 m that an action entry of 1 asks for."
_BLOCK = "The block is 0.05 m wide; on the table its centre is at height 0.425."
_SHUT = "The gripper is shut: what is moved has to be pushed."
_THING = "distance of cubeA.pose.p and goal_position less than 0.05 m"
TASKS: dict[str, Row] = {
    "reach": Row(
        "Move the gripper to the goal position.",
        REACH,
        "distance of robot.ee_pose.p and goal_position less than 0.05 m",
        "FetchReach-v4",
        ("fetch.reach", "MujocoFetchReachEnv"),
        (_MOVE, "The goal lies within 0.15 m of where the hand begins, in x, y and z.", *_ALL),
    ),
    "push": Row(
        "Push the block to the goal position.",
        PUSH,
        _THING,
        "FetchPush-v4",
        ("fetch.push", "MujocoFetchPushEnv"),
        (
            _MOVE,
            _SHUT,
            _BLOCK,
            "Block and goal lie on the table within 0.15 m of where the hand begins in x and y, "
            "the block at least 0.1 m away from it; goal and block may begin near each other.",
            *_ALL,
        ),
    ),
    "slide": Row(
        "Push the puck so that it slides to the goal position.",
        SLIDE,
        _THING,
        "FetchSlide-v4",
        ("fetch.slide", "MujocoFetchSlideEnv"),
        (
            _MOVE,
            _SHUT,
            "The puck is 0.05 m wide; on the table its centre is at height 0.414.",
            "The goal lies 0.1 to 0.7 m further along x than the hand begins, mostly out of reach: "
            "the puck has to be hit so that it comes to rest there.",
            *_ALL,
        ),
    ),
    "pick-and-place": Row(
        "Pick up the block and place it at the goal position.",
        PICK,
        _THING,
        "FetchPickAndPlace-v4",
        ("fetch.pick_and_place", "MujocoFetchPickAndPlaceEnv"),
        (
            _MOVE,
            _BLOCK,
            "Every episode begins with the block on the table.",
            "Grasped, the openness of the gripper is about 0.5.",
            "Half of the goals lie on the table, half up to 0.45 m above it, where the block has "
            "to be held.",
            *_ALL,
        ),
    ),
}
