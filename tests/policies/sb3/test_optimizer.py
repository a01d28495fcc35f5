"""Mixtures have many parameters, and an optimizer that passes over them once."""

import pytest
import torch
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3

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
        assert type(optimizer) is torch.optim.Adam
        assert optimizer.defaults["fused"]
        assert optimizer.defaults["eps"] == (1e-5 if algorithm is PPO else 1e-8)


def test_what_is_asked_for_counts():
    asked = {"optimizer_kwargs": {"fused": False, "weight_decay": 0.1}}
    (optimizer,) = optimizers(build(PPO, **asked))
    assert not optimizer.defaults["fused"]
    assert optimizer.defaults["weight_decay"] == 0.1
    (optimizer,) = optimizers(build(A2C))  # RMSprop
    assert not isinstance(optimizer, torch.optim.Adam)
