from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec
from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.facade import facade
from rewardlab.sandbox.jail import Guards
from rewardlab.sandbox.pose import ObjectPose, ReadOnly, UnknownMember
from tests.sandbox.things import THINGS, thing_rows


def test_fields_are_the_numbers_of_the_row(schema: Schema, rows: np.ndarray) -> None:
    live = facade(schema)
    for row in rows[:3]:
        live.buffer[:] = row
        for start, scene in enumerate((live.scene, live.scene.previous, live.scene.initial)):
            block = row[start * schema.size : (start + 1) * schema.size]
            slot = schema.layout["robot.ee_position"]
            np.testing.assert_array_equal(scene.robot.ee_position, block[slot.start : slot.stop])
            assert scene.angle == block[schema.layout["angle"].start]
            assert type(scene.angle) is float
            assert type(scene.robot.touching) is bool
        assert live.scene.time == row[3 * schema.size]
        np.testing.assert_array_equal(live.action(), row[3 * schema.size + 1 :])
        assert live.obs is not None
        np.testing.assert_array_equal(live.obs(), live.scene.obs)


def test_arrays_are_fresh_copies(schema: Schema, rows: np.ndarray) -> None:
    live = facade(schema)
    live.buffer[:] = rows[0]
    before = live.buffer.tobytes()
    for array in (live.scene.robot.ee_position, live.scene.previous.obs, live.action()):
        array += 1.0
        assert array.base is None
    assert live.buffer.tobytes() == before


def test_nothing_can_be_stored(schema: Schema) -> None:
    scene = facade(schema).scene
    for name in ("angle", "memory", "__class__"):
        with pytest.raises(ReadOnly, match="read-only"):
            setattr(scene, name, 1.0)
        with pytest.raises(ReadOnly, match="read-only"):
            delattr(scene, name)


def test_unknown_members_name_the_nearest(schema: Schema) -> None:
    scene = facade(schema).scene
    with pytest.raises(
        UnknownMember, match=r"self\.robot has no 'gripper_pos'; nearest gripper_op"
    ):
        _ = scene.robot.gripper_pos
    with pytest.raises(UnknownMember, match=r"self\.previous has no 'time'"):
        _ = scene.previous.time


def test_a_discrete_action_is_an_int(schema: Schema, rows: np.ndarray) -> None:
    discrete = Schema(schema.root, ActionSpec(1, discrete=3), 0.1)
    live = facade(discrete)
    live.buffer[-1] = 2.0
    assert live.action() == 2
    assert type(live.action()) is int


def test_poses_are_those_of_the_row() -> None:
    live = facade(THINGS)
    for row in thing_rows(3):
        live.buffer[:] = row
        for start, scene in enumerate((live.scene, live.scene.previous, live.scene.initial)):
            block = row[start * THINGS.size : (start + 1) * THINGS.size]
            slot = THINGS.layout["robot.ee_pose"]
            pose = scene.robot.ee_pose
            assert type(pose) is ObjectPose
            assert [*pose.p, *pose.q] == block[slot.start : slot.stop].tolist()
            slot = THINGS.layout["chest.handle.target_grasp_poses"]
            listed = scene.chest.handle.target_grasp_poses
            numbers = [number for each in listed for number in (*each.p, *each.q)]
            assert numbers == block[slot.start : slot.stop].tolist()


def test_a_pose_stays_what_it_was_when_the_row_changes() -> None:
    live = facade(THINGS)
    live.buffer[:] = thing_rows(2)[0]
    before = live.scene.cubeA.pose
    numbers = repr(before)
    live.buffer[:] = thing_rows(2)[1]
    assert repr(before) == numbers != repr(live.scene.cubeA.pose)


def test_a_list_of_poses_is_fresh() -> None:
    live = facade(THINGS)
    live.buffer[:] = thing_rows(1)[0]
    live.scene.chest.handle.target_grasp_poses.clear()
    assert len(live.scene.chest.handle.target_grasp_poses) == 2


@pytest.mark.parametrize("path", [p for p, s in THINGS.layout.items() if s.field.hidden])
def test_hidden_fields_are_not_there(path: str) -> None:
    *parts, name = path.split(".")
    thing = facade(THINGS).scene
    for part in parts:
        thing = getattr(thing, part)
    with pytest.raises(UnknownMember) as caught:
        getattr(thing, name)
    assert not hasattr(thing, name)
    _, _, listed = str(caught.value).partition("it has: ")
    assert not any(member.startswith("_") for member in listed.split(", "))


def test_methods_are_among_the_members() -> None:
    with pytest.raises(UnknownMember, match=r"nearest check_grasp; it has: .*get_ee_coords"):
        facade(THINGS).scene.robot.check_grasped()


