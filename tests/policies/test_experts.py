"""Stacked experts begin as networks of their own would."""

import math

import pytest
import torch
from torch import nn

from rewardlab.errors import UnknownName
from rewardlab.policies.experts import Experts


def test_orthogonal_experts_keep_lengths_up_to_the_gain():
    made = Experts(4, 64, 32, hidden=48, init="orthogonal")
    for first, second in zip(made.A, made.B, strict=True):
        for weight in (first, second):
            values = torch.linalg.svdvals(weight)
            torch.testing.assert_close(values, torch.full_like(values, math.sqrt(2)))
    assert (made.a == 0).all()
    assert (made.b == 0).all()


def test_kaiming_experts_have_the_spread_of_single_layers():
    made = Experts(4, 64, 64, hidden=256, init="kaiming")
    alone = nn.Linear(64, 256), nn.Linear(256, 64)
    for stacked, biases, layer in zip((made.A, made.B), (made.a, made.b), alone, strict=True):
        for weight, bias in zip(stacked, biases, strict=True):
            assert weight.std().item() == pytest.approx(layer.weight.std().item(), rel=0.05)
            bound = layer.in_features**-0.5
            assert bound * 0.9 < weight.abs().max() <= bound
            assert 0 < bias.abs().max() <= bound


def test_experts_differ_and_a_linear_one_has_one_layer():
    made = Experts(3, 5, 4)
    assert made.A is None
    assert made.size == 20
    assert Experts(3, 5, 4, hidden=7).size == 7 * 9
    assert not torch.equal(made.B[0], made.B[1])


def test_activations_go_by_name_or_class_and_unknown_ones_name_the_closest():
    assert isinstance(Experts(2, 3, 3, hidden=4, act="tanh").act, nn.Tanh)
    assert isinstance(Experts(2, 3, 3, hidden=4, act=nn.Softplus).act, nn.Softplus)
    with pytest.raises(UnknownName, match=r"unknown activation 'rel'; did you mean .*relu"):
        Experts(2, 3, 3, hidden=4, act="rel")
    with pytest.raises(UnknownName, match=r"unknown initialisation 'ortogonal'.*orthogonal"):
        Experts(2, 3, 3, init="ortogonal")
