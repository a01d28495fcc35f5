"""The baseline gate: order of ties, both orders of softmax and top-k, balancing by a bias."""

import pytest
import torch

from rewardlab.errors import UsageError
from rewardlab.policies import make_gate
from rewardlab.policies.gates.token_choice import TokenChoiceGate


def test_chosen_weights_are_a_softmax_over_the_chosen() -> None:
    z = torch.tensor([[2.0, 0.0, 1.0, -1.0]], dtype=torch.float64)
    routed = make_gate("softmax", 4).route(z)
    assert routed.indices is not None
    assert routed.indices.tolist() == [[0, 2]]
    torch.testing.assert_close(routed.weights[0, [0, 2]], z[0, [0, 2]].softmax(0))
    assert routed.weights[0, [1, 3]].tolist() == [0, 0]


def test_without_renormalising_they_are_their_part_of_the_whole() -> None:
    z = torch.randn(5, 4, dtype=torch.float64)
    routed = make_gate("softmax", 4, renormalize=False).route(z)
    torch.testing.assert_close(routed.weights, z.softmax(-1) * routed.mask)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_ties_go_to_the_lowest_index(k: int) -> None:
    routed = make_gate("softmax", 8, top_k=k).route(torch.zeros(3, 8))
    assert routed.indices is not None
    assert routed.indices.tolist() == [list(range(k))] * 3


def test_all_experts_are_the_softmax() -> None:
    z = torch.randn(6, 4, dtype=torch.float64)
    torch.testing.assert_close(make_gate("softmax", 4, top_k=4).route(z).weights, z.softmax(-1))


def test_one_expert_weighs_by_its_probability_so_that_the_router_learns() -> None:
    z = torch.randn(6, 4, dtype=torch.float64, requires_grad=True)
    make_gate("softmax", 4, top_k=1).route(z).weights.sum().backward()
    assert z.grad is not None
    assert z.grad.abs().min() > 0


def test_one_renormalised_expert_is_warned_of_since_its_router_has_no_gradient() -> None:
    with pytest.warns(UserWarning, match="never learns"):
        gate = make_gate("softmax", 4, top_k=1, renormalize=True)
    z = torch.randn(6, 4, dtype=torch.float64, requires_grad=True)
    gate.route(z).weights.square().sum().backward()
    assert z.grad is not None
    assert z.grad.abs().max() == 0


@pytest.mark.parametrize("name", ["softmax", "sigmoid", "modified_softmax"])
def test_a_bias_selects_and_does_not_weigh(name: str) -> None:
    gate = make_gate(name, 4, top_k=2)
    z = torch.randn(6, 4, dtype=torch.float64)
    bias = torch.tensor([0.0, 0.0, 9.0, 9.0], dtype=torch.float64)
    routed = gate.route(z, state={"bias": bias})
    assert routed.mask.tolist() == [[False, False, True, True]] * 6
    log_odds = (routed.weights[:, 2] / routed.weights[:, 3]).log()
    scores = z.sigmoid().log() if name == "sigmoid" else z
    torch.testing.assert_close(log_odds, scores[:, 2] - scores[:, 3])


@pytest.mark.parametrize("name", ["softmax", "sigmoid"])
def test_balancing_moves_load_away_from_the_overloaded_once_per_iteration(name: str) -> None:
    torch.manual_seed(0)
    gate = make_gate(name, 4, dim=3, top_k=1 if name == "softmax" else 2, balance_rate=0.05)
    assert isinstance(gate, TokenChoiceGate)
    assert gate.weight is not None
    gate.weight.data.copy_(torch.tensor([[1.0, 0.5, 0.0, -0.5]] * 3))
    x = torch.rand(64, 3)
    first = gate(x).load
    start = gate.running_bias.clone()
    gate(x)
    torch.testing.assert_close(gate.running_bias, start)  # nothing moves between advances
    for _ in range(60):
        gate(x)
        gate.advance(0.5)
    assert float(gate.running_bias.sum()) == pytest.approx(0, abs=1e-5)
    assert gate(x).load.max() < first.max()


def test_acting_is_not_counted_as_load() -> None:
    gate = make_gate("softmax", 4, dim=3, balance_rate=0.1)
    assert isinstance(gate, TokenChoiceGate)
    with torch.no_grad():
        gate(torch.randn(5, 3))
    gate.eval()(torch.randn(5, 3))
    assert gate.running_load.sum() == 0


@pytest.mark.parametrize(
    ("k", "words"), [(0, "top_k"), (5, "top_k is between 1 and n_experts = 4")]
)
def test_more_experts_than_there_are_is_refused(k: int, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make_gate("softmax", 4, top_k=k)
