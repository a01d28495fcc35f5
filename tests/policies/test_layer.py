"""A layer adds up routed and shared experts, and auxiliary losses to the gradient."""

import pytest
import torch

from rewardlab.errors import UnknownName
from rewardlab.policies.aux import add_aux
from rewardlab.policies.dispatch import mixture
from rewardlab.policies.layer import MoELayer


def layer(**options):
    torch.manual_seed(0)
    return MoELayer(6, 3, n_experts=4, expert_hidden=5, **options).double()


def tokens(n=9, grad=False):
    torch.manual_seed(1)
    return torch.randn(n, 6, dtype=torch.float64, requires_grad=grad)


def test_the_gradient_is_that_of_the_explicit_loss():
    coefs = {"load_balance": 0.3, "router_z": 0.1}
    made, x = layer(aux_coefs=coefs), tokens()
    made(x).square().mean().backward()
    got = [p.grad.clone() for p in made.parameters()]
    made.zero_grad()
    plain = layer()
    plain.load_state_dict(made.state_dict())
    routed = plain.gate(x)
    losses = plain.gate.losses(plain.gate.logits(x), routed)
    loss = plain(x).square().mean() + sum(c * losses[name] for name, c in coefs.items())
    loss.backward()
    for mine, parameter in zip(got, plain.parameters(), strict=True):
        torch.testing.assert_close(mine, parameter.grad, atol=1e-13, rtol=1e-10)


def test_an_output_used_twice_adds_its_loss_once_and_two_passes_add_it_twice():
    w = torch.tensor(2.0, requires_grad=True)

    def once():
        return add_aux(torch.ones(3) * w.detach(), w.square())

    y = once()
    (y.sum() + 5 * y.sum() + 0 * y.sum()).backward()
    assert w.grad == 4
    w.grad = None
    (once().sum() * 0 + once().sum()).backward()
    assert w.grad == 8


def test_no_auxiliary_loss_reaches_the_input():
    x = tokens(grad=True)
    grads = []
    for coef in (0.0, 10.0):
        made = layer(aux_coefs={"load_balance": coef})
        grads.append(torch.autograd.grad(made(x).square().sum(), x)[0])
    assert torch.equal(*grads)


def test_losses_that_a_gate_does_not_have_are_named():
    with pytest.raises(UnknownName, match="auxiliary loss of gate 'softmax' 'load_balanced'"):
        layer(aux_coefs={"load_balanced": 1.0})
    with pytest.raises(UnknownName, match="unknown dispatch 'sort'; did you mean sorted"):
        layer(dispatch="sort")
    with pytest.raises(UnknownName, match="unknown shared_combine"):
        layer(n_shared=1, shared_combine="mean")


def test_shared_experts_alone_are_a_plain_network():
    made, x = layer(n_shared=1, routed_scaling=0.0), tokens()
    shared = made.shared
    torch.testing.assert_close(
        made(x), torch.relu(x @ shared.A[0].t() + shared.a[0]) @ shared.B[0] + shared.b[0]
    )


def test_shared_experts_add_up_or_are_half_of_the_output():
    x = tokens()
    for combine in ("sum", "half"):
        made = layer(n_shared=2, shared_combine=combine, routed_scaling=2.5)
        routed = 2.5 * mixture(x, made.gate(x).weights, made.experts)
        both = [mixture(x, w, made.shared) for w in torch.eye(2, dtype=torch.float64)]
        if combine == "sum":
            torch.testing.assert_close(made(x), routed + both[0] + both[1])
            continue
        torch.testing.assert_close(made(x), routed / 2 + (both[0] + both[1]) / 4)
        made.shared_logits.data = torch.tensor([0.0, 3.0], dtype=torch.float64).log1p()
        torch.testing.assert_close(made(x), routed / 2 + (both[0] + 4 * both[1]) / 10)


def test_it_counts_what_experts_got_in_training_passes_alone():
    made, x = layer(top_k=3), tokens(8)
    made(x)
    made(x)
    routed = made.gate(x)
    with torch.no_grad():
        made(x)
    made.eval()
    made(x)
    assert made.seen_tokens == 16
    torch.testing.assert_close(made.seen_load, 2 * routed.load.double())
    torch.testing.assert_close(made.seen_mass, 2 * routed.weights.detach().sum(0))
    assert not made.seen_mass.requires_grad


def test_what_autocast_does_leaves_the_choice_of_experts_alone():
    torch.manual_seed(0)
    made = MoELayer(32, 8, n_experts=8, expert_hidden=16, dispatch="wide")
    x = torch.randn(512, 32)
    plain = made.gate(x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(made.gate(x).mask, plain.mask)
        assert made(x).isfinite().all()
