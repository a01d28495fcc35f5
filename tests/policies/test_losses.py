"""Known answers of the routers' losses."""

import math

import pytest
import torch

from rewardlab.policies import losses

E = 4


def _one_hot(*experts: int) -> torch.Tensor:
    return torch.eye(E, dtype=torch.float64)[list(experts)]


def test_load_balance_is_one_where_experts_are_used_alike() -> None:
    uniform = torch.full((8, E), 1 / E, dtype=torch.float64)
    mask = _one_hot(0, 1, 2, 3, 0, 1, 2, 3).bool()
    assert losses.load_balance(uniform, mask) == pytest.approx(1)


def test_load_balance_of_a_collapse_is_the_number_of_experts_chosen_from() -> None:
    all_mass = _one_hot(0, 0, 0)
    assert losses.load_balance(all_mass, all_mass.bool()) == pytest.approx(E)
    two = torch.tensor([[True, True, False, False]]).expand(3, E)
    assert losses.load_balance(all_mass, two) == pytest.approx(E / 2)


def test_z_loss_of_equal_logits() -> None:
    assert losses.router_z(torch.zeros(5, E)) == pytest.approx(math.log(E) ** 2)


def test_importance_is_the_population_variance_over_the_squared_mean() -> None:
    assert losses.importance(torch.full((5, E), 1 / E)) == pytest.approx(0, abs=1e-9)
    assert losses.importance(_one_hot(0, 0)) == pytest.approx(3.0)  # totals 2, 0, 0, 0


def test_tsallis_entropy_known_values() -> None:
    p = torch.tensor([[0.75, 0.25]], dtype=torch.float64)
    assert losses.tsallis_entropy(p, 2.0) == pytest.approx(0.375)
    assert losses.tsallis_entropy(p, 2.0, normalized=True) == pytest.approx(0.75)
    shannon = -(p * p.log()).sum()
    assert losses.tsallis_entropy(p, 1.0) == pytest.approx(float(shannon))
    assert losses.tsallis_entropy(p, 1 + 1e-6) == pytest.approx(float(shannon), abs=2e-6)


@pytest.mark.parametrize("q", [0.5, 1.0, 1.1, 2.0])
def test_normalised_entropy_is_one_for_uniform_and_zero_for_certain(q) -> None:
    uniform = torch.full((1, E), 1 / E, dtype=torch.float64)
    assert losses.tsallis_entropy(uniform, q, normalized=True) == pytest.approx(1)
    assert losses.tsallis_entropy(_one_hot(2), q, normalized=True) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("q", [0.5, 1.0, 1.1, 2.0])
def test_mixing_with_the_uniform_never_lowers_entropy(q) -> None:
    torch.manual_seed(0)
    p = torch.randn(50, E, dtype=torch.float64).softmax(1)
    last = losses.tsallis_entropy(p, q)
    for share in (0.2, 0.5, 0.9):
        mixed = losses.tsallis_entropy((1 - share) * p + share / E, q)
        assert (mixed >= last - 1e-12).all()
        last = mixed


def test_dynmole_balance_of_uniform_soft_routing_is_one() -> None:
    uniform = torch.full((5, E), 1 / E)
    assert losses.weighted_balance(uniform, uniform) == pytest.approx(1)


def test_evomoe_balance_of_all_active_experts_is_their_number() -> None:
    weights = torch.randn(5, E).softmax(1)
    every = torch.ones(5, E, dtype=torch.bool)
    assert losses.dense_to_sparse_balance(weights, every) == pytest.approx(E)
