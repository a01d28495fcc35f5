"""A loss that is added to whatever loss is made of an output."""

import torch

from rewardlab.policies.aux import add_aux


def tensors():
    torch.manual_seed(0)
    x = torch.randn(5, 3)
    return x, torch.randn(3, 2, requires_grad=True), torch.randn(3, 4, requires_grad=True)


def aux_of(x, router):
    return 0.3 * (x @ router).logsumexp(-1).square().mean()


def gradients(build):
    x, weight, router = tensors()
    build(x, weight, router).backward()
    return weight.grad, router.grad


def test_gradients_are_those_of_an_explicit_term():
    def explicit(x, weight, router):
        return (x @ weight).square().mean() + aux_of(x, router)

    def added(x, weight, router):
        return add_aux(x @ weight, aux_of(x, router)).square().mean()

    for mine, theirs in zip(gradients(added), gradients(explicit), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=0)


def test_it_is_added_once_however_often_the_output_is_used():
    def often(x, weight, router):
        y = add_aux(x @ weight, aux_of(x, router))
        return 7 * y.sum() - y[0].exp().sum() + y.mean()

    def scaled_to_nothing(x, weight, router):
        return (add_aux(x @ weight, aux_of(x, router)) * 0).sum()

    x, _, router = tensors()
    aux_of(x, router).backward()
    for build in (often, scaled_to_nothing):
        torch.testing.assert_close(gradients(build)[1], router.grad)


def test_two_forward_passes_add_it_twice():
    def twice(x, weight, router):
        return sum(add_aux(x @ weight, aux_of(x, router)).sum() for _ in range(2))

    x, _, router = tensors()
    aux_of(x, router).backward()
    torch.testing.assert_close(gradients(twice)[1], 2 * router.grad)


def test_the_output_is_the_same_and_without_gradients_nothing_is_kept():
    x, weight, router = tensors()
    y = x @ weight
    assert torch.equal(add_aux(y, aux_of(x, router)), y)
    with torch.no_grad():
        assert add_aux(y.detach(), aux_of(x, router)).grad_fn is None
