"""Points on surfaces: uniform by area, on the outside, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardlab.sandbox.clouds import Cloud, depth, draw
from rewardlab.sandbox.helpers import quat2mat
from rewardlab.sandbox.pose import ObjectPose

CUBE = (0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0)
PLANK = (0.5, -0.2, 0.1, 0.9, 0.1, -0.3, 0.2, 0.02, 0.3, 1.0)
BESIDE = (1.5, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.5, 0.5)


def away(box: tuple[float, ...], points: np.ndarray) -> np.ndarray:
    """How far points are beyond each pair of faces, in the frame of the box."""
    local = (points - box[:3]) @ quat2mat(box[3:7])
    return np.abs(local) - box[7:]


@pytest.mark.parametrize("box", [CUBE, PLANK])
def test_points_of_a_box_are_on_its_faces(box: tuple[float, ...]) -> None:
    points = draw([box], 1000, (3,))
    assert points.shape == (1000, 3)
    np.testing.assert_allclose(away(box, points).max(axis=1), 0.0, atol=1e-12)


def test_points_are_uniform_by_area() -> None:
    n, half = 60_000, np.array(PLANK[7:])
    points = draw([PLANK], n, (1,))
    local = (points - PLANK[:3]) @ quat2mat(PLANK[3:7])
    face = np.abs(np.abs(local) - half).argmin(axis=1)
    area = np.array([half[1] * half[2], half[0] * half[2], half[0] * half[1]])
    share = area / area.sum() / 2
    for axis in range(3):
        for side in (-1, 1):
            on = (face == axis) & (np.sign(local[:, axis]) == side)
            error = np.sqrt(share[axis] * (1 - share[axis]) / n)
            assert abs(on.mean() - share[axis]) < 5 * error
            spread = np.delete(local[on] / half, axis, axis=1)
            assert np.abs(spread.mean(axis=0)).max() < 5 / np.sqrt(3 * on.sum())
            assert np.abs((spread**2).mean(axis=0) - 1 / 3).max() < 5 * 0.3 / np.sqrt(on.sum())


def test_points_are_on_the_outside_of_all_boxes() -> None:
    points = draw([CUBE, BESIDE], 5000, (2,))
    on = [np.abs(away(box, points).max(axis=1)) < 1e-9 for box in (CUBE, BESIDE)]
    inside = [(away(box, points) < -1e-8).all(axis=1) for box in (CUBE, BESIDE)]
    assert (on[0] | on[1]).all()
    assert not (inside[0] | inside[1]).any()
    assert (on[0] & ~on[1]).sum() > 500 < (on[1] & ~on[0]).sum()


def test_a_flat_box_is_a_surface_too() -> None:
    points = draw([(*CUBE[:7], 1.0, 2.0, 0.0)], 100, (0,))
    assert not points[:, 2].any()
    assert np.ptp(points[:, 1]) > 2.0


def test_a_seed_fixes_the_points_and_parts_draw_their_own() -> None:
    a, b, other = (Cloud([[CUBE]], 50, path) for path in ("robot.l", "robot.l", "robot.r"))
    np.testing.assert_array_equal(a.local(7.0), b.local(7.0))
    for points in (a.local(8.0), other.local(7.0)):
        assert not (points == a.local(7.0)).all(axis=-1).any()


def test_links_of_one_shape_draw_their_own_points() -> None:
    first, second = Cloud([[CUBE], [CUBE]], 50, "chair").local(7.0)
    assert not (first == second).all(axis=-1).any()


def test_points_do_not_depend_on_what_was_asked_before() -> None:
    fresh, used = Cloud([[CUBE]], 100_000, ""), Cloud([[CUBE]], 100_000, "")
    for seed in range(9):
        used.local(float(seed))
    np.testing.assert_array_equal(used.local(0.0), fresh.local(0.0))


def test_links_carry_their_points() -> None:
    cloud = Cloud([[CUBE], [PLANK, BESIDE]], 40, "chair")
    poses = [ObjectPose([1, 2, 3], [1, 0, 0, 0]), ObjectPose([0, 0, 1], [0.8, 0.6, 0, 0])]
    numbers = np.array([[*pose.p, *pose.q] for pose in poses])
    world = cloud.world(5.0, numbers.tobytes()).reshape(2, 40, 3)
    for pose, local, points in zip(poses, cloud.local(5.0), world, strict=True):
        back = pose.inv().to_transformation_matrix()
        np.testing.assert_allclose(points @ back[:3, :3].T + back[:3, 3], local, atol=1e-12)


@given(st.tuples(*[st.floats(-2.0, 2.0)] * 3))
def test_depth_is_the_distance_to_the_surface(at: tuple[float, float, float]) -> None:
    point = np.array([at])
    found = depth(PLANK)(point)
    local = (point - PLANK[:3]) @ quat2mat(PLANK[3:7])
    half = np.array(PLANK[7:])
    nearest = np.clip(local, -half, half)
    if (np.abs(local) < half).all():
        assert found[0] == pytest.approx((half - np.abs(local)).min())
    else:
        assert found[0] == pytest.approx(-np.linalg.norm(local - nearest), abs=1e-12)


def test_depth_is_positive_inside_and_zero_on_the_surface() -> None:
    measure = depth(PLANK)
    assert measure(np.array([PLANK[:3]]))[0] == pytest.approx(0.02)
    np.testing.assert_allclose(measure(draw([PLANK], 200, (1,))), 0.0, atol=1e-12)
    assert (measure(draw([PLANK], 200, (1,)) * 2 + 9) < 0).all()
