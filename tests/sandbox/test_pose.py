"""Poses: a group acting on points, and values that nothing can change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from rewardlab.sandbox import helpers
from rewardlab.sandbox.pose import ObjectPose, ReadOnly, UnknownMember

_number = st.floats(-3.0, 3.0, allow_subnormal=False)
_triple = st.tuples(_number, _number, _number)


@st.composite
def poses(draw: st.DrawFn) -> ObjectPose:
    q = np.array(draw(st.tuples(_number, _number, _number, _number)))
    assume(np.linalg.norm(q) > 1e-3)
    return ObjectPose(draw(_triple), q / np.linalg.norm(q))


def same(a: ObjectPose, b: ObjectPose) -> bool:
    return np.allclose(a.to_transformation_matrix(), b.to_transformation_matrix(), atol=1e-9)


@given(poses())
def test_a_pose_times_its_inverse_is_the_identity(a: ObjectPose) -> None:
    for product in (a * a.inv(), a.inv() * a):
        assert product.p == pytest.approx([0, 0, 0], abs=1e-12)
        assert product.q == pytest.approx([1, 0, 0, 0], abs=1e-12)
    assert same(a.inv().inv(), a)


@given(poses(), poses(), poses())
def test_products_are_products_of_matrices(a: ObjectPose, b: ObjectPose, c: ObjectPose) -> None:
    left = a.to_transformation_matrix() @ b.to_transformation_matrix()
    np.testing.assert_allclose((a * b).to_transformation_matrix(), left, atol=1e-12)
    assert same((a * b) * c, a * (b * c))


@given(poses(), _triple)
def test_the_matrix_is_that_of_scipy(a: ObjectPose, point: tuple[float, float, float]) -> None:
    turn = Rotation.from_quat(a.q, scalar_first=True)
    moved = helpers.transform_points(a.to_transformation_matrix(), [point])[0]
    np.testing.assert_allclose(moved, turn.apply(point) + a.p, atol=1e-12)
    turned = a.to_transformation_matrix()[:3, :3]
    np.testing.assert_allclose(turned, helpers.quat2mat(a.q), atol=1e-12)


@given(poses(), st.floats(0.1, 10.0))
def test_the_length_of_a_quaternion_does_not_matter(a: ObjectPose, length: float) -> None:
    longer = ObjectPose(a.p, a.q * length)
    assert same(longer, a)
    assert same(longer * longer.inv(), ObjectPose())
    assert same(longer.inv(), a.inv())


def test_a_zero_quaternion_turns_nothing() -> None:
    zero = ObjectPose([1, 2, 3], [0, 0, 0, 0])
    assert same(zero, ObjectPose([1, 2, 3]))
    assert zero.inv().p.tolist() == [-1, -2, -3]


def test_it_is_made_from_position_and_quaternion_by_place_or_name() -> None:
    assert ObjectPose().p.tolist() == [0, 0, 0]
    assert ObjectPose().q.tolist() == [1, 0, 0, 0]
    assert ObjectPose([1, 2, 3], q=np.array([0, 1, 0, 0])) == ObjectPose(
        q=(0, 1, 0, 0), p=(1.0, 2, 3)
    )
    assert helpers.Pose is helpers.ObjectPose is ObjectPose


@pytest.mark.parametrize("p", [[0, 0], [[0, 0, 0]], 1.0, np.zeros(7)])
def test_a_wrong_shape_is_said(p: object) -> None:
    with pytest.raises(ValueError, match=r"p of a pose has shape \(3,\), not \("):
        ObjectPose(p)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"q of a pose has shape \(4,\), not \("):
        ObjectPose([0, 0, 0], p)  # type: ignore[arg-type]


def test_its_arrays_are_fresh() -> None:
    given_p = np.array([1.0, 2.0, 3.0])
    a = ObjectPose(given_p)
    given_p[:] = 9.0
    for array in (a.p, a.q, a.to_transformation_matrix()):
        array[...] = 7.0
    assert a == ObjectPose([1, 2, 3])


@pytest.mark.parametrize("name", ["p", "q", "inv", "memory", "_numbers", "__class__"])
def test_nothing_can_be_kept_on_a_pose_or_its_class(name: str) -> None:
    a = ObjectPose()
    for target in (a, ObjectPose):
        with pytest.raises(ReadOnly, match="read-only"):
            setattr(target, name, 1)
        with pytest.raises(ReadOnly, match="read-only"):
            delattr(target, name)
    with pytest.raises(AttributeError):
        a.inv.memory = 1
    assert a == ObjectPose()
    assert not hasattr(a, "__dict__")


def test_what_leads_on_is_hidden_or_a_number() -> None:
    open_names = {name for name in dir(ObjectPose()) if not name.startswith("_")}
    assert open_names == {"p", "q", "inv", "to_transformation_matrix"}


@pytest.mark.parametrize("other", [2.0, np.ones(3), np.ones((4, 4)), [1, 2]])
def test_only_poses_multiply_poses(other: object) -> None:
    with pytest.raises(TypeError, match="transform_points"):
        ObjectPose() * other  # type: ignore[operator]
    with pytest.raises(TypeError):
        other * ObjectPose()  # type: ignore[operator]


def test_poses_are_equal_as_values() -> None:
    a, b = ObjectPose([1, 2, 3]), ObjectPose([1, 2, 3])
    assert a == b
    assert hash(a) == hash(b)
    assert a != ObjectPose()
    assert a != (1, 2, 3)
    assert repr(a) == "ObjectPose(p=[1.0, 2.0, 3.0], q=[1.0, 0.0, 0.0, 0.0])"


def test_an_unknown_member_lists_those_that_are_there() -> None:
    with pytest.raises(UnknownMember, match="no 'position'; it has: p, q, inv, to_transf"):
        ObjectPose().position  # noqa: B018


@given(poses(), poses())
def test_the_angle_between_poses_is_that_of_their_quaternions(a: ObjectPose, b: ObjectPose) -> None:
    expected = helpers.angle_distance(a.q, b.q)
    assert helpers.angle_distance(a, b) == expected
    assert helpers.angle_distance(a, b.q) == expected
    assert type(expected) is float
    first, second = (Rotation.from_quat(x.q, scalar_first=True) for x in (a, b))
    assert expected == pytest.approx((first.inv() * second).magnitude() / np.pi, abs=1e-6)
    assert helpers.angle_distance(a, ObjectPose(b.p, -b.q)) == pytest.approx(expected, abs=1e-6)
