"""Euler angles agree with scipy's rotations, in every one of the 24 orders."""

from itertools import product

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from rewardlab.sandbox import euler, helpers

ORDERS = [
    frame + "".join(letters)
    for frame in "sr"
    for letters in product("xyz", repeat=3)
    if letters[1] not in (letters[0], letters[2])
]


def scipys(axes, angles):
    return Rotation.from_euler(axes[1:] if axes[0] == "s" else axes[1:].upper(), angles)


@pytest.mark.parametrize("axes", ORDERS)
def test_every_order(axes):
    for angles in np.random.default_rng(0).uniform(-3.1, 3.1, (20, 3)):
        turn = scipys(axes, angles)
        matrix = euler.euler2mat(*angles, axes)
        np.testing.assert_allclose(matrix, turn.as_matrix(), atol=1e-12)
        q = euler.euler2quat(*angles, axes)
        np.testing.assert_allclose(helpers.quat2mat(q), turn.as_matrix(), atol=1e-12)
        for found in (euler.mat2euler(matrix, axes), euler.quat2euler(q, axes)):
            np.testing.assert_allclose(euler.euler2mat(*found, axes), matrix, atol=1e-9)
        axis, angle = euler.euler2axangle(*angles, axes)
        np.testing.assert_allclose(
            Rotation.from_rotvec(axis * angle).as_matrix(), matrix, atol=1e-12
        )
        found = euler.axangle2euler(axis, angle, axes)
        np.testing.assert_allclose(euler.euler2mat(*found, axes), matrix, atol=1e-9)


@pytest.mark.parametrize("axes", ORDERS)
def test_where_only_a_sum_of_angles_is_known(axes):
    second = 0.0 if axes[1] == axes[3] else np.pi / 2
    matrix = scipys(axes, [0.3, second, 0.4]).as_matrix()
    np.testing.assert_allclose(
        euler.euler2mat(*euler.mat2euler(matrix, axes), axes), matrix, atol=1e-7
    )


@pytest.mark.parametrize("axes", ["xyz", "sxxy", "qxyz", "sxy", "sxyw", ""])
def test_orders_that_are_none(axes):
    with pytest.raises(ValueError, match="give s or r and three axes"):
        euler.euler2quat(0.1, 0.2, 0.3, axes)


def test_more_quaternions():
    q = helpers.axangle2quat([0.0, 0.0, 2.0], np.pi / 2)
    np.testing.assert_allclose(q, [np.sqrt(0.5), 0, 0, np.sqrt(0.5)])
    np.testing.assert_allclose(helpers.rotate_vector([1.0, 0.0, 0.0], q), [0, 1, 0], atol=1e-15)
    np.testing.assert_allclose(helpers.qmult(q, helpers.qconjugate(q)), [1, 0, 0, 0], atol=1e-15)
    assert helpers.axangle2quat([0.0, 0.0, 0.0], 1.0).tolist() == [1.0, 0.0, 0.0, 0.0]
