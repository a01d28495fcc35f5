"""Softmax of a bounded transform: bounds for any input."""

import pytest
import torch

from rewardlab.errors import UnknownName
from rewardlab.policies import make_gate
from rewardlab.policies.gates.modified_softmax import TRANSFORMS, ModifiedSoftmaxGate


def _gate(transform: str, n_experts: int = 4, dim: int = 3, **options: int) -> ModifiedSoftmaxGate:
    torch.manual_seed(0)
    gate = make_gate("modified_softmax", n_experts, dim=dim, transform=transform, **options)
    assert isinstance(gate, ModifiedSoftmaxGate)
    assert gate.weight is not None
    assert gate.offset is not None
    gate.weight.data.normal_()
    gate.offset.data.normal_()
    return gate


def test_the_identity_is_the_standard_gate() -> None:
    gate, plain = _gate("identity"), make_gate("softmax", 4, dim=3)
    assert plain.weight is not None
    assert gate.weight is not None
    assert gate.offset is not None
    plain.weight.data.copy_(gate.weight)
    gate.offset.data.zero_()
    x = torch.randn(9, 3)
    torch.testing.assert_close(gate(x).weights, plain(x).weights)


@pytest.mark.parametrize("scale", [1.0, 100.0, 1e6])
def test_log_odds_are_bounded_for_any_input(scale: float) -> None:
    gate = _gate("tanh", top_k=4)
    assert gate.weight is not None
    assert gate.offset is not None
    log_g = gate(scale * torch.randn(200, 3)).weights.log()
    for i in range(4):
        for j in range(4):
            bound = (gate.weight[:, i] - gate.weight[:, j]).abs().sum()
            bound = bound + (gate.offset[i] - gate.offset[j]).abs()
            assert (log_g[:, i] - log_g[:, j]).abs().max() <= bound + 1e-4


def test_far_inputs_are_routed_alike() -> None:
    gate = _gate("tanh")
    assert torch.equal(
        gate(torch.full((1, 3), 50.0)).weights, gate(torch.full((1, 3), 500.0)).weights
    )


def test_a_known_limit() -> None:
    gate = _gate("tanh", n_experts=2, dim=1)
    assert gate.weight is not None
    assert gate.offset is not None
    gate.weight.data.copy_(torch.tensor([[1.0, -1.0]]))
    gate.offset.data.zero_()
    weights = gate(torch.tensor([[1e6]])).weights
    torch.testing.assert_close(weights, torch.tensor([[0.8808, 0.1192]]), atol=1e-4, rtol=0)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_the_gradient_to_the_input_goes_through_the_transform(transform: str) -> None:
    gate = _gate(transform, top_k=4).double()
    x = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: gate(x).weights, x)


def test_an_unknown_transform_names_the_closest() -> None:
    with pytest.raises(UnknownName, match="tanh"):
        _gate("than")
