"""All ways of dispatch are one function, and so are their gradients."""

import pytest
import torch

from rewardlab.errors import UsageError
from rewardlab.policies import dispatch
from rewardlab.policies.dispatch import DISPATCHES, mixture
from rewardlab.policies.experts import Experts
from rewardlab.policies.router import RouterOutput, chosen

WAYS = ("auto", "wide", "sorted", "grouped", "gather")


def experts(hidden, dtype=torch.float64, n=5, dim=6, out_dim=3):
    torch.manual_seed(1)
    return Experts(n, dim, out_dim, hidden=hidden, act="tanh", init="kaiming").to(dtype)


def choice(rows, n=5):
    """Return routing by logits: each row of `rows` names the experts of one token."""
    z = torch.randn(len(rows), n, dtype=torch.float64)
    indices = torch.tensor(rows)
    mask = chosen(indices, n)
    weights = (z.masked_fill(~mask, -torch.inf)).softmax(-1).requires_grad_()
    return weights, mask, indices


def by_hand(x, weights, made):
    """Return the sum over experts, each a network of its own."""
    y = 0
    for e in range(made.n):
        inner = x if made.A is None else made.act(x @ made.A[e].t() + made.a[e])
        y = y + weights[:, e, None] * (inner @ made.B[e] + made.b[e])
    return y


def gradients(y, *inputs):
    torch.manual_seed(2)
    return torch.autograd.grad((y * torch.randn_like(y)).sum(), inputs, retain_graph=True)


ROUTES = {
    "every expert has tokens": [[0, 1], [2, 3], [4, 0], [1, 2]],
    "three have none": [[3, 1], [1, 3], [3, 1], [1, 3]],
    "one of one token": [[2, 4]],
    "one each": [[0], [0], [4]],
    "all": [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0]],
}


@pytest.mark.parametrize("hidden", [None, 7], ids=["linear", "hidden"])
@pytest.mark.parametrize("rows", ROUTES.values(), ids=ROUTES)
@pytest.mark.parametrize("way", WAYS)
def test_outputs_and_all_gradients_agree_with_experts_run_by_hand(way, rows, hidden):
    dtype = torch.float32 if way == "grouped" else torch.float64  # no other product of groups
    made = experts(hidden, dtype)
    torch.manual_seed(0)
    weights, mask, indices = choice(rows)
    weights = weights.detach().to(dtype).requires_grad_()
    x = torch.randn(len(rows), 6, dtype=dtype, requires_grad=True)
    used = weights * mask  # as in every gate, so that unused weights have no gradient
    y = DISPATCHES[way](x, RouterOutput(used, mask, indices, used), made)
    expected = by_hand(x, used, made)
    tolerance = 1e-5 if dtype == torch.float32 else 1e-12
    torch.testing.assert_close(y, expected, atol=tolerance, rtol=tolerance)
    inputs = (x, weights, *made.parameters())
    for mine, theirs in zip(gradients(y, *inputs), gradients(expected, *inputs), strict=True):
        torch.testing.assert_close(mine, theirs, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("way", WAYS)
def test_an_expert_without_tokens_has_a_gradient_of_exactly_zero(way):
    made = experts(8, torch.float32)
    weights, mask, indices = choice([[1, 3], [3, 1], [1, 3]])
    x = torch.randn(3, 6)
    y = DISPATCHES[way](x, RouterOutput(weights.float(), mask, indices, weights), made)
    for gradient in gradients(y, *made.parameters()):
        assert (gradient[[0, 2, 4]] == 0).all()
        assert (gradient[[1, 3]] != 0).any()


@pytest.mark.parametrize("way", ["sorted", "grouped"])
def test_gradients_that_are_one_number_for_all_elements_pass(way):
    made = experts(8, torch.float32)
    weights, mask, indices = choice([[1, 3], [3, 1], [1, 3]])
    y = DISPATCHES[way](
        torch.randn(3, 6), RouterOutput(weights.float(), mask, indices, weights), made
    )
    y.sum().backward()  # its gradient is expanded, not stored
    assert made.B.grad.isfinite().all()


@pytest.mark.parametrize("hidden", [None, 7])
def test_sorted_experts_have_the_gradients_of_finite_differences(hidden):
    made = experts(hidden)
    _, mask, indices = choice([[0, 1], [1, 4], [1, 0]])
    weights = torch.rand(3, 5, dtype=torch.float64).requires_grad_()
    x = torch.randn(3, 6, dtype=torch.float64, requires_grad=True)
    names, parameters = zip(*made.named_parameters(), strict=True)

    def run(x, weights, *values):
        state = dict(zip(names, values, strict=True))
        routed = RouterOutput(weights * mask, mask, indices, weights)
        return torch.func.functional_call(Sorted(made, routed), prefixed(state), (x,))

    assert torch.autograd.gradcheck(run, (x, weights, *parameters))


class Sorted(torch.nn.Module):
    def __init__(self, made, routed):
        super().__init__()
        self.made, self.routed = made, routed

    def forward(self, x):
        return dispatch.sorted_by_expert(x, self.routed, self.made)


def prefixed(state):
    return {f"made.{name}": value for name, value in state.items()}


@pytest.mark.parametrize("n_tokens", [1, 2, 40])
@pytest.mark.parametrize("hidden", [None, 7])
@pytest.mark.parametrize("way", ["auto", "wide", "sorted"])
def test_experts_that_differ_in_number_from_token_to_token(way, n_tokens, hidden):
    made = experts(hidden)
    torch.manual_seed(0)
    mask = torch.rand(n_tokens, 5) < 0.5
    mask[0] = torch.tensor([True, False, True, True, False])
    weights = torch.rand(n_tokens, 5, dtype=torch.float64) * mask
    x = torch.randn(n_tokens, 6, dtype=torch.float64)
    routed = RouterOutput(weights, mask, None, weights)
    expected = by_hand(x, weights, made)
    torch.testing.assert_close(DISPATCHES[way](x, routed, made), expected)
    with torch.no_grad():  # acting has a shorter way
        torch.testing.assert_close(DISPATCHES[way](x, routed, made), expected)


def test_tokens_without_any_expert_get_nothing():
    made = experts(7)
    nothing = torch.zeros(2, 5, dtype=torch.float64)
    routed = RouterOutput(nothing, nothing > 0, None, nothing)
    x = torch.randn(2, 6, dtype=torch.float64)
    for way in ("wide", "sorted"):
        assert (DISPATCHES[way](x, routed, made) == 0).all()


def test_gathering_needs_a_fixed_number_of_experts():
    weights = torch.rand(2, 5, dtype=torch.float64)
    routed = RouterOutput(weights, weights > 0.5, None, weights)
    with pytest.raises(UsageError, match="dispatch 'gather' needs a gate that chooses the same"):
        dispatch.gather(torch.randn(2, 6, dtype=torch.float64), routed, experts(7))


def test_one_weight_per_expert_is_the_same_for_all_tokens():
    made = experts(7)
    x = torch.randn(4, 6, dtype=torch.float64)
    weights = torch.rand(5, dtype=torch.float64)
    torch.testing.assert_close(mixture(x, weights, made), by_hand(x, weights.expand(4, 5), made))