def test_nothing_can_be_put_on_a_method() -> None:
    robot = facade(THINGS).scene.robot
    for action in (
        lambda: setattr(robot.check_grasp, "memory", 1),
        lambda: setattr(robot.check_grasp, "__doc__", "x"),
        lambda: setattr(robot, "check_grasp", None),
        lambda: setattr(type(robot), "check_grasp", None),
        lambda: setattr(type(robot).__mro__[1], "memory", None),
    ):
        with pytest.raises(AttributeError):
            action()


def test_what_can_be_named_leads_to_values_only() -> None:
    """Follow every attribute without an underscore: nothing on the way is live or writable."""
    live = facade(THINGS)
    live.buffer[:] = thing_rows(1)[0]
    queue, seen = [("self", live.scene)], 0
    while queue:
        path, value = queue.pop()
        seen += 1
        if isinstance(value, np.ndarray):
            assert not np.shares_memory(value, live.buffer), path
            assert value.base is None, path
        elif isinstance(value, list):
            queue += [(f"{path}[{i}]", each) for i, each in enumerate(value)]
        elif not isinstance(value, float | bool):
            names = [name for name in dir(value) if not name.startswith("_")]
            queue += [(f"{path}.{name}", getattr(value, name)) for name in names]
            with pytest.raises(AttributeError):
                value.memory = 1
    assert seen > 100


@pytest.mark.parametrize(
    "body",
    [
        "self.cubeA.pose.memory = 1",
        "type(self.cubeA.pose).memory = 1",
        "type(self.cubeA).pose = None",
        "self.robot.check_grasp.memory = []",
        "setattr(self.cubeA.pose, '_numbers', (0.0,) * 7)",
        "self.cubeA.pose.__init__([1, 2, 3]); assert self.cubeA.pose.p[0] != 1; raise ValueError",
        "self.chest.get_pcd()[:] = 0.0; assert self.chest.get_pcd().any(); raise ValueError",
    ],
)
def test_code_past_the_reading_keeps_nothing_on_what_the_scene_gives(
    body: str,
) -> None:
    source = f"def compute_dense_reward(self, action):\n    {body}\n    return 0.0\n"
    with RewardWorker(source, THINGS, mode="probe", _guards=Guards(reading=False)) as worker:
        assert worker.ok
        with pytest.raises(WorkerFault) as caught:
            worker.evaluate(thing_rows(1))
    assert caught.value.code in ("StateMutation", "RewardRuntimeError")
    assert "AssertionError" not in caught.value.message


TYPICAL = """
def compute_dense_reward(self, action):
    relative = self.cubeB.pose.inv() * self.cubeA.pose
    tilt = np.arccos(np.clip(relative.to_transformation_matrix()[2, 2], -1, 1))
    grasped = self.robot.check_grasp(self.cubeA, max_angle=30)
    near = cdist(self.robot.get_ee_coords(), self.chest.get_pcd()).min()
    handle = self.chest.handle
    inside = handle.local_sdf(handle.get_local_pcd() * 0.9).max()
    fit = angle_distance(handle.pose * handle.target_grasp_poses[0], self.robot.ee_pose)
    still = self.previous.cubeA.check_static()
    return inside - near - fit - tilt + 2.0 * grasped + still
"""


def test_a_program_computes_the_same_in_the_worker_as_beside_it() -> None:
    from scipy.spatial.distance import cdist

    from rewardlab.sandbox.helpers import angle_distance

    names: dict[str, Any] = {"np": np, "cdist": cdist, "angle_distance": angle_distance}
    exec(TYPICAL, names)
    rows, live, beside = thing_rows(12), facade(THINGS), []
    for row in rows:
        live.buffer[:] = row
        beside.append(float(names["compute_dense_reward"](live.scene, live.action())))
    with RewardWorker(TYPICAL, THINGS) as worker:
        np.testing.assert_array_equal(worker.evaluate(rows).reward, beside)
        np.testing.assert_array_equal(worker.evaluate(rows[::-1]).reward, beside[::-1])


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (
            "self.robot.check_grasp(self.cubeA, max_angle=action)",
            "RewardRuntimeError",
            "give a num",
        ),
        ("self.chest.handle.local_sdf(self.goal)", "RewardRuntimeError", "not (N, 3)"),
        ("1 - distance.cosine(self.cubeA.velocity * 0, self.goal)", "NonFiniteReward", "nan"),
        ("self.goal / np.linalg.norm(self.goal * 0) @ self.goal", "NonFiniteReward", "inf"),
    ],
)
def test_what_goes_wrong_is_a_fault_with_a_reason(line: str, code: str, said: str) -> None:
    source = f"def compute_dense_reward(self, action):\n    return 1.0 * {line}\n"
    with (
        RewardWorker(source, THINGS, mode="probe") as worker,
        pytest.raises(WorkerFault) as caught,
    ):
        worker.evaluate(thing_rows(1))
    assert caught.value.code == code
    assert said in caught.value.message
