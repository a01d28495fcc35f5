"""Robots that move in the vertical plane: Hopper, Walker2d and HalfCheetah of Gymnasium v5."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from rewardlab.envs.locomotion.floor import FloorContacts, kinematics
from rewardlab.envs.locomotion.parts import HingeJoint, PlanarFoot, PlanarTorso, SlideJoint
from rewardlab.envs.recording import SceneReader
from rewardlab.envs.scene import Array, Entity, Scene, field, part


class Hopper(Entity):
    """A one-legged robot."""

    top: SlideJoint = part("position of the torso; 1.25 m high at the start")
    top_joint: HingeJoint = part("pitch of the torso, not wrapped; positive is forward")
    thigh_joint: HingeJoint = part("angle in [-2.62, 0]")
    leg_joint: HingeJoint = part("angle in [-2.62, 0]")
    foot_joint: HingeJoint = part("angle in [-0.785, 0.785]")
    torso: PlanarTorso = part("orientation of the torso")
    foot: PlanarFoot = part("the foot")
    torso_in_contact: bool = field("whether the torso touches the floor")
    in_contact: bool = field("whether any part of it touches the floor")


class HopperScene(Scene):
    """A one-legged robot on a plane; x forward, z up."""

    hopper: Hopper = part("the robot")
    dt: float = field("time of a control step", unit="s")


class Walker(Entity):
    """A two-legged robot."""

    top: SlideJoint = part("position of the torso; 1.25 m high at the start")
    top_joint: HingeJoint = part("pitch of the torso, not wrapped; positive is forward")
    thigh_joint: HingeJoint = part("right thigh, angle in [-2.62, 0]")
    leg_joint: HingeJoint = part("right leg, angle in [-2.62, 0]")
    foot_joint: HingeJoint = part("right foot, angle in [-0.785, 0.785]")
    thigh_left_joint: HingeJoint = part("left thigh, angle in [-2.62, 0]")
    leg_left_joint: HingeJoint = part("left leg, angle in [-2.62, 0]")
    foot_left_joint: HingeJoint = part("left foot, angle in [-0.785, 0.785]")
    torso: PlanarTorso = part("orientation of the torso")
    foot: PlanarFoot = part("the right foot")
    foot_left: PlanarFoot = part("the left foot")
    torso_in_contact: bool = field("whether the torso touches the floor")
    in_contact: bool = field("whether any part of it touches the floor")


class WalkerScene(Scene):
    """A two-legged robot on a plane; x forward, z up."""

    walker: Walker = part("the robot")
    dt: float = field("time of a control step", unit="s")


class HalfCheetah(Entity):
    """A robot with a back and a front leg."""

    top: SlideJoint = part("position of the torso; 0.7 m high at the start")
    top_joint: HingeJoint = part("pitch of the torso, not wrapped; positive is forward")
    back_thigh_joint: HingeJoint = part("angle in [-0.52, 1.05]")
    back_shin_joint: HingeJoint = part("angle in [-0.785, 0.785]")
    back_foot_joint: HingeJoint = part("angle in [-0.4, 0.785]")
    front_thigh_joint: HingeJoint = part("angle in [-1, 0.7]")
    front_shin_joint: HingeJoint = part("angle in [-1.2, 0.87]")
    front_foot_joint: HingeJoint = part("angle in [-0.5, 0.5]")
    torso: PlanarTorso = part("orientation of the torso")
    back_foot: PlanarFoot = part("the back foot")
    front_foot: PlanarFoot = part("the front foot")
    torso_in_contact: bool = field("whether torso or head touches the floor")
    in_contact: bool = field("whether any part of it touches the floor")


class HalfCheetahScene(Scene):
    """A robot with a back and a front leg on a plane; x forward, z up."""

    cheetah: HalfCheetah = part("the robot")
    dt: float = field("time of a control step", unit="s")


def planar_reader(
    *, feet: tuple[str, ...], torso: tuple[str, ...], height: float = 0.0
) -> Callable[[Any], SceneReader]:
    """Return the maker of a reader for a planar robot.

    All three scenes have the same layout: slide joint, pitch and hinges as in `qpos`, orientation,
    feet, contact of torso and of anything, dt, observation.

    Args:
        feet: Names of the feet's geoms, in the scene's order.
        torso: Names of the geoms that make up the torso.
        height: Height of the torso where its slide joint reads zero [m].
    """

    def make(env: Any) -> SceneReader:
        model, data = env.model, env.data
        contacts = FloorContacts(model, [(name,) for name in feet] + [torso], others=True)
        place, where = kinematics(model, data)
        foot_ids = [model.geom(name).id for name in feet]
        qpos, qvel, placed = data.qpos, data.qvel, where.geom_xpos
        hinges_end = 4 + 2 * (model.nq - 2)
        end = hinges_end + 10 + 3 * len(feet) + 3
        dt = float(env.dt)

        def read(obs: Any, out: Array) -> None:
            out[0:2] = qpos[:2]
            out[1] += height
            out[2:4] = qvel[:2]
            out[4:hinges_end:2] = qpos[2:]
            out[5:hinges_end:2] = qvel[2:]
            values = _orientation(float(qpos[2]))
            place()
            touching = contacts.read(data)
            for i, foot in enumerate(foot_ids):
                values += (placed[foot, 0], placed[foot, 2], touching[i])
            values += (touching[-2], any(touching), dt)
            out[hinges_end:end] = values
            out[end:] = obs

        return read

    return make


def _orientation(pitch: float) -> list[float]:
    """Return quaternion, up and forward vector for a pitch about +y [rad]."""
    s, c = math.sin(pitch), math.cos(pitch)
    return [math.cos(pitch / 2), 0.0, math.sin(pitch / 2), 0.0, s, 0.0, c, c, 0.0, -s]


read_hopper = planar_reader(feet=("foot_geom",), torso=("torso_geom",))
read_walker = planar_reader(feet=("foot_geom", "foot_left_geom"), torso=("torso_geom",))
read_half_cheetah = planar_reader(feet=("bfoot", "ffoot"), torso=("torso", "head"), height=0.7)
