from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from rewardlab.sandbox import helpers as h

numbers = st.floats(-1.0, 1.0)
quaternions = st.tuples(numbers, numbers, numbers, numbers).filter(
    lambda q: sum(x * x for x in q) > 0.1
)


def unit(q: tuple[float, ...]) -> np.ndarray:
    return np.array(q) / np.linalg.norm(q)


@settings(deadline=None)
@given(quaternions, quaternions)
def test_products_and_matrices_agree_with_scipy(a: tuple, b: tuple) -> None:
    p, q = unit(a), unit(b)
    product = Rotation.from_quat(p, scalar_first=True) * Rotation.from_quat(q, scalar_first=True)
    np.testing.assert_allclose(h.quat2mat(h.qmult(p, q)), product.as_matrix(), atol=1e-12)
    np.testing.assert_allclose(h.qmult(p, h.qinverse(p)), [1, 0, 0, 0], atol=1e-12)
    back = h.mat2quat(h.quat2mat(p))
    assert min(np.abs(back - p).max(), np.abs(back + p).max()) < 1e-7


@settings(deadline=None)
@given(quaternions, quaternions)
def test_angle_distance_is_a_distance_of_orientations(a: tuple, b: tuple) -> None:
    p, q = unit(a), unit(b)
    d = h.angle_distance(p, q)
    assert 0.0 <= d <= 1.0
    assert d == pytest.approx(h.angle_distance(p, -q), abs=1e-6)
    assert h.angle_distance(p, p) == pytest.approx(0.0, abs=1e-6)
    turn = Rotation.from_quat(p, scalar_first=True).inv() * Rotation.from_quat(q, scalar_first=True)
    assert d == pytest.approx(turn.magnitude() / math.pi, abs=1e-6)


def test_axis_and_angle() -> None:
    axis, angle = h.quat2axangle([math.cos(0.3), 0.0, math.sin(0.3), 0.0])
    np.testing.assert_allclose(axis, [0, 1, 0])
    assert angle == pytest.approx(0.6)
    assert h.quat2axangle([1.0, 0.0, 0.0, 0.0])[1] == 0.0


def test_degenerate_input_is_finite() -> None:
    assert h.angle_between_vec([0, 0, 0], [1, 0, 0]) == 0.0
    assert h.angle_between_vec([1, 0, 0], [-1, 0, 0]) == pytest.approx(math.pi)
    np.testing.assert_array_equal(h.quat2mat([0, 0, 0, 0]), np.eye(3))
    np.testing.assert_array_equal(h.qinverse([0, 0, 0, 0]), np.zeros(4))


def test_points_and_normalisation() -> None:
    transform = np.eye(4)
    transform[:3, 3] = [1.0, 2.0, 3.0]
    np.testing.assert_allclose(h.transform_points(transform, [[0, 0, 1]]), [[1, 2, 4]])
    assert h.clip_and_normalize(0.5, 0.0, 2.0) == 0.25
    assert h.clip_and_normalize(0.0, -3.0) == 0.5
    assert h.clip_and_normalize(9.0, 3.0) == 1.0


SIGMOIDS = ["gaussian", "linear", "long_tail", "cosine", "quadratic", "tanh_squared", "hyperbolic"]


@pytest.mark.parametrize("sigmoid", SIGMOIDS)
def test_tolerance_falls_from_one_to_its_value_at_the_margin(sigmoid: str) -> None:
    options = {"bounds": (-1.0, 2.0), "margin": 0.5, "sigmoid": sigmoid, "value_at_margin": 0.2}
    assert h.tolerance(0.3, **options) == 1.0
    assert h.tolerance(2.5, **options) == pytest.approx(0.2)
    values = h.tolerance(np.linspace(2.0, 9.0, 50), **options)
    assert (np.diff(values) <= 1e-12).all()
    assert (values >= 0).all()


def test_tolerance_without_margin_is_a_step() -> None:
    assert h.tolerance(0.0) == 1.0
    assert h.tolerance(0.1) == 0.0
    for bad in ({"bounds": (1, 0)}, {"margin": -1.0}, {"margin": 1.0, "sigmoid": "s"}):
        with pytest.raises(ValueError):
            h.tolerance(5.0, **bad)
