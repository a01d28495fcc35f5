"""Soft MoE: mixtures of tokens within a state, known answers and symmetries."""

import pytest
import torch

from rewardlab.errors import UsageError
from rewardlab.policies import MoELayer, make_gate
from rewardlab.policies.dispatch import slots
from rewardlab.policies.experts import Experts
from rewardlab.policies.gates.soft import SoftGate


def _gate(**options: object) -> SoftGate:
    torch.manual_seed(0)
    gate = make_gate("soft", 3, dim=5, **{"n_tokens": 4, "capacity_factor": 1.5, **options})
    assert isinstance(gate, SoftGate)
    assert gate.weight is not None
    gate.weight.data.normal_()
    return gate


def test_slots_take_all_of_the_tokens_and_tokens_get_all_of_the_slots() -> None:
    gate = _gate()
    routed = gate.route(torch.randn(6, 4, gate.n_logits))
    assert gate.n_logits == 6
    torch.testing.assert_close(routed.dispatch.sum(1), torch.ones(6, 6))
    torch.testing.assert_close(routed.combine.sum(2), torch.ones(6, 4))
    torch.testing.assert_close(routed.weights.sum(1), torch.ones(24))


@pytest.mark.parametrize("l2", [False, True])
def test_a_permutation_of_tokens_permutes_the_outputs(l2: bool) -> None:
    gate, experts = _gate(l2=l2), Experts(3, 5, 7, hidden=6)
    x, order = torch.randn(2, 4, 5), torch.tensor([2, 0, 3, 1])
    y = slots(x, gate.route(gate.logits(x)), experts)
    permuted = slots(x[:, order], gate.route(gate.logits(x[:, order])), experts)
    torch.testing.assert_close(permuted, y[:, order])


def test_equal_logits_and_experts_that_do_nothing_return_the_mean_token() -> None:
    gate, experts = _gate(), Experts(3, 5, 5)
    experts.B.data.copy_(torch.eye(5).expand(3, 5, 5))
    experts.b.data.zero_()
    x = torch.randn(2, 4, 5)
    y = slots(x, gate.route(torch.zeros(2, 4, gate.n_logits)), experts)
    torch.testing.assert_close(y, x.mean(1, keepdim=True).expand(2, 4, 5))


def test_states_do_not_influence_each_other() -> None:
    layer = MoELayer(12, 8, gate="soft", n_experts=3, expert_hidden=4, n_tokens=4)
    x = torch.randn(5, 12)
    torch.testing.assert_close(layer(x)[2:3], layer(x[2:3]))


def test_one_token_per_state_is_a_dense_mixture() -> None:
    torch.manual_seed(0)
    soft = MoELayer(6, 4, gate="soft", n_experts=3, expert_hidden=5)
    dense = MoELayer(6, 4, gate="dense", n_experts=3, expert_hidden=5)
    dense.load_state_dict(soft.state_dict())
    x = torch.randn(7, 6)
    torch.testing.assert_close(soft(x), dense(x))


def test_groups_of_an_observation_are_tokens_padded_to_one_width() -> None:
    layer = MoELayer(9, 6, gate="soft", n_experts=2, expert_hidden=4, groups=[4, 3, 2])
    assert layer(torch.randn(5, 9)).shape == (5, 6)
    assert layer.experts.dim == 4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_tokens": 5}, "width 9 cannot be cut into n_tokens = 5"),
        ({"groups": [4, 4]}, "add up to 8"),
        ({"n_tokens": 3, "capacity_factor": 0.0}, "capacity_factor"),
    ],
)
def test_tokens_that_do_not_fit_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        MoELayer(9, 9, gate="soft", n_experts=2, **options)  # type: ignore[arg-type]


def test_a_batch_is_not_taken_for_tokens() -> None:
    with pytest.raises(UsageError, match="states are not tokens of each other"):
        _gate()(torch.randn(4, 5))


@pytest.mark.parametrize("loss", ["importance", "router_z"])
def test_losses_reach_the_router(loss: str) -> None:
    gate = _gate()
    z = torch.randn(6, 4, gate.n_logits, dtype=torch.float64, requires_grad=True)
    gate.losses(z, gate.route(z))[loss].backward()
    assert z.grad is not None
    assert z.grad.abs().max() > 0
