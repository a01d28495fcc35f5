"""The Panda family's scenes: what they have, whatever simulator fills them."""

import numpy as np
import pytest

from rewardlab.envs.describe import describe_scene
from rewardlab.envs.tabletop.boxes import Box
from rewardlab.envs.tabletop.scene import (
    ARM_ACTION,
    DUAL_ACTION,
    MOBILE_ACTION,
    LiftCubeScene,
    OpenCabinetScene,
    PickCubeScene,
    PushChairScene,
    StackCubeScene,
    TurnFaucetScene,
)
from rewardlab.envs.tabletop.surfaces import Surface, tabletop_schema
from rewardlab.sandbox.clouds import depth
from rewardlab.sandbox.facade import facade
from rewardlab.sandbox.helpers import quat2mat

BOX = Box((0.0, 0.0, 0.02), (0.01, 0.005, 0.02))
TURNED = Box((0.1, 0.2, 0.0), (0.3, 0.02, 0.02), (0.8, 0.0, 0.6, 0.0))
FINGERS = {f"robot.{side}finger": Surface([[BOX]], 256) for side in "lr"}
HANDLE = Surface([[TURNED]], 100, target=1.4)
SURFACES = {
    LiftCubeScene: FINGERS,
    PickCubeScene: FINGERS,
    StackCubeScene: FINGERS,
    TurnFaucetScene: {**FINGERS, "faucet": Surface([[BOX], [BOX]], 256), "faucet.handle": HANDLE},
    OpenCabinetScene: {"cabinet": Surface([[BOX], [BOX]], 256), "cabinet.handle": HANDLE},
    PushChairScene: {"chair": Surface([[BOX]] * 3, 512, n_joints=4)},
}
ACTIONS = {OpenCabinetScene: MOBILE_ACTION, PushChairScene: DUAL_ACTION}
RIGID = "pose velocity angular_velocity check_static"
CLOUD = "get_local_pcd get_world_pcd"
FIELDS = {
    "RigidObject": RIGID,
    "FingerLink": f"{RIGID} {CLOUD} qpos qvel",
    "LinkObject": f"{RIGID} {CLOUD} qpos qvel target_qpos target_grasp_poses local_sdf",
    "PandaRobot": "ee_pose lfinger rfinger qpos qvel gripper_openness check_grasp",
    "MobilePandaRobot": "ee_pose base_position base_velocity qpos qvel gripper_openness "
    "get_ee_coords",
    "MobileDualArmPanda": "base_position base_velocity qpos qvel get_ee_coords",
    "ArticulateObject": f"{RIGID} qpos qvel get_pcd",
    "LiftCubeScene": "cubeA cube_half_size robot goal_height",
    "PickCubeScene": "cubeA cube_half_size robot goal_position",
    "StackCubeScene": "cubeA cube_half_size robot cubeB",
    "TurnFaucetScene": "faucet robot",
    "OpenCabinetScene": "cabinet robot",
    "PushChairScene": "chair target_xy robot",
}


def schema_of(scene):
    return tabletop_schema(scene, ACTIONS.get(scene, ARM_ACTION), SURFACES[scene])


def entities(entity):
    yield entity
    for part in entity.parts:
        yield from entities(part.entity)


@pytest.mark.parametrize("scene", SURFACES)
def test_a_scene_has_the_members_that_are_published_and_no_others(scene):
    for entity in entities(schema_of(scene).root):
        handled = {"handle"} if entity.name == "ArticulateObject" and entity.parts else set()
        assert set(entity.members) == set(FIELDS[entity.name].split()) | handled, entity.name


@pytest.mark.parametrize(
    ("path", "handled"), [("faucet", True), ("cabinet", True), ("chair", False)]
)
def test_what_is_opened_has_a_handle(path, handled):
    found = [s for s in SURFACES if schema_of(s).root.part(path)]
    assert found
    for scene in found:
        assert bool(schema_of(scene).root.part(path).part("handle")) is handled


