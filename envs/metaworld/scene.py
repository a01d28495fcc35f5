"""What a reward program sees of a MetaWorld task: a Sawyer arm, one or two objects, a goal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rewardlab.envs.metaworld.table import Near, Order, Row
from rewardlab.envs.recording import SceneReader
from rewardlab.envs.scene import Array, Entity, Scene, field, part, with_obs
from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec, PartSpec

DT = 0.0125
"""Seconds between control steps [s]."""

N_OBS = 39
IDENTITY = np.array([1.0, 0.0, 0.0, 0.0])

ACTION = ActionSpec(
    4,
    names=(
        "moves the hand along x: 0.01 m at 1",
        "moves the hand along y (away from the robot's base): 0.01 m at 1",
        "moves the hand along z (up): 0.01 m at 1",
        "effort of the gripper: +1 closes, -1 opens",
    ),
)


class Robot(Entity):
    """A Sawyer arm whose hand is moved in x, y, z and points down."""

    ee_position: Array = field(
        "position of the hand (the fingertips are about 0.045 m below it)", shape=(3,), unit="m"
    )
    gripper_openness: float = field(
        "1.0 is open; about 0.3 is closed on nothing, more if an object is between the fingers",
        low=0.0,
        high=1.0,
    )


class RigidObject(Entity):
    """An object of the task."""

    position: Array = field("position in the world", shape=(3,), unit="m")
    quaternion: Array = field(
        "orientation as unit quaternion (w, x, y, z)", shape=(4,), low=-1.0, high=1.0
    )


class UnorientedObject(RigidObject):
    """An object of the task whose environment gives no orientation."""

    quaternion: Array = field(
        "always (1, 0, 0, 0): orientation not given", shape=(4,), low=-1.0, high=1.0
    )


class TabletopScene(Scene):
    """A table in front of a Sawyer arm; x to the right, y away from the robot, z up."""

    robot: Robot = part("the arm")
    obj1: RigidObject = part("the object")
    obj2: RigidObject = part("a second object")
    goal_position: Array = field("where the object should be", shape=(3,), unit="m")


def schema(row: Row) -> Schema:
    """Return the scene of one task."""
    root = TabletopScene.spec()
    obj1 = PartSpec("obj1", _object(row.order), row.obj1)
    doc2 = row.obj2 or "not in this task: zeros and identity"
    obj2 = PartSpec("obj2", _object(row.order2), doc2, described=bool(row.obj2))
    parts = (root.parts[0], obj1, obj2)
    return Schema(with_obs(replace(root, parts=parts), N_OBS), ACTION, DT)


def _object(order: Order) -> EntitySpec:
    return (RigidObject if order else UnorientedObject).spec()


def reader(order: Order, order2: Order) -> SceneReader:
    """Return the reader of the scene block `(60,)` from an observation `(39,)` that ends in a goal.

    It reads batches `(n, 39)` into `(n, 60)` alike.

    The first 18 entries of the observation are the scene's in its very order; only quaternions
    differ, which the environments write as wxyz, xyzw or zeros.
    """
    source = np.array([*range(18), 36, 37, 38, *range(39)], dtype=np.intp)
    unoriented = []
    for start, written in ((7, order), (14, order2)):
        if written == "xyzw":
            source[start : start + 4] = (start + 3, start, start + 1, start + 2)
        elif written is None:
            unoriented.append(start)

    def read(obs: Array, out: Array) -> None:
        obs.take(source, axis=-1, out=out)
        for start in unoriented:
            out[..., start : start + 4] = IDENTITY

    return read


def success_text(scored: Near | str) -> str:
    """Say when a task counts as solved."""
    if isinstance(scored, str):
        return scored
    point = "obj1.position"
    if any(scored.offset):
        point = f"obj1.position + {scored.offset}"
    if len(scored.axes) == 1:
        axis = "xyz".index(scored.axes)
        distance = f"abs({point}[{axis}] - goal_position[{axis}])"
    elif len(scored.axes) == 2:
        distance = f"distance of {point}[:2] to goal_position[:2]"
    else:
        distance = f"distance of {point} to goal_position"
    return f"{distance} <= {scored.within:g} m"
