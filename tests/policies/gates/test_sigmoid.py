"""Normalised sigmoid: known answers against the softmax, and where the quotient is 0/0."""

import math

import pytest
import torch

from rewardlab.policies import make_gate


def _route(z: list[list[float]], name: str = "sigmoid", k: int = 2) -> torch.Tensor:
    tensor = torch.tensor(z, dtype=torch.float64)
    return make_gate(name, tensor.shape[1], top_k=k).route(tensor).weights


def test_known_weights_of_both_gates() -> None:
    z = [[math.log(3), 0.0]]
    torch.testing.assert_close(_route(z, "softmax")[0], torch.tensor([0.75, 0.25]).double())
    torch.testing.assert_close(_route(z)[0], torch.tensor([0.6, 0.4]).double())


def test_weights_of_the_chosen_sum_to_one() -> None:
    torch.manual_seed(0)
    weights = make_gate("sigmoid", 8, top_k=3).route(torch.randn(50, 8)).weights
    assert weights.min() >= 0
    torch.testing.assert_close(weights.sum(1), torch.ones(50))


def test_it_is_the_quotient_where_that_exists() -> None:
    torch.manual_seed(0)
    z = torch.randn(50, 8, dtype=torch.float64)
    routed = make_gate("sigmoid", 8, top_k=3).route(z)
    s = z.sigmoid() * routed.mask
    torch.testing.assert_close(routed.weights, s / s.sum(1, keepdim=True))


def test_very_low_logits_in_single_precision_are_a_softmax() -> None:
    z = torch.tensor([[-200.0, -201.0, -300.0]])
    weights = make_gate("sigmoid", 3, top_k=2).route(z).weights
    torch.testing.assert_close(weights[0, :2], z[0, :2].softmax(0))


def test_very_high_logits_are_uniform() -> None:
    torch.testing.assert_close(_route([[60.0, 50.0]])[0], torch.tensor([0.5, 0.5]).double())


def test_the_softmax_is_invariant_to_shifts_and_this_is_not() -> None:
    torch.testing.assert_close(_route([[1.0, 0.0]], "softmax"), _route([[3.0, 2.0]], "softmax"))
    assert (_route([[1.0, 0.0]]) - _route([[3.0, 2.0]])).abs().max() > 0.01


def test_one_expert_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="top_k=1"):
        make_gate("sigmoid", 4, top_k=1)
