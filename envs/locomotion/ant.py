"""The four-legged Ant of Gymnasium v5."""

from __future__ import annotations

import math
from typing import Any

from rewardlab.envs.locomotion.floor import FloorContacts, kinematics
from rewardlab.envs.locomotion.parts import Foot, FreeJoint, HingeJoint
from rewardlab.envs.recording import SceneReader
from rewardlab.envs.scene import Array, Entity, Scene, field, part

_HIP = "turns the leg about the vertical, angle in [-0.52, 0.52]; the hip is at"


class Ant(Entity):
    """A four-legged robot; its legs' names are the model's, see where each hip is."""

    torso: FreeJoint = part("the torso, a sphere of radius 0.25 m; 0.75 m high at the start")
    front_left_leg_joint: HingeJoint = part(f"{_HIP} x +0.2, y +0.2")
    front_left_ankle_joint: HingeJoint = part("angle in [0.52, 1.22]")
    front_right_leg_joint: HingeJoint = part(f"{_HIP} x -0.2, y +0.2")
    front_right_ankle_joint: HingeJoint = part("angle in [-1.22, -0.52]")
    back_left_leg_joint: HingeJoint = part(f"{_HIP} x -0.2, y -0.2")
    back_left_ankle_joint: HingeJoint = part("angle in [-1.22, -0.52]")
    back_right_leg_joint: HingeJoint = part(f"{_HIP} x +0.2, y -0.2")
    back_right_ankle_joint: HingeJoint = part("angle in [0.52, 1.22]")
    front_left_foot: Foot = part("at x +, y +")
    front_right_foot: Foot = part("at x -, y +")
    back_left_foot: Foot = part("at x -, y -")
    back_right_foot: Foot = part("at x +, y -")


class AntScene(Scene):
    """A four-legged robot on a plane; x forward, y to the left, z up."""

    ant: Ant = part("the robot")
    dt: float = field("time of a control step", unit="s")


SHANKS = ("left_ankle_geom", "right_ankle_geom", "third_ankle_geom", "fourth_ankle_geom")
"""Geoms of the lower legs in the order of the scene: hips 1 to 4 of the model."""


def read_ant(env: Any) -> SceneReader:
    """Return the reader of the ant's scene."""
    model, data = env.model, env.data
    contacts = FloorContacts(model, [*((name,) for name in SHANKS), ("torso_geom",)])
    place, where = kinematics(model, data)
    shanks = [model.geom(name).id for name in SHANKS]
    bodies = model.geom_bodyid[shanks]
    qpos, qvel, origins, middles = data.qpos, data.qvel, where.xpos, where.geom_xpos
    dt = float(env.dt)

    def read(obs: Any, out: Array) -> None:
        touching = contacts.read(data)
        out[0:3] = qpos[:3]
        out[3:6] = qvel[:3]
        out[6:20] = [*_attitude(qpos[3:7].tolist(), qvel[3:6].tolist()), touching[4]]
        out[20:36:2] = qpos[7:]
        out[21:36:2] = qvel[6:]
        place()
        feet = out[36:52].reshape(4, 4)
        # a shank is a capsule from its body's origin: its far end is as far beyond its middle
        feet[:, :3] = 2.0 * middles[shanks] - origins[bodies]
        feet[:, 3] = touching[:4]
        out[52] = dt
        out[53:] = obs

    return read


def _attitude(quaternion: list[float], body_rates: list[float]) -> list[float]:
    """Return world angular velocity, quaternion, up and forward vector.

    MuJoCo gives a free joint's angular velocity in the body's frame: the world's is R @ it. The
    quaternion of a reset carries noise and is not of unit length.
    """
    length = math.hypot(*quaternion)
    w, x, y, z = (entry / length for entry in quaternion)
    forward = (1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y))
    left = (2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x))
    up = (2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y))
    a, b, c = body_rates
    rates = [a * f + b * g + c * u for f, g, u in zip(forward, left, up, strict=True)]
    return [*rates, w, x, y, z, *up, *forward]
