from __future__ import annotations

import numpy as np
import pytest

from rewardlab.program.schema import ActionSpec, Schema
from rewardlab.sandbox.facade import UnknownMember, facade


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
    for name in ("angle", "memory"):
        with pytest.raises(AttributeError):
            setattr(scene, name, 1.0)


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
