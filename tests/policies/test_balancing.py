"""Balancing by a bias: fixed points and directions."""

import pytest
import torch

from rewardlab.policies.balancing import update_bias


def test_a_balanced_load_leaves_the_bias() -> None:
    bias = torch.tensor([0.1, -0.1, 0.0])
    torch.testing.assert_close(update_bias(bias, torch.tensor([4, 4, 4])), bias)


def test_without_recentring_the_overloaded_go_down_and_the_others_up() -> None:
    after = update_bias(torch.zeros(4), torch.tensor([9, 1, 1, 5]), rate=0.1, recentre=False)
    torch.testing.assert_close(after, torch.tensor([-0.1, 0.1, 0.1, -0.1]))


def test_recentring_takes_the_mean_away() -> None:
    after = update_bias(torch.zeros(4), torch.tensor([9, 0, 0, 0]), rate=0.1)
    assert float(after.sum()) == pytest.approx(0, abs=1e-7)
    assert after[0] < 0 < after[1]
