"""Expert prototyping: one expert of each prototype, known limits, capacity."""

import pytest
import torch

from rewardlab.errors import UsageError
from rewardlab.policies import MoELayer, make_gate


def _z(n_tokens: int = 30, n_experts: int = 8) -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randn(n_tokens, n_experts, dtype=torch.float64)


def test_one_expert_of_each_prototype_by_its_share_of_the_prototype() -> None:
    z = _z()
    routed = make_gate("prototype", 8, n_prototypes=2).route(z)
    blocks = routed.weights.view(30, 2, 4)
    assert ((blocks > 0).sum(-1) == 1).all()
    torch.testing.assert_close(blocks.amax(-1), z.view(30, 2, 4).softmax(-1).amax(-1))
    assert blocks.amax(-1).min() >= 1 / 4


def test_a_single_prototype_is_switch() -> None:
    z = _z()
    one, switch = make_gate("prototype", 8, n_prototypes=1), make_gate("softmax", 8, top_k=1)
    torch.testing.assert_close(one.route(z).weights, switch.route(z).weights)


def test_prototypes_of_one_expert_are_a_sum_of_dense_networks() -> None:
    gate = make_gate("prototype", 8, n_prototypes=8)
    assert torch.equal(gate.route(_z()).weights, torch.ones(30, 8).double())


def test_equal_logits_take_the_first_of_each_prototype() -> None:
    routed = make_gate("prototype", 8, n_prototypes=2).route(torch.zeros(3, 8))
    assert routed.weights.tolist() == [[0.25, 0, 0, 0, 0.25, 0, 0, 0]] * 3


def test_averaging_divides_by_their_number() -> None:
    z = _z()
    total = make_gate("prototype", 8, n_prototypes=4).route(z).weights
    mean = make_gate("prototype", 8, n_prototypes=4, combine="mean").route(z).weights
    torch.testing.assert_close(mean, total / 4)


def test_the_order_of_experts_inside_a_prototype_does_not_matter() -> None:
    torch.manual_seed(0)
    layer = MoELayer(5, 3, gate="prototype", n_experts=4, n_prototypes=2, expert_hidden=6)
    assert layer.gate.weight is not None
    layer.gate.weight.data.normal_()
    x = torch.randn(20, 5)
    before, order = layer(x), torch.tensor([1, 0, 3, 2])
    layer.gate.weight.data.copy_(layer.gate.weight[:, order])
    for weight in layer.experts.parameters():
        weight.data.copy_(weight[order])
    torch.testing.assert_close(layer(x), before)


@pytest.mark.parametrize("policy", ["probs", "position"])
def test_a_capacity_keeps_as_many_tokens_as_fit(policy: str) -> None:
    z = _z(64)
    gate = make_gate("prototype", 8, n_prototypes=2, capacity_factor=1.0, drop_policy=policy)
    routed, free = gate.route(z), make_gate("prototype", 8, n_prototypes=2).route(z)
    capacity = 16
    assert not gate.batch_independent
    assert torch.equal(routed.load, free.load.clamp_max(capacity))
    assert float(routed.notes["dropped"]) == pytest.approx(1 - routed.load.sum() / 128)
    for e in range(8):
        kept = free.mask[:, e].nonzero()[:, 0]
        if policy == "probs":
            kept = kept[free.weights[kept, e].argsort(descending=True, stable=True)]
        assert set(routed.mask[:, e].nonzero()[:, 0].tolist()) == set(kept[:capacity].tolist())


def test_every_token_is_served_by_every_prototype_without_a_capacity() -> None:
    load = make_gate("prototype", 8, n_prototypes=2).route(_z()).load
    assert load.view(2, 4).sum(1).tolist() == [30, 30]


def test_experts_that_cannot_be_divided_are_refused() -> None:
    with pytest.raises(UsageError, match="n_prototypes may be 1, 2, 3, 6"):
        make_gate("prototype", 6, n_prototypes=4)


def test_a_capacity_that_is_whole_is_not_rounded_up() -> None:
    """1.1 times ten tokens for each of two experts is 11.000000000000002 in floating point."""
    gate = make_gate("prototype", 2, n_prototypes=1, capacity_factor=1.1)
    routed = gate.route(torch.tensor([[1.0, 0.0]]).expand(20, 2))
    assert routed.load.tolist() == [11, 0]
