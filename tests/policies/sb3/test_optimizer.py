"""Mixtures have many parameters, and an optimizer that passes over them once."""

import pytest
import torch
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3

from rewardlab.policies.sb3.adam import MoeAdam, without_subnormals
from tests.policies.sb3.cases import ALGORITHMS, Stream

MOE = {"n_experts": 4}


def build(algorithm, **kwargs):
    env = Stream(discrete=algorithm is DQN)
    kwargs = {"moe": MOE, **kwargs}
    return algorithm("MoePolicy", env, policy_kwargs=kwargs, device="cpu", **ALGORITHMS[algorithm])


def optimizers(model):
    parts = (model.policy, getattr(model, "actor", None), getattr(model, "critic", None))
    return [part.optimizer for part in parts if getattr(part, "optimizer", None) is not None]


@pytest.mark.parametrize("algorithm", [PPO, SAC, TD3, DQN])
def test_adam_is_fused_and_else_as_in_sb3(algorithm):
    found = optimizers(build(algorithm))
    assert found
    for optimizer in found:
        assert type(optimizer) is MoeAdam
        assert optimizer.defaults["fused"]
        assert optimizer.defaults["eps"] == (1e-5 if algorithm is PPO else 1e-8)


def test_what_is_asked_for_counts():
    asked = {"optimizer_kwargs": {"fused": False, "weight_decay": 0.1}}
    (optimizer,) = optimizers(build(PPO, **asked))
    assert not optimizer.defaults["fused"]
    assert optimizer.defaults["weight_decay"] == 0.1
    (optimizer,) = optimizers(build(PPO, optimizer_class=torch.optim.SGD))
    assert type(optimizer) is torch.optim.SGD
    (optimizer,) = optimizers(build(A2C))  # RMSprop
    assert not isinstance(optimizer, torch.optim.Adam)


SMALL = 1e-40
"""Subnormal in single precision."""


def counts(number):
    return bool((torch.tensor([number]) * 1.0 != 0).item())


@pytest.mark.parametrize("fused", [False, True])
def test_moments_of_what_gets_no_gradient_end_at_zero(fused):
    """Plain Adam's get stuck above it, where arithmetic is slow."""
    steps, stuck = 1200, {}
    for kind in (torch.optim.Adam, MoeAdam):
        weight = torch.nn.Parameter(torch.ones(4))
        optimizer = kind([weight], fused=fused)
        for i in range(steps):
            weight.grad = torch.full((4,), float(i == 0))
            optimizer.step()
        stuck[kind] = optimizer.state[weight]["exp_avg"]
    assert (stuck[torch.optim.Adam] != 0).all()
    assert (stuck[MoeAdam] == 0).all()


def test_steps_are_those_of_adam():
    torch.manual_seed(0)
    start, gradients = torch.randn(8), torch.randn(50, 8)
    ends = []
    for kind in (torch.optim.Adam, MoeAdam):
        weight = torch.nn.Parameter(start.clone())
        optimizer = kind([weight], lr=0.1, fused=True)
        for gradient in gradients:
            weight.grad = gradient.clone()
            optimizer.step()
        ends.append(weight.detach())
    assert torch.equal(*ends)


@pytest.mark.parametrize("before", [False, True])
def test_arithmetic_elsewhere_stays_as_the_user_has_it(before):
    try:
        torch.set_flush_denormal(before)
        with without_subnormals():
            assert not counts(SMALL)
        assert counts(SMALL) is not before
    finally:
        torch.set_flush_denormal(False)
