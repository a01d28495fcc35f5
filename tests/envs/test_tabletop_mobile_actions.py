"""Robots that drive: what each entry of an action does."""

import numpy as np
import pytest

from rewardlab.envs.tasks import task
from tests.envs.driving import CABINETS, Played, in_base


@pytest.mark.parametrize(("entry", "axis"), [("a0", 0), ("a1", 1)])
def test_the_base_drives_along_its_own_axes(mobile, entry, axis):
    played = Played(mobile, seed=2)
    played.drive(4, a2=0.8)
    played.drive(6, **{entry: -1})
    start = played.scene.robot.base_position
    played.drive(4, **{entry: -1})
    moved = in_base(played, played.scene.robot.base_position - start)
    assert moved[axis] == pytest.approx(-0.5 * 0.2, rel=0.05)
    assert abs(moved[1 - axis]) < 0.005
    velocity = in_base(played, played.scene.robot.base_velocity)
    assert velocity[axis] == pytest.approx(-0.5, rel=0.05)


def test_driving_while_turning_keeps_to_the_bases_axes():
    played = Played("open-cabinet-door")
    played.drive(10, a0=-1, a2=0.3)
    velocity = in_base(played, played.scene.robot.base_velocity)
    assert velocity[0] == pytest.approx(-0.5, rel=0.05)
    assert abs(velocity[1]) < 0.08


def test_yaw_turns_the_base_and_the_torso_lifts_the_arm(mobile):
    played = Played(mobile)
    yaw = played.sim.robot.yaw
    played.drive(5, a2=0.2)
    first = played.sim.robot.yaw
    played.drive(5, a2=0.2)
    assert played.sim.robot.yaw - first == pytest.approx(0.2 * 3.14 * 0.25, rel=0.05)
    assert first > yaw
    tips = played.scene.robot.get_ee_coords()
    played.drive(8, a3=1)
    lifted = played.scene.robot.get_ee_coords() - tips
    assert lifted[:, 2] == pytest.approx(0.5 * 0.4, rel=0.12)
    played.drive(60, a3=1)
    assert played.sim.robot.torso == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_hands_move_along_the_axes_of_the_base(mobile, axis):
    played = Played(mobile)
    arms = 2 if mobile == "push-chair" else 1
    for arm in range(arms):
        before = played.scene.robot.get_ee_coords()
        played.drive(3, **{f"a{4 + 7 * arm + axis}": -1})
        moved = played.scene.robot.get_ee_coords() - before
        mine = moved[2 * arm : 2 * arm + 2].mean(axis=0)
        along = (*in_base(played, mine), mine[2])
        assert along[axis] < -0.03
        assert np.abs(np.delete(along, axis)).max() < 0.6 * abs(along[axis])
        others = np.delete(moved, [2 * arm, 2 * arm + 1], axis=0)
        assert (np.abs(others) < 0.02).all()


def test_grippers_close_one_by_one():
    played = Played("push-chair")
    played.drive(10, a10=-1, a17=1)
    right, left = played.sim.robot.openness
    assert right < 0.05
    assert left > 0.95


def test_each_entry_does_something_that_the_others_do_not(mobile):
    ends = []
    size = task(f"tabletop/{mobile}").scene.action.size
    played = Played(mobile)
    for entry in range(size):
        played.reset(seed=5)
        played.drive(4, **{f"a{entry}": -0.7})
        ends.append(played.sim.data.qpos.copy())
    apart = [np.abs(a - b).max() for i, a in enumerate(ends) for b in ends[:i]]
    assert min(apart) > 0.004


@pytest.mark.parametrize("entries", [{"a0": 1}, {"a0": 1, "a4": 1, "a6": -1}])
def test_driving_hard_against_furniture_breaks_nothing(door, entries):
    """Without a limit on the drives' force, a door gave way backwards by two degrees."""
    played = Played(door)
    played.drive(150, **entries)
    assert played.sim.qpos > -0.015 * CABINETS[door].limit
    assert np.abs(played.sim.data.qvel).max() < 10.0
    assert not any(warning.number for warning in played.sim.data.warning)
