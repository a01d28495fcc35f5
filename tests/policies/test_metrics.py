"""Known answers of routing metrics."""

import math

import pytest
import torch

from rewardlab.policies import metrics


def _sets(*chosen: tuple[int, ...], n_experts: int = 4) -> torch.Tensor:
    mask = torch.zeros(len(chosen), n_experts, dtype=torch.bool)
    for row, experts in zip(mask, chosen, strict=True):
        row[list(experts)] = True
    return mask


def test_the_last_checkpoint_is_saturated_and_disjoint_choices_are_not() -> None:
    last = _sets((0, 1), (2, 3))
    assert metrics.saturation(last, last) == 1
    assert metrics.saturation(_sets((2, 3), (0, 1)), last) == 0
    assert metrics.saturation(_sets((0, 2), (2, 3)), last) == 0.75


def test_change_is_none_for_equal_sets_and_whole_for_disjoint_ones() -> None:
    before = _sets((0, 1), (2, 3))
    assert metrics.change_rate(before, before) == 0
    assert metrics.change_rate(before, _sets((2, 3), (0, 1))) == 1


def test_a_varying_number_of_experts_is_divided_by_the_later_set() -> None:
    assert metrics.change_rate(_sets((0,)), _sets((0, 1, 2, 3))) == 0.75
    assert metrics.saturation(_sets((0, 1, 2, 3)), _sets((0,))) == 1


@pytest.mark.parametrize("used", [1, 2, 3, 8])
def test_utilisation_counts_equally_used_experts(used: int) -> None:
    share = torch.zeros(8)
    share[:used] = 0.3
    assert metrics.utilisation(share) == pytest.approx(used / 8)


def test_entropy_of_a_uniform_router_is_the_logarithm_of_experts() -> None:
    assert metrics.routing_entropy(torch.full((5, 8), 1 / 8)) == pytest.approx(math.log(8))
    assert metrics.routing_entropy(torch.eye(8)) == 0


def test_an_expert_for_each_task_informs_fully_and_shared_experts_not_at_all() -> None:
    tasks = torch.arange(4).repeat(10)
    assert metrics.task_information(torch.eye(4)[tasks], tasks) == pytest.approx(math.log(4))
    assert metrics.task_information(torch.ones(40, 4), tasks) == pytest.approx(0, abs=1e-12)
    halves = torch.eye(2)[tasks // 2]
    assert metrics.task_information(halves, tasks) == pytest.approx(math.log(2))


def test_information_leaves_out_states_without_experts() -> None:
    weights = torch.cat([torch.eye(2), torch.zeros(1, 2)])
    assert metrics.task_information(weights, torch.tensor([0, 1, 0])) == pytest.approx(math.log(2))


def test_equal_experts_are_alike_and_orthogonal_ones_are_not() -> None:
    torch.manual_seed(0)
    one = torch.randn(1, 6, 3)
    assert metrics.similarity(one.repeat(4, 1, 1)) == pytest.approx(1)
    assert metrics.similarity(torch.eye(3)[:, None].repeat(1, 6, 1)) == pytest.approx(0)


def test_silent_neurons_are_dormant() -> None:
    activations = torch.ones(10, 4)
    activations[:, 0] = 0
    assert metrics.dormant(activations) == 0.25
