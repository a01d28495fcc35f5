"""The walking robots as data: an environment, its scene, and what is particular to each."""

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
from rewardlab.envs.recording import SceneReader
from rewardlab.envs.scene import Scene
from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec


@dataclass(frozen=True)
class Robot:
    """A robot of Gymnasium's MuJoCo suite.

    Attributes:
        env_id: Its environment.
        scene: What programs see.
        reader: Makes the reader of that scene from the environment.
        actions: What each entry of the action turns.
        gears: Torque at an entry of 1 [N m], of each; the gears of the model's motors.
        dt: Seconds between control steps [s].
        n_obs: Length of the observation.
        options: Passed to the environment.
        ends: When an episode ends early, unless a task lets it go on.
        tips: Facts about it.
    """

    env_id: str
    scene: type[Scene]
    reader: Callable[[Any], SceneReader]
    actions: tuple[str, ...]
    gears: tuple[int, ...]
    dt: float
    n_obs: int
    ends: str
    options: Mapping[str, Any] = field(default_factory=dict)
    tips: tuple[str, ...] = ()

    @property
    def schema(self) -> Schema:
        """The robot's scene."""
        pairs = zip(self.actions, self.gears, strict=True)
        names = tuple(f"torque at {joint}: {gear} N m at 1" for joint, gear in pairs)
        action = ActionSpec(len(names), names=names)
        return self.scene.schema(action=action, dt=self.dt, n_obs=self.n_obs)


HOPPER = Robot(
    "Hopper-v5",
    HopperScene,
    read_hopper,
    ("thigh_joint", "leg_joint", "foot_joint"),
    (200, 200, 200),
    0.008,
    11,
    "The episode ends when the torso is lower than 0.7 m or pitched by more than 0.2 rad.",
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
    (100,) * 6,
    0.008,
    17,
    "The episode ends when the torso is not between 0.8 and 2 m or pitched by over 1 rad.",
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
    (120, 90, 60, 120, 60, 30),
    0.05,
    17,
    "The episode never ends early.",
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
    (150,) * 8,
    0.05,
    27,
    "The episode ends when the torso is not between 0.2 and 1 m high.",
    {"include_cfrc_ext_in_observation": False},
    (
        "The action begins with the back right leg; the joints of the scene do not.",
        "The legs' names are the model's: front_right stands at the rear left of +x, back_right "
        "at the front right.",
    ),
)
