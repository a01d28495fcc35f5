"""What is said of mixtures: costs, warnings, the plane of states, experts by task."""

import numpy as np
import pytest

from rewardlab.evaluation.mixturecosts import cost
from rewardlab.evaluation.mixtureplots import by_task, colours, draw
from rewardlab.evaluation.mixtures import Mixture, Mixtures
from rewardlab.evaluation.visited import plane
from rewardlab.policies import MoELayer


def mixture(weights, **facts):
    weights = np.asarray(weights, float)
    load = (weights > 0).mean(0)
    known = {
        "gate": "softmax",
        "labels": tuple(map(str, range(weights.shape[1]))),
        "weights": weights,
        "load": load,
        "ideal": load.mean(),
        "utilisation": 1.0,
        "entropy": 0.5,
        "information": None,
        "cost": cost(MoELayer(3, 2, n_experts=weights.shape[1], top_k=1), 1),
        "curves": {},
        "advice": "balance_rate=1e-3",
    }
    return Mixture(**{**known, **facts})


def mixtures(one, tasks=None):
    n = len(one.weights)
    return Mixtures("a run", {"actor": one}, np.zeros((n, 2)), (0.5, 0.5), tasks)


def test_parameters_and_operations_of_a_layer():
    layer = MoELayer(3, 2, gate="softmax", n_experts=4, top_k=2, expert_hidden=5, n_shared=1)
    one, router = (3 * 5 + 5) + (5 * 2 + 2), 3 * 4
    assert sum(p.numel() for p in layer.parameters()) == router + 5 * one
    found = cost(layer, 2.0)
    assert found.parameters == router + 5 * one
    assert found.active == router + 3 * one
    assert found.flops == 2 * (router + 3 * (3 * 5 + 5 * 2))


def test_soft_experts_are_paid_by_the_slot():
    layer = MoELayer(4, 6, gate="soft", n_experts=2, n_tokens=2)  # two slots, tokens 2 -> 3
    found = cost(layer, 2.0)
    assert found.parameters == found.active == 2 * 2 + 2 * (2 * 3 + 3)
    assert found.flops == 2 * (2 * 2 + 2 * (2 * 3 / 2 + 2 + 3))


def test_a_collapse_is_warned_of_with_what_to_try():
    weights = np.eye(4)[np.arange(8) % 4]
    steps = np.array([1.0, 2.0])
    collapsed = {"weight_utilisation": (steps, np.array([1.0, 0.3]))}
    (said,) = mixtures(mixture(weights, curves=collapsed)).warnings
    assert said.startswith("actor: routing has collapsed: as if 1.2 of 4 experts")
    assert "try balance_rate=1e-3, or fewer experts" in said
    (said,) = mixtures(mixture(np.eye(4)[[0, 1, 2, 0]])).warnings
    assert "no visited state uses expert 3" in said
    assert mixtures(mixture(weights)).warnings == []


def test_the_plane_holds_what_varies():
    rng = np.random.default_rng(0)
    line = rng.normal(size=(100, 1)) * [[1.0, 5.0, -2.0]]
    points, (first, second) = plane(line + np.array([3.0, 0.0, 1.0]))
    assert first == pytest.approx(1)
    assert second == pytest.approx(0, abs=1e-9)
    assert abs(np.corrcoef(points[:, 0], line[:, 0])[0, 1]) == pytest.approx(1)
    assert plane({"a": np.zeros((5, 1)), "b": np.zeros(5)})[0].shape == (5, 2)


def test_shares_by_task_sum_to_one():
    one = mixture([[1, 0], [1, 0], [0, 0.5], [0.25, 0.25]], information=0.3)
    shares = by_task(one, np.array([0, 0, 1, 1]))
    np.testing.assert_allclose(shares, [[1, 0], [0.25, 0.75]])


@pytest.mark.parametrize("n", [1, 8, 32])
def test_any_number_of_experts_is_drawn_in_colours_of_their_own(n, tmp_path):
    assert len(set(map(tuple, colours(n)))) == n
    weights = np.random.default_rng(0).random((50, n))
    draw(mixtures(mixture(weights, information=0.0), np.arange(50) % 3), tmp_path / "x.png")
    assert (tmp_path / "x.png").stat().st_size > 5000