@pytest.mark.parametrize(
    ("scene", "sizes"),
    [
        (StackCubeScene, {"robot.qpos": (7,), "robot.qvel": (7,)}),
        (OpenCabinetScene, {"robot.qpos": (7,), "robot._ee_coords": (2, 3)}),
        (PushChairScene, {"robot.qpos": (14,), "robot._ee_coords": (4, 3), "chair.qpos": (4,)}),
        (PushChairScene, {"chair._links": (3, 7), "target_xy": (2,)}),
        (TurnFaucetScene, {"faucet._links": (2, 7), "faucet.handle.target_grasp_poses": (2, 7)}),
    ],
)
def test_shapes_follow_robot_and_task(scene, sizes):
    layout = schema_of(scene).layout
    assert {path: layout[path].field.shape for path in sizes} == sizes


def test_joints_have_the_unit_of_the_task():
    sliding = Surface([[BOX]], 100, unit="m")
    surfaces = {**SURFACES[OpenCabinetScene], "cabinet.handle": sliding}
    layout = tabletop_schema(OpenCabinetScene, MOBILE_ACTION, surfaces).layout
    units = {path: slot.field.unit for path, slot in layout.items()}
    assert [units[f"cabinet.handle.{n}"] for n in ("qpos", "qvel", "target_qpos")] == [
        "m",
        "m/s",
        "m",
    ]
    assert [units[f"cabinet.{n}"] for n in ("qpos", "qvel")] == ["rad", "rad/s"]
    fingers = schema_of(TurnFaucetScene).layout
    assert [fingers[f"robot.lfinger.{n}"].field.unit for n in ("qpos", "qvel")] == ["m", "m/s"]


def test_a_target_that_never_changes_is_said():
    assert "[rad] always 1.4: position of its joint" in describe_scene(schema_of(TurnFaucetScene))


@pytest.mark.parametrize(
    ("action", "size"), [(ARM_ACTION, 7), (MOBILE_ACTION, 11), (DUAL_ACTION, 18)]
)
def test_every_entry_of_an_action_is_named(action, size):
    assert action.size == len(action.names) == len(set(action.names)) == size


def test_the_hull_of_a_handle_of_one_box_is_that_box():
    handle = schema_of(TurnFaucetScene).root.part("faucet").part("handle")
    assert dict(handle.constants)["hull"] == (0.1, 0.2, 0.0, 0.8, 0.0, 0.6, 0.0, 0.3, 0.02, 0.02)


def test_the_hull_of_a_handle_of_several_boxes_holds_them_all():
    posts = [Box((x, 0.0, 0.02), (0.01, 0.01, 0.02)) for x in (-0.1, 0.1)]
    bar = Box((0.0, 0.0, 0.05), (0.01, 0.01, 0.11), (0.5, 0.5, 0.5, 0.5))  # lies along x
    surfaces = {**SURFACES[TurnFaucetScene], "faucet.handle": Surface([[*posts, bar]], 400)}
    schema = tabletop_schema(TurnFaucetScene, ARM_ACTION, surfaces)
    hull = dict(schema.root.part("faucet").part("handle").constants)["hull"]
    assert hull == pytest.approx([0.0, 0.0, 0.03, 1.0, 0.0, 0.0, 0.0, 0.11, 0.01, 0.03])
    live = facade(schema)
    live.buffer[:] = 1.0
    points = live.scene.faucet.handle.get_local_pcd()
    inside = depth(hull)(points)
    assert inside.min() > -1e-9
    assert inside.max() > 0.005  # between the posts there is nothing to stand on
    assert quat2mat(bar.quat)[:, 2] == pytest.approx([1, 0, 0])


@pytest.mark.parametrize("scene", SURFACES)
def test_a_description_shows_methods_and_hides_what_they_need(scene):
    schema = schema_of(scene)
    text = describe_scene(schema)
    assert text.count("class ObjectPose:") == 1
    assert "_cloud" not in text
    assert "_grasp:" not in text
    for entity in entities(schema.root):
        assert text.count(f"class {entity.name}:") == 1
        for method in entity.methods:
            assert f"    {method.name}(" in text
    assert np.max([len(line) for line in text.splitlines()]) < 200
