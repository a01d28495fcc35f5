"""What programs see of the kitchen: the Panda, and a fixture with its handle, or the kettle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from rewardlab.envs.robotics import Arm
from rewardlab.envs.scene import Array, Entity, Method, Scene, field, part
from rewardlab.envs.tabletop.boxes import Box
from rewardlab.envs.tabletop.scene import Body, LinkObject, PandaRobot, RigidObject
from rewardlab.envs.tabletop.surfaces import Surface, tabletop_schema
from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec, FieldSpec, PartSpec

DT = 0.08
"""Seconds between control steps [s]."""

N_KITCHEN = 59
"""Entries of the environment's observation; achieved and desired goal follow."""

N_POINTS = 256
FINGER = Box((0.0, 0.0125, 0.046), (0.0185, 0.0125, 0.0485))
"""Around a finger, whose tip is longer than the Panda's own."""

ARM = Arm(
    joints=tuple(f"robot:panda0_joint{i}" for i in range(1, 8)),
    fingers=("panda0_leftfinger", "panda0_rightfinger"),
    sliders=("robot:panda0_finger_joint1", "robot:panda0_finger_joint2"),
    tool="end_effector",
    hand="panda0_leftfinger",
    turn=(1.0, 0.0, 0.0, 0.0),
    travel=0.04,
)
ACTION = ActionSpec(
    9,
    names=(
        *(f"turns joint {i} of the arm: asks for 2 rad/s at 1" for i in range(1, 8)),
        "moves the left finger: asks for 2 m/s at 1, + opens",
        "moves the right finger: asks for 2 m/s at 1, + opens",
    ),
)


class KitchenPanda(PandaRobot):
    """A Franka Panda arm with a two-finger gripper, fixed before the kitchen."""

    label = "PandaRobot"


class Handle(Body):
    """What a fixture is moved by; its joint counts the way to the target as positive."""

    constants: ClassVar[Mapping[str, Any]] = LinkObject.constants

    check_static: Method = LinkObject.check_static
    qpos: float = field("how far its joint has moved towards the target", unit="rad")
    qvel: float = field("rate of qpos", unit="rad/s")
    target_qpos: float = field("qpos that is asked for", unit="rad")
    _grasp: Array = field("impulses [N s] and angles [deg] of both fingers", shape=(4,))


class Fixture(Entity):
    """A part of the kitchen that is moved by its handle."""

    handle: Handle = part("its handle")
    qpos: Array = field("positions of its joints", shape=(1,), unit="rad")
    qvel: Array = field("velocities of its joints", shape=(1,), unit="rad/s")
    target_qpos: Array = field("positions of its joints that are asked for", shape=(1,), unit="rad")


class KitchenScene(Scene):
    """A kitchen with a Panda before it; x to the right, y from the robot to the kitchen, z up."""

    robot: KitchenPanda = part("the arm")


class KettleScene(KitchenScene):
    """A kitchen with a Panda before it; x to the right, y from the robot to the kitchen, z up."""

    kettle: RigidObject = part("the kettle, at the middle of its bottom")
    goal_position: Array = field("where the kettle is to be", shape=(3,), unit="m")
    goal_quaternion: Array = field(
        "orientation (w, x, y, z) that is asked for; its length is 0.992, as theirs",
        shape=(4,),
    )


def kettle_schema() -> Schema:
    """Return the scene of the kettle task."""
    return _schema(KettleScene, N_KITCHEN + 14)


def fixture_schema(
    name: str, doc: str, units: tuple[str, ...], moved: int, goal: tuple[float, ...]
) -> Schema:
    """Return the scene of a task with a fixture.

    Args:
        name: How programs name it, e.g. `"microwave"`.
        doc: What it is.
        units: Of the positions of its joints.
        moved: Which of them its handle moves.
        goal: Positions that are asked for.
    """
    schema = _schema(KitchenScene, N_KITCHEN + 2 * len(units))
    fixture = Fixture.spec()
    unit = units[0] if len(set(units)) == 1 else f"{units[0]}, then {units[1]}"
    handle = _with_units(fixture.parts[0].entity, units[moved], (), abs(goal[moved]))
    fixture = _with_units(fixture, unit, (len(units),), goal[0] if len(units) == 1 else None)
    fixture = replace(fixture, parts=(replace(fixture.parts[0], entity=handle),))
    root = replace(schema.root, parts=(*schema.root.parts, PartSpec(name, fixture, doc)))
    return replace(schema, root=root)


def _schema(scene: type[Scene], n_obs: int) -> Schema:
    finger = Surface(((FINGER,),), N_POINTS)
    surfaces = {"robot.lfinger": finger, "robot.rfinger": finger}
    return tabletop_schema(scene, ACTION, surfaces, n_obs=n_obs, dt=DT)


def _with_units(
    entity: EntitySpec, unit: str, shape: tuple[int, ...], target: float | None
) -> EntitySpec:
    def fit(own: FieldSpec) -> FieldSpec:
        if own.name == "target_qpos":
            return replace(own, unit=unit, shape=shape, low=target, high=target)
        if own.name in ("qpos", "qvel"):
            rate = ", then ".join(f"{u}/s" for u in unit.split(", then "))
            return replace(own, unit=unit if own.name == "qpos" else rate, shape=shape)
        return own

    return replace(entity, fields=tuple(map(fit, entity.fields)))
