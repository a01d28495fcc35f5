"""What programs may ask: answers of the recorded numbers alone, at every moment of the scene."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardlab.envs.tabletop.scene import (
    LiftCubeScene,
    OpenCabinetScene,
    PickCubeScene,
    PushChairScene,
    StackCubeScene,
    TurnFaucetScene,
)
from rewardlab.program.specs import EntitySpec
from rewardlab.sandbox.clouds import depth
from rewardlab.sandbox.facade import Facade, facade
from rewardlab.sandbox.methods import METHODS
from rewardlab.sandbox.pose import ObjectPose
from tests.sandbox.things import BOX, LID, THINGS, thing_rows

SCENES = [
    LiftCubeScene,
    OpenCabinetScene,
    PickCubeScene,
    PushChairScene,
    StackCubeScene,
    TurnFaucetScene,
]


@pytest.fixture
def live() -> Facade:
    made = facade(THINGS)
    made.buffer[:] = thing_rows(1)[0]
    return made


def put(live: Facade, path: str, numbers: Any, *, block: int = 0) -> None:
    slot = THINGS.layout[path]
    start = block * THINGS.size
    live.buffer[start + slot.start : start + slot.stop] = np.ravel(numbers)


def of_each(entity: EntitySpec) -> set[str]:
    below = {name for part in entity.parts for name in of_each(part.entity)}
    return below | {method.name for method in entity.methods}


@pytest.mark.parametrize("scene", SCENES)
def test_every_method_of_a_scene_is_computed_somewhere(scene: Any) -> None:
    assert of_each(scene.spec()) <= METHODS.keys()


@given(st.floats(0, 180), st.floats(0, 180), st.floats(0, 180), st.floats(0, 180))
def test_what_is_held_at_an_angle_is_held_at_every_larger_one(
    left: float, right: float, angle: float, more: float
) -> None:
    live = facade(THINGS)
    put(live, "cubeA._grasp", [1e-3, 1e-3, left, right])
    robot, cube = live.scene.robot, live.scene.cubeA
    held = robot.check_grasp(cube, angle)
    assert held is (max(left, right) <= angle)
    assert robot.check_grasp(cube, max(angle, more)) >= held


@pytest.mark.parametrize(
    ("grasp", "held"),
    [
        ([1e-6, 1e-6, 85.0, 0.0], True),
        ([1e-6, 1e-6, 85.1, 0.0], False),
        ([9e-7, 1.0, 0.0, 0.0], False),
        ([1.0, 0.0, 0.0, 180.0], False),
        ([0.0, 0.0, 180.0, 180.0], False),
    ],
)
def test_both_fingers_must_press_within_85_degrees(
    live: Facade, grasp: list[float], held: bool
) -> None:
    put(live, "cubeB._grasp", grasp)
    assert live.scene.robot.check_grasp(live.scene.cubeB) is held
    assert live.scene.robot.check_grasp(obj=live.scene.cubeB, max_angle=85) is held


def test_a_grasp_is_that_of_the_moment_of_the_object(live: Facade) -> None:
    put(live, "cubeA._grasp", [1, 1, 0, 0])
    put(live, "cubeA._grasp", [0, 0, 180, 180], block=1)
    put(live, "cubeA._grasp", [1, 1, 0, 0], block=2)
    self = live.scene
    for robot in (self.robot, self.previous.robot, self.initial.robot):
        held = [robot.check_grasp(scene.cubeA) for scene in (self, self.previous, self.initial)]
        assert held == [True, False, True]


@pytest.mark.parametrize(
    ("path", "speed", "rate"),
    [("cubeA", 1e-3, 1e-2), ("chest.handle", 0.1, 1.0), ("chest", 0.1, 0.2)],
)
def test_at_rest_is_within_the_limits_of_the_thing(
    live: Facade, path: str, speed: float, rate: float
) -> None:
    thing = live.scene
    for name in path.split("."):
        thing = getattr(thing, name)
    for factor, still in ((0.99, True), (1.01, False)):
        put(live, f"{path}.velocity", np.array([0.6, 0.0, -0.8]) * speed * factor)
        put(live, f"{path}.angular_velocity", [0, 0, 0])
        assert thing.check_static() is still
        assert thing.check_static() is still
        put(live, f"{path}.velocity", [0, 0, 0])
        put(live, f"{path}.angular_velocity", np.array([0.0, 0.6, 0.8]) * rate * factor)
        assert thing.check_static() is still
    put(live, f"{path}.velocity", [speed, 0, 0])
    put(live, f"{path}.angular_velocity", [0, 0, rate])
    assert thing.check_static()


def test_a_speed_that_is_no_number_is_not_rest(live: Facade) -> None:
    put(live, "cubeA.velocity", [np.nan, 0, 0])
    put(live, "cubeA.angular_velocity", [0, 0, 0])
    assert live.scene.cubeA.check_static() is False


def test_world_points_are_the_local_ones_where_the_link_is(live: Facade) -> None:
    handle = live.scene.chest.handle
    local, world = handle.get_local_pcd(), handle.get_world_pcd()
    assert local.shape == world.shape == (100, 3)
    np.testing.assert_allclose(depth(LID)(local), 0.0, atol=1e-12)
    frame = handle.pose.to_transformation_matrix()
    np.testing.assert_allclose(local @ frame[:3, :3].T + frame[:3, 3], world, atol=1e-12)


def test_the_points_of_all_links_lie_on_them(live: Facade) -> None:
    points = live.scene.chest.get_pcd()
    assert points.shape == (128, 3)
    slot = THINGS.layout["chest._links"]
    links = live.buffer[slot.start : slot.stop].reshape(2, 7)
    for link, on, boxes in zip(links, points.reshape(2, 64, 3), ([BOX], [LID, BOX]), strict=True):
        back = ObjectPose(link[:3], link[3:]).inv().to_transformation_matrix()
        local = on @ back[:3, :3].T + back[:3, 3]
        away = np.max([depth(box)(local) for box in boxes], axis=0)
        np.testing.assert_allclose(away, 0.0, atol=1e-9)


def test_clouds_stay_for_an_episode_and_differ_between_episodes(live: Facade) -> None:
    def local(row: np.ndarray) -> np.ndarray:
        live.buffer[:] = row
        now = live.scene.chest.handle.get_local_pcd()
        np.testing.assert_array_equal(live.scene.previous.chest.handle.get_local_pcd(), now)
        return now

    rows = thing_rows(9, episode=8)
    clouds = [local(row) for row in rows]
    assert all(np.array_equal(clouds[0], cloud) for cloud in clouds[:8])
    assert not np.isclose(clouds[0], clouds[8]).all(axis=1).any()


def test_the_depth_is_positive_at_the_centroid_in_the_frame_of_the_link(live: Facade) -> None:
    handle = live.scene.chest.handle
    assert handle.local_sdf(np.array([LID[:3]])) == pytest.approx([0.01])
    np.testing.assert_allclose(handle.local_sdf(handle.get_local_pcd()), 0.0, atol=1e-12)
    back = handle.pose.inv().to_transformation_matrix()
    world = handle.get_world_pcd()
    local = world @ back[:3, :3].T + back[:3, 3]
    np.testing.assert_allclose(handle.local_sdf(positions=local), 0.0, atol=1e-9)
    assert (handle.local_sdf(local + 5.0) < -1.0).all()


def asked(self: Any) -> list[Any]:
    """Everything that can be asked of the things."""
    found: list[Any] = []
    for scene in (self, self.previous, self.initial):
        chest, handle = scene.chest, scene.chest.handle
        found += [scene.robot.check_grasp(x, 60) for x in (scene.cubeA, scene.cubeB, handle)]
        found += [thing.check_static() for thing in (scene.cubeA, handle, chest)]
        found += [scene.robot.get_ee_coords(), chest.get_pcd(), handle.get_world_pcd()]
        found += [handle.get_local_pcd(), handle.local_sdf(scene.robot.get_ee_coords())]
    return found


def test_equal_rows_give_equal_answers_whatever_was_asked_before() -> None:
    rows = thing_rows(40, episode=4)
    live, fresh = facade(THINGS), facade(THINGS)
    first = []
    for row in rows:
        live.buffer[:] = row
        first.append([np.array(value).tobytes() for value in asked(live.scene)])
    for i in np.random.default_rng(0).permutation(40):
        fresh.buffer[:] = rows[i]
        assert [np.array(value).tobytes() for value in asked(fresh.scene)] == first[i]


def test_answers_are_plain_or_fresh(live: Facade) -> None:
    before, row = [np.array(v) for v in asked(live.scene)], live.buffer.tobytes()
    for value in asked(live.scene):
        assert type(value) in (bool, np.ndarray)
        if isinstance(value, np.ndarray):
            assert value.dtype == np.float64
            value[...] = np.nan
    positions = np.ones((2, 3))
    live.scene.chest.handle.local_sdf(positions)
    assert (positions == 1.0).all()
    assert live.buffer.tobytes() == row
    for now, then in zip(asked(live.scene), before, strict=True):
        np.testing.assert_array_equal(now, then)


BAD: list[tuple[Callable[[Any], Any], str]] = [
    (lambda s: s.robot.check_grasp(), r"self\.robot\.check_grasp\(obj, max_angle=85\): give obj"),
    (lambda s: s.robot.check_grasp(s.cubeA, 1, 2), "called with .RigidObject, int, int."),
    (lambda s: s.robot.check_grasp(s.cubeA, obj=s.cubeA), "called with .RigidObject, obj=…."),
    (lambda s: s.robot.check_grasp(s.cubeA, angle=3), "called with .RigidObject, angle=…."),
    (lambda s: s.robot.check_grasp(s.cubeA.pose), "obj is ObjectPose, give a part of the scene"),
    (lambda s: s.robot.check_grasp([s.cubeA]), "obj is list, give a part"),
    (lambda s: s.robot.check_grasp("cubeA"), "obj is str, give a part"),
    (lambda s: s.robot.check_grasp(s.robot), r"self\.robot is nothing that the gripper can hold"),
    (lambda s: s.robot.check_grasp(s), r"self is nothing that the gripper can hold"),
    (lambda s: s.robot.check_grasp(s.cubeA, "30"), "max_angle is str, give a number"),
    (lambda s: s.robot.check_grasp(s.cubeA, np.ones(2)), "max_angle is ndarray, give a number"),
    (lambda s: s.previous.cubeA.check_static(1), r"self\.previous\.cubeA\.check_static\(\) was"),
    (lambda s: s.chest.get_pcd(n=3), r"self\.chest\.get_pcd\(\) was called with .n=…."),
    (lambda s: s.chest.handle.local_sdf(), "give positions"),
]


@pytest.mark.parametrize(("call", "said"), BAD)
def test_what_cannot_be_asked_is_said(live: Facade, call: Callable[[Any], Any], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        call(live.scene)


@pytest.mark.parametrize("positions", [np.zeros(3), np.zeros((4, 2)), np.zeros((1, 1, 3)), 1.0])
def test_a_wrong_shape_is_said(live: Facade, positions: Any) -> None:
    with pytest.raises(ValueError, match=r"local_sdf: positions have shape \(.*not \(N, 3\)"):
        live.scene.chest.handle.local_sdf(positions)


def test_parts_of_another_scene_are_none_of_this_one(live: Facade) -> None:
    with pytest.raises(TypeError, match="give a part of the scene"):
        live.scene.robot.check_grasp(facade(THINGS).scene.cubeA)
