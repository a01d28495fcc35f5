"""What reward programs see of the Panda family: arms, cubes, and things with joints.

A simulator fills one block of floats per step, by path (`slices`). What programs read is filled
as it is documented below; hidden fields, which only methods read, so:

    robot._ee_coords      (2, 3) or (4, 3) fingertip points in the world [m], dual: right pair first
    <object>._grasp       (4,) impulse of the robot's left finger on it over the control step's
                          last physics step, of the right one [N s], angle of the contact force on
                          the left finger to the direction in which that finger opens, of the
                          right one [deg]; (0, 0, 180, 180) without contact, or without fingers
    <object>._cloud       seed of the episode's surface points, an integer in [0, 2^32); the same
                          number may serve all objects, each draws its own points
    <articulate>._links   (L, 7) poses of the links whose surface its cloud covers

Poses are (x, y, z, qw, qx, qy, qz) in the world. Point clouds are never recorded: the surfaces are
constants (`surfaces.Surface`), points on them are drawn where programs run.

```python
finger = Surface(((box,),), n_points=256)
schema = tabletop_schema(
    StackCubeScene, ARM_ACTION, {"robot.lfinger": finger, "robot.rfinger": finger}, n_obs=48
)
at = recording.slices(schema)
cube = at["cubeA.pose.p"]  # then in the reader: out[cube] = data.xpos[body]
```
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rewardlab.envs.scene import Array, Entity, Method, ObjectPose, Scene, field, method, part
from rewardlab.program.specs import ActionSpec

DT = 0.05
"""Seconds between control steps [s]."""

HALF_SIZE, GOAL_HEIGHT = 0.02, 0.2
"""Of cubes, and of what is to be lifted [m]."""

_OF_BASE = "in the frame of the arm's base"
_ARM = tuple(
    [f"moves the hand along {axis}: asks for 0.1 m at 1, {_OF_BASE}" for axis in "xyz"]
    + [f"turns the hand about {axis}: asks for 0.1 rad at 1, {_OF_BASE}" for axis in "xyz"]
    + ["gripper: -1 closed, +1 open"]
)
_BASE = (
    "drives the base along its x axis: 0.5 m/s at 1",
    "drives the base along its y axis: 0.5 m/s at 1",
    "turns the base: 3.14 rad/s at 1",
    "lifts the torso: 0.5 m/s at 1",
)
ARM_ACTION = ActionSpec(7, names=_ARM)
MOBILE_ACTION = ActionSpec(11, names=(*_BASE, *_ARM))
DUAL_ACTION = ActionSpec(
    18, names=(*_BASE, *(f"{arm} arm: {name}" for arm in ("right", "left") for name in _ARM))
)


def _check_static(speed: float, rate: float) -> Any:
    limits = f"speed at most {speed:g} m/s, angular speed at most {rate:g} rad/s"
    return method("() -> bool", f"whether it is at rest at this moment: {limits}")


class Body(Entity):
    """Something rigid that moves."""

    constants: ClassVar[Mapping[str, Any]] = {"static": (1e-3, 1e-2)}

    pose: ObjectPose = field("where it is in the world", unit="m")
    velocity: Array = field("linear velocity in the world", shape=(3,), unit="m/s")
    angular_velocity: Array = field("angular velocity in the world", shape=(3,), unit="rad/s")
    check_static: Method = _check_static(1e-3, 1e-2)


class RigidObject(Body):
    """A rigid object that moves freely."""

    _grasp: Array = field("impulses [N s] and angles [deg] of both fingers", shape=(4,))


class _Surface(Body):
    """Something rigid with points on its surface."""

    _cloud: float = field("seed of the points", low=0.0)
    get_local_pcd: Method = method(
        "() -> array",
        "points on its surface in its own frame, the same during an episode",
        shape="(M, 3)",
        unit="m",
    )
    get_world_pcd: Method = method(
        "() -> array", "the same points in the world", shape="(M, 3)", unit="m"
    )


class FingerLink(_Surface):
    """A finger of the gripper."""

    qpos: float = field("how far it is from closed", unit="m", low=0.0, high=0.04)
    qvel: float = field("rate of qpos", unit="m/s")


class LinkObject(_Surface):
    """A link with a joint, e.g. a handle with what it opens."""

    constants: ClassVar[Mapping[str, Any]] = {"static": (0.1, 1.0)}

    check_static: Method = _check_static(0.1, 1.0)
    qpos: float = field("position of its joint", unit="rad")
    qvel: float = field("velocity of its joint", unit="rad/s")
    target_qpos: float = field("position of its joint at which the task is solved", unit="rad")
    target_grasp_poses: list[ObjectPose] = field(
        "two poses of the hand fit to grasp it, in its own frame; only their rotation matters",
        shape=(2, 7),
        unit="m",
    )
    _grasp: Array = field("impulses [N s] and angles [deg] of both fingers", shape=(4,))
    local_sdf: Method = method(
        "(positions: array) -> array",
        "signed distance of points (N, 3) in its own frame to its convex hull, positive inside",
        shape="(N,)",
        unit="m",
    )


class ArticulateObject(Body):
    """An object of several links, which joints connect; its pose is that of its root link."""

    constants: ClassVar[Mapping[str, Any]] = {"static": (0.1, 0.2)}

    check_static: Method = _check_static(0.1, 0.2)
    qpos: Array = field("positions of its joints", shape=(1,), unit="rad")
    qvel: Array = field("velocities of its joints", shape=(1,), unit="rad/s")
    _cloud: float = field("seed of the points", low=0.0)
    _links: list[ObjectPose] = field("poses of its links", shape=(1, 7), unit="m")
    get_pcd: Method = method(
        "() -> array",
        "points on the surface of all its links in the world",
        shape="(M, 3)",
        unit="m",
    )


class HandledObject(ArticulateObject):
    """An object of several links with a handle to move one; its pose is that of its root link."""

    label = "ArticulateObject"

    handle: LinkObject = part("the link that is to be moved, by its handle")


class PandaRobot(Entity):
    """A Franka Panda arm with a two-finger gripper, fixed to the table."""

    ee_pose: ObjectPose = field("pose of the point between the fingertips", unit="m")
    lfinger: FingerLink = part("left finger")
    rfinger: FingerLink = part("right finger")
    qpos: Array = field("angles of the arm's joints", shape=(7,), unit="rad")
    qvel: Array = field("angular velocities of the arm's joints", shape=(7,), unit="rad/s")
    gripper_openness: float = field("1.0 is open, 0.0 closed on nothing", low=0.0, high=1.0)
    check_grasp: Method = method(
        "(obj: entity, max_angle: float = 85) -> bool",
        "whether both fingers press obj, each within max_angle [degrees] of the direction in "
        "which it closes; a smaller max_angle is stricter",
    )


class MobilePandaRobot(Entity):
    """A Franka Panda arm with a two-finger gripper on a base that drives and a torso that lifts."""

    ee_pose: ObjectPose = field("pose of the hand link; fingertips: get_ee_coords()", unit="m")
    base_position: Array = field("position of the base on the ground", shape=(2,), unit="m")
    base_velocity: Array = field("velocity of the base on the ground", shape=(2,), unit="m/s")
    qpos: Array = field("angles of the arm's joints", shape=(7,), unit="rad")
    qvel: Array = field("angular velocities of the arm's joints", shape=(7,), unit="rad/s")
    gripper_openness: float = field("1.0 is open, 0.0 closed on nothing", low=0.0, high=1.0)
    _ee_coords: Array = field("fingertip points", shape=(2, 3), unit="m")
    get_ee_coords: Method = method(
        "() -> array", "the two fingertip points in the world", shape="(2, 3)", unit="m"
    )


class MobileDualArmPanda(Entity):
    """Two Franka Panda arms with grippers on a base that drives and a torso that lifts."""

    base_position: Array = field("position of the base on the ground", shape=(2,), unit="m")
    base_velocity: Array = field("velocity of the base on the ground", shape=(2,), unit="m/s")
    qpos: Array = field("angles of the arms' joints, right then left", shape=(14,), unit="rad")
    qvel: Array = field(
        "angular velocities of the arms' joints, right then left", shape=(14,), unit="rad/s"
    )
    _ee_coords: Array = field("fingertip points", shape=(4, 3), unit="m")
    get_ee_coords: Method = method(
        "() -> array",
        "the fingertip points in the world, right hand's pair, then left hand's",
        shape="(4, 3)",
        unit="m",
    )


class _CubeScene(Scene):
    robot: PandaRobot = part("the arm")
    cubeA: RigidObject = part("the cube to be moved, at its centre")  # noqa: N815
    cube_half_size: float = field(
        "half the length of a cube's edge", unit="m", low=HALF_SIZE, high=HALF_SIZE
    )


class LiftCubeScene(_CubeScene):
    """A table at height 0 with a cube on it; x away from the arm, z up."""

    goal_height: float = field(
        "how far the cube is to be lifted", unit="m", low=GOAL_HEIGHT, high=GOAL_HEIGHT
    )


class PickCubeScene(_CubeScene):
    """A table at height 0 with a cube on it; x away from the arm, z up."""

    goal_position: Array = field("where the cube's centre is to be", shape=(3,), unit="m")


class StackCubeScene(_CubeScene):
    """A table at height 0 with two cubes on it; x away from the arm, z up."""

    cubeB: RigidObject = part("the cube to stack on, at its centre")  # noqa: N815


class TurnFaucetScene(Scene):
    """A table at height 0 with a faucet on it; x away from the arm, z up."""

    robot: PandaRobot = part("the arm")
    faucet: HandledObject = part("the faucet; its handle turns")


class OpenCabinetScene(Scene):
    """A cabinet on the ground and a robot that drives; z up."""

    robot: MobilePandaRobot = part("the robot")
    cabinet: HandledObject = part("the cabinet; its handle moves with what is to be opened")


class PushChairScene(Scene):
    """A swivel chair on the ground and a robot that drives; z up."""

    robot: MobileDualArmPanda = part("the robot")
    chair: ArticulateObject = part("the chair; upright its root link's z axis points up")
    target_xy: Array = field("where the chair is to stand", shape=(2,), unit="m")
