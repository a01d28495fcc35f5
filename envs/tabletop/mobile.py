"""A robot that drives, as MJCF: a base with a torso that lifts, and one Panda or two on it.

The base has slides along the world's x and y, a hinge about z and a slide of the torso, all driven
by velocity actuators; its weight and the arms' is compensated. The arms' names begin with `""`, or
with `right_` and `left_`.
"""

from __future__ import annotations

from typing import NamedTuple

from rewardlab.envs.tabletop.panda import Mjcf, panda

BASE_JOINTS = ("base_x", "base_y", "base_yaw", "torso")
BASE_SPEED = (0.5, 0.5, 3.14, 0.5)
"""At an action of 1: along the base's x and y [m/s], about z [rad/s], of the torso [m/s]."""

TORSO_RANGE = 0.9
"""How far the torso lifts [m]."""

MOUNT = 0.12
"""Height of the arms' feet above the ground while the torso is down [m]."""

FORWARD = (0.0, 0.0, 0.0, -1.5, 0.0, 3.0708, 0.7854)
"""Angles of an arm's joints with which the hand points forward, fingers side by side [rad]."""

UPRIGHT_FINGERS = (*FORWARD[:6], FORWARD[6] + 1.5708)
"""The same, fingers above each other [rad]."""

OVER_CHAIR = (0.0, -0.3, 0.0, -2.4, 0.0, 3.2, 0.7854)
"""Angles with which the hand points forward and 27 degrees down [rad]."""


class Mount(NamedTuple):
    """Where an arm stands.

    Attributes:
        prefix: Of its names.
        y: On the base's y axis [m].
    """

    prefix: str
    y: float


SINGLE = (Mount("", 0.0),)
DUAL = (Mount("right_", -0.22), Mount("left_", 0.22))

_DRIVES = ((8000, 500), (8000, 500), (2000, 400), (8000, 1000))
"""Gain and largest force of each joint's drive [N s/m, N], for the yaw [N m s/rad, N m]."""

_PLATFORM = 'contype="2" conaffinity="1" rgba=".25 .27 .3 1"'


def mobile(mounts: tuple[Mount, ...], *, visual: bool = False) -> Mjcf:
    """Return a robot with an arm on each mount, its joints in the order base, then arms.

    Args:
        mounts: `SINGLE` or `DUAL`.
        visual: With meshes for pictures.
    """
    arms = [panda(mount.prefix, visual=visual) for mount in mounts]
    places = zip(mounts, arms, strict=True)
    feet = "".join(f'<body pos="0 {mount.y} 0">{arm.body}</body>' for mount, arm in places)
    return Mjcf(
        default=arms[0].default + "".join(arm.default for arm in arms[1:]),
        asset="".join(arm.asset for arm in arms),
        body=_base(feet, width=max(abs(mount.y) for mount in mounts) + 0.08),
        tendon="".join(arm.tendon for arm in arms),
        equality="".join(arm.equality for arm in arms),
        actuator=_drives() + "".join(arm.actuator for arm in arms),
    )


def _base(feet: str, *, width: float) -> str:
    return f"""
<body name="base" gravcomp="1">
  <joint name="base_x" type="slide" axis="1 0 0"/>
  <joint name="base_y" type="slide" axis="0 1 0"/>
  <joint name="base_yaw" type="hinge" axis="0 0 1"/>
  <geom type="box" pos="0 0 .06" size=".25 .25 .03" mass="40" {_PLATFORM}/>
  <geom type="box" pos="-.2 0 .54" size=".04 .08 .5" mass="5" {_PLATFORM}/>
  <body name="torso" pos="0 0 {MOUNT}" gravcomp="1">
    <joint name="torso" type="slide" axis="0 0 1" range="0 {TORSO_RANGE}" limited="true"/>
    <geom type="box" pos="0 0 -.015" size=".1 {width} .015" mass="5" {_PLATFORM}/>
    {feet}
  </body>
</body>"""


def _drives() -> str:
    return "".join(
        f'<velocity name="{joint}" joint="{joint}" kv="{kv}" ctrlrange="-{speed} {speed}" '
        f'forcerange="-{force} {force}"/>\n'
        for joint, speed, (kv, force) in zip(BASE_JOINTS, BASE_SPEED, _DRIVES, strict=True)
    )
