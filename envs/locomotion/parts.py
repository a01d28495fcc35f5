"""What the walking robots are made of, as reward programs see it."""

from __future__ import annotations

from rewardlab.envs.scene import Array, Entity, field


class HingeJoint(Entity):
    """A joint that turns about one axis."""

    angle: float = field("angle", unit="rad")
    angular_velocity: float = field("rate of the angle", unit="rad/s")


class SlideJoint(Entity):
    """Where the torso is in the vertical plane in which the robot moves."""

    position_x: float = field("forward position in the world", unit="m")
    position_z: float = field("height above the floor", unit="m")
    velocity_x: float = field("forward velocity", unit="m/s")
    velocity_z: float = field("upward velocity", unit="m/s")


class PlanarTorso(Entity):
    """Orientation of the torso of a robot that moves in the vertical plane."""

    quaternion: Array = field(
        "orientation as unit quaternion (w, x, y, z)", shape=(4,), low=-1.0, high=1.0
    )
    up_vector: Array = field(
        "the torso's up axis in the world; [2] is 1 upright, -1 upside down",
        shape=(3,),
        low=-1.0,
        high=1.0,
    )
    forward_vector: Array = field(
        "the torso's forward axis in the world", shape=(3,), low=-1.0, high=1.0
    )


class PlanarFoot(Entity):
    """A foot of a robot that moves in the vertical plane."""

    position_x: float = field("forward position of its middle in the world", unit="m")
    position_z: float = field("height of its middle above the floor", unit="m")
    in_contact: bool = field("whether it touches the floor")


class FreeJoint(Entity):
    """A torso that moves freely."""

    position_x: float = field("forward position in the world", unit="m")
    position_y: float = field("position to the left in the world", unit="m")
    position_z: float = field("height above the floor", unit="m")
    velocity_x: float = field("forward velocity", unit="m/s")
    velocity_y: float = field("velocity to the left", unit="m/s")
    velocity_z: float = field("upward velocity", unit="m/s")
    angular_velocity_x: float = field("angular velocity about the world's x axis", unit="rad/s")
    angular_velocity_y: float = field("angular velocity about the world's y axis", unit="rad/s")
    angular_velocity_z: float = field("angular velocity about the world's z axis", unit="rad/s")
    quaternion: Array = field(
        "orientation as unit quaternion (w, x, y, z)", shape=(4,), low=-1.0, high=1.0
    )
    up_vector: Array = field(
        "the torso's up axis in the world; [2] is 1 upright, -1 on its back",
        shape=(3,),
        low=-1.0,
        high=1.0,
    )
    forward_vector: Array = field(
        "the torso's forward axis in the world", shape=(3,), low=-1.0, high=1.0
    )
    in_contact: bool = field("whether the torso touches the floor")


class Foot(Entity):
    """A foot: the far end of the lower leg."""

    position_x: float = field("forward position in the world", unit="m")
    position_y: float = field("position to the left in the world", unit="m")
    position_z: float = field("height of its middle above the floor", unit="m")
    in_contact: bool = field("whether the lower leg touches the floor")
