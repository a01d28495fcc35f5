"""Dimensions of data that has a known one."""

import numpy as np
import pytest

from rewardlab.errors import UnknownName, UsageError
from rewardlab.policies.dimension import intrinsic_dimension


def _bent(d, n=2000, wide=20):
    rng = np.random.default_rng(d)
    return np.sin(rng.standard_normal((n, d)) @ rng.standard_normal((d, wide)))


@pytest.mark.parametrize("d", [1, 2, 4])
def test_neighbours_see_the_dimension_of_a_bent_surface(d):
    assert intrinsic_dimension(_bent(d)) == pytest.approx(d, rel=0.15)
    assert intrinsic_dimension(_bent(d), "pca") > d  # it counts the bends


@pytest.mark.parametrize("d", [1, 3, 6])
def test_components_see_the_dimension_of_a_plane(d):
    rng = np.random.default_rng(0)
    flat = rng.standard_normal((500, d)) @ rng.standard_normal((d, 12))
    assert intrinsic_dimension(flat, "pca") <= d
    assert intrinsic_dimension(rng.standard_normal((5000, d)), "pca") == d


def test_scale_constant_columns_and_repeats_do_not_matter():
    x = _bent(2, n=500)
    other = np.hstack([x * np.logspace(-3, 3, 20), np.ones((500, 3))])
    assert intrinsic_dimension(np.vstack([other, other])) == pytest.approx(
        intrinsic_dimension(x), rel=1e-3
    )


def test_what_has_no_dimension_is_refused():
    with pytest.raises(UsageError, match="10 different states, got 1"):
        intrinsic_dimension(np.zeros((100, 3)))
    with pytest.raises(UsageError, match=r"shape \(5,\)"):
        intrinsic_dimension(np.zeros(5))
    with pytest.raises(UsageError, match="finite"):
        intrinsic_dimension(np.full((20, 2), np.nan))
    with pytest.raises(UnknownName, match="twonn"):
        intrinsic_dimension(_bent(2), "towns")
