"""Formulas that shapers share, held to their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.shapers.formulas import returns_to_go


@pytest.mark.parametrize("after", [0.0, 4.0])
def test_returns_to_go_are_discounted_sums_and_the_value_of_where_they_end(after: float) -> None:
    rewards = [1.0, 0.0, -2.0]
    found = returns_to_go(rewards, gamma=0.5, after=after)
    assert found.tolist() == [0.5 + after / 8, -1.0 + after / 4, -2.0 + after / 2]


def test_returns_to_go_satisfy_their_recursion() -> None:
    rewards = np.random.default_rng(0).normal(size=50)
    found = returns_to_go(rewards, gamma=0.9, after=3.0)
    np.testing.assert_allclose(found, rewards + 0.9 * np.append(found[1:], 3.0))
