"""Tsallis hybrid routing: known answers of both rules, and the switch to all experts."""

import pytest
import torch

from rewardlab.errors import UsageError
from rewardlab.policies import make_gate

P = torch.tensor([[0.5, 0.3, 0.15, 0.05]], dtype=torch.float64)


def _route(p=P, **options):
    return make_gate("dynmole", p.shape[1], **options).route(p.log())


def test_a_known_choice_of_both_rules() -> None:
    options = {"top_p": 0.75, "top_k": 1, "entropy_threshold": 1.0}
    released = _route(rule="released", **options)
    assert released.mask.tolist() == [[True, False, False, False]]
    assert released.weights[0, 0] == pytest.approx(0.5)
    corrected = _route(rule="corrected", **options)
    assert corrected.mask.tolist() == [[True, True, False, False]]
    assert corrected.weights[0, :2].tolist() == pytest.approx([0.625, 0.375])


@pytest.mark.parametrize("rule", ["released", "corrected"])
@pytest.mark.parametrize("keep", [1, 2, 3])
def test_at_least_so_many_experts_are_kept(rule, keep) -> None:
    routed = _route(rule=rule, top_p=0.0, top_k=keep, entropy_threshold=1.0)
    assert routed.mask.sum() == keep
    assert routed.mask[0, :keep].all()


@pytest.mark.parametrize("rule", ["released", "corrected"])
def test_the_threshold_decides_whether_routing_is_soft(rule) -> None:
    torch.manual_seed(0)
    p = torch.randn(40, 8, dtype=torch.float64).softmax(1)
    never = _route(p, rule=rule, entropy_threshold=1.0)
    always = _route(p, rule=rule, entropy_threshold=0.0)
    assert float(never.notes["soft"]) == 0
    assert float(always.notes["soft"]) == 1
    assert always.mask.all()
    assert not never.mask.all(1).any()


def test_an_undecided_router_uses_all_experts_and_a_decided_one_few() -> None:
    flat = _route(torch.full((1, 8), 1 / 8, dtype=torch.float64))
    assert flat.mask.all()
    sharp = _route(torch.tensor([[50.0] + [0.0] * 7]).double().softmax(1))
    assert sharp.mask.sum() == 2


def test_the_corrected_rule_keeps_all_of_the_weight() -> None:
    torch.manual_seed(0)
    p = torch.randn(40, 8, dtype=torch.float64).softmax(1)
    torch.testing.assert_close(_route(p).weights.sum(1), torch.ones(40).double())


def test_the_mask_of_shuffled_experts_is_shuffled() -> None:
    order = torch.tensor([2, 0, 3, 1])
    options = {"top_k": 1, "entropy_threshold": 1.0}
    assert torch.equal(_route(P[:, order], **options).mask, _route(**options).mask[:, order])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rule": "release"}, "released"),
        ({"top_k": 5}, "top_k is between 1 and n_experts = 4"),
        ({"q": 0.0}, "q of a Tsallis entropy"),
        ({"top_p": 1.5}, "top_p"),
        ({"entropy_threshold": -0.1}, "entropy_threshold"),
    ],
)
def test_options_out_of_range_are_refused(options, words) -> None:
    with pytest.raises(UsageError, match=words):
        _route(**options)
