"""Gates by name, and what all of them have in common."""

import pytest
import torch

from rewardlab.errors import UnknownName, UsageError
from rewardlab.policies import make_gate
from rewardlab.policies.gates.make import GATES

FLAT = sorted(set(GATES) - {"soft"})
"""Gates of logits `(T, E)`."""


def test_all_promised_gates_exist() -> None:
    promised = "softmax prototype expert_choice sigmoid modified_softmax dts dynmole soft dense"
    assert set(GATES) == set(promised.split())


def test_an_unknown_gate_names_the_closest() -> None:
    with pytest.raises(UnknownName, match="dynmole"):
        make_gate("dynamole", 4)


def test_an_unknown_option_names_the_closest() -> None:
    with pytest.raises(UsageError, match="top_k"):
        make_gate("softmax", 4, topk=2)


@pytest.mark.parametrize("n_experts", [0, -1, 2.5, True])
def test_a_number_of_experts_that_is_none_is_refused(n_experts) -> None:
    with pytest.raises(UsageError, match="n_experts"):
        make_gate("softmax", n_experts)


@pytest.mark.parametrize("name", FLAT)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_routing_is_a_pure_function_of_logits_in_their_precision(name, dtype) -> None:
    torch.manual_seed(0)
    gate, z = make_gate(name, 8), torch.randn(20, 8, dtype=dtype)
    before = {key: value.clone() for key, value in gate.state_dict().items()}
    first, second = gate.route(z), gate.route(z)
    assert torch.equal(first.weights, second.weights)
    assert first.weights.dtype == dtype
    assert torch.equal(first.mask, first.weights > 0)
    assert first.weights.shape == first.probs.shape == (20, 8)
    assert all(torch.equal(gate.state_dict()[key], value) for key, value in before.items())


@pytest.mark.parametrize("name", FLAT)
def test_a_token_is_routed_as_if_alone(name) -> None:
    torch.manual_seed(0)
    gate, z = make_gate(name, 8), torch.randn(20, 8)
    assert gate.batch_independent
    together = gate.route(z).weights
    alone = torch.cat([gate.route(row[None]).weights for row in z])
    torch.testing.assert_close(together, alone, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("name", FLAT)
def test_chosen_experts_are_listed_in_the_order_of_selection(name) -> None:
    torch.manual_seed(0)
    routed = make_gate(name, 8).route(torch.randn(20, 8))
    if routed.indices is not None:
        chosen = routed.probs.gather(1, routed.indices)
        assert (chosen.diff(dim=1) <= 0).all()
        assert torch.equal(routed.mask.sum(1), torch.full((20,), routed.indices.shape[1]))


@pytest.mark.parametrize("name", FLAT)
def test_weights_have_the_gradient_of_finite_differences(name) -> None:
    torch.manual_seed(0)
    gate = make_gate(name, 5, **({"n_prototypes": 1} if name == "prototype" else {}))
    z = torch.randn(6, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda z: gate.route(z).weights, z)


@pytest.mark.parametrize("name", FLAT)
def test_every_loss_has_a_gradient(name) -> None:
    torch.manual_seed(0)
    gate = make_gate(name, 4)
    z = torch.randn(30, 4, dtype=torch.float64) + torch.tensor([1.0, 0.0, 0.0, 0.0])
    z.requires_grad_()
    for loss in gate.losses(z, gate.route(z)).values():
        (gradient,) = torch.autograd.grad(loss, z, retain_graph=True)
        assert gradient.abs().max() > 0


@pytest.mark.parametrize("name", FLAT)
def test_a_step_of_a_balancing_loss_lowers_the_overloaded_expert(name) -> None:
    torch.manual_seed(0)
    gate = make_gate(name, 4)
    gate.advance(1.0)  # while all experts are active, EvoMoE's balance is constant
    z = torch.randn(200, 4, dtype=torch.float64) + torch.tensor([1.0, 0.0, 0.0, 0.0])
    offset = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    losses = gate.losses(z + offset, gate.route(z))
    for balancing in {"load_balance", "importance", "balance"} & set(losses):
        (gradient,) = torch.autograd.grad(losses[balancing], offset, retain_graph=True)
        after = (z - 0.1 * gradient).softmax(1).mean(0)
        assert after[0] < z.softmax(1).mean(0)[0]


def test_routers_leave_half_precision() -> None:
    gate = make_gate("softmax", 4, dim=8)
    x = torch.randn(3, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        z = gate.logits(x)
    assert z.dtype == torch.float32
    assert torch.equal(z, gate.logits(x))
