"""The locomotion tasks as data: a robot, a sentence, and when it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rewardlab.envs.locomotion.ant import AntScene, read_ant
from rewardlab.envs.locomotion.planar import (
    HalfCheetahScene,
    HopperScene,
    WalkerScene,
    read_half_cheetah,
    read_hopper,
    read_walker,
)
from rewardlab.envs.locomotion.predicates import HeldSpeed
from rewardlab.envs.recording import SceneReader
from rewardlab.envs.scene import Scene
from rewardlab.program.schema import ActionSpec, Schema


@dataclass(frozen=True)
class Robot:
    """A robot of Gymnasium's MuJoCo suite.

    Attributes:
        env_id: Its environment.
        scene: What programs see.
        reader: Makes the reader of that scene from the environment.
        actions: What each entry of the action turns.
        dt: Seconds between control steps [s].
        n_obs: Length of the observation.
        options: Passed to the environment.
        tips: Facts about it.
    """

    env_id: str
    scene: type[Scene]
    reader: Callable[[Any], SceneReader]
    actions: tuple[str, ...]
    dt: float
    n_obs: int
    options: Mapping[str, Any] = field(default_factory=dict)
    tips: tuple[str, ...] = ()

    @property
    def schema(self) -> Schema:
        """The robot's scene."""
        names = tuple(f"torque at {joint}" for joint in self.actions)
        action = ActionSpec(len(names), names=names)
        return self.scene.schema(action=action, dt=self.dt, n_obs=self.n_obs)


@dataclass(frozen=True)
class Behaviour:
    """A task: what a robot should do.

    Attributes:
        name: Task name.
        goal: In a sentence.
        robot: Who.
        success: When it is done; its text says so in words.
        options: Passed to the environment on top of the robot's.
    """

    name: str
    goal: str
    robot: Robot
    success: HeldSpeed
    options: Mapping[str, Any] = field(default_factory=dict)


HOPPER = Robot(
    "Hopper-v5",
    HopperScene,
    read_hopper,
    ("thigh_joint", "leg_joint", "foot_joint"),
    0.008,
    11,
    tips=("The episode ends when the torso is lower than 0.7 m or pitched by more than 0.2 rad.",),
)
WALKER = Robot(
    "Walker2d-v5",
    WalkerScene,
    read_walker,
    (
        "thigh_joint",
        "leg_joint",
        "foot_joint",
        "thigh_left_joint",
        "leg_left_joint",
        "foot_left_joint",
    ),
    0.008,
    17,
    tips=("The episode ends when the torso is not between 0.8 and 2 m or pitched by over 1 rad.",),
)
HALF_CHEETAH = Robot(
    "HalfCheetah-v5",
    HalfCheetahScene,
    read_half_cheetah,
    (
        "back_thigh_joint",
        "back_shin_joint",
        "back_foot_joint",
        "front_thigh_joint",
        "front_shin_joint",
        "front_foot_joint",
    ),
    0.05,
    17,
    tips=("The episode never ends early.",),
)
ANT = Robot(
    "Ant-v5",
    AntScene,
    read_ant,
    (
        "back_right_leg_joint",
        "back_right_ankle_joint",
        "front_left_leg_joint",
        "front_left_ankle_joint",
        "front_right_leg_joint",
        "front_right_ankle_joint",
        "back_left_leg_joint",
        "back_left_ankle_joint",
    ),
    0.05,
    27,
    {"include_cfrc_ext_in_observation": False},
    (
        "The action begins with the back right leg; the joints of the scene do not.",
        "The legs' names are the model's: front_right stands at the rear left of +x, back_right "
        "at the front right.",
        "The episode ends when the torso is not between 0.2 and 1 m high.",
    ),
)

BEHAVIOURS = (
    Behaviour(
        "hopper-forward",
        "Hop forward quickly without falling.",
        HOPPER,
        HeldSpeed("hopper", 0.5, 5.0, torso="top", min_height=0.7),
    ),
    Behaviour(
        "ant-forward",
        "Control the Ant to move forward.",
        ANT,
        HeldSpeed("ant", 0.5, 10.0, min_up=0.3),
    ),
    Behaviour(
        "half-cheetah-forward",
        "Control the HalfCheetah to run forward.",
        HALF_CHEETAH,
        HeldSpeed("cheetah", 1.0, 5.0, torso="top", min_up=0.3),
    ),
    Behaviour(
        "walker2d-forward",
        "Control the Walker2d to walk forward without falling.",
        WALKER,
        HeldSpeed("walker", 0.5, 5.0, torso="top", min_height=0.8),
    ),
)
