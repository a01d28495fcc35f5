"""Dense to sparse: temperature, noise, and expert 0 alone before spawning."""

import math

import pytest
import torch

from rewardlab.errors import UsageError
from rewardlab.policies import make_gate
from rewardlab.policies.gates.dts import DTSGate, temperature_at
from rewardlab.policies.losses import dense_to_sparse_balance


def _gate(**options) -> DTSGate:
    gate = make_gate("dts", 6, **options)
    assert isinstance(gate, DTSGate)
    return gate


def _tau(value: float) -> dict[str, torch.Tensor]:
    return {"tau": torch.tensor(value), "phase": torch.tensor(1.0)}


def _z(n: int = 50) -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randn(n, 6, dtype=torch.float64)


def test_hot_gates_use_all_experts_and_cold_ones_the_best() -> None:
    z = _z()
    assert _gate().route(z, state=_tau(100.0)).mask.all()
    cold = _gate().route(z, state=_tau(0.01))
    best = z.argmax(1)
    assert cold.weights[torch.arange(50), best].min() > 0.5
    clear = (z.sort(1).values[:, -1] - z.sort(1).values[:, -2]) > 0.1
    assert (cold.mask[clear].sum(1) == 1).all()
    torch.testing.assert_close(
        cold.weights[clear].amax(1), torch.ones(int(clear.sum())).double(), atol=1e-4, rtol=0
    )


def test_fewer_experts_are_active_as_it_cools() -> None:
    active = [
        float(_gate().route(_z(), state=_tau(tau)).mask.double().sum(1).mean())
        for tau in (2.0, 1.0, 0.5, 0.3, 0.1)
    ]
    assert active == sorted(active, reverse=True)
    assert active[0] > active[-1]


def test_weights_are_not_renormalised() -> None:
    z = _z()
    routed = _gate().route(z, state=_tau(0.5))
    torch.testing.assert_close(routed.weights, (z / 0.5).softmax(1) * routed.mask)
    plain = _gate(weighting="plain").route(z, state=_tau(0.5))
    torch.testing.assert_close(plain.weights, z.softmax(1) * routed.mask)


@pytest.mark.parametrize("schedule", ["exp", "linear"])
def test_temperature_falls_from_its_start_to_its_end(schedule) -> None:
    assert temperature_at(0.0, 2.0, 0.3, schedule) == 2.0
    assert temperature_at(1.0, 2.0, 0.3, schedule) == pytest.approx(0.3)
    assert temperature_at(1.5, 2.0, 0.3, schedule) == 0.3
    middle = math.sqrt(2.0 * 0.3) if schedule == "exp" else 1.15
    assert temperature_at(0.5, 2.0, 0.3, schedule) == pytest.approx(middle)


def test_advancing_moves_the_temperature_in_place_and_it_is_saved() -> None:
    gate, buffer = (made := _gate()), made.running_tau
    gate.advance(0.5)
    assert gate.running_tau is buffer
    assert float(buffer) == pytest.approx(math.sqrt(0.6))
    other = _gate()
    other.load_state_dict(gate.state_dict())
    assert float(other.running_tau) == float(buffer)


def test_noise_samples_the_softmax_and_only_in_training() -> None:
    torch.manual_seed(0)
    z = torch.tensor([[1.0, 0.0, -1.0, 0.5, 0.2, -0.3]])
    gate = _gate(noise=True)
    drawn = gate.route(z.repeat(100_000, 1), state=_tau(1.0), training=True).probs.argmax(1)
    share = torch.bincount(drawn, minlength=6) / len(drawn)
    torch.testing.assert_close(share, z.softmax(1)[0], atol=0.01, rtol=0)
    still = gate.route(z, state=_tau(1.0))
    torch.testing.assert_close(still.probs, z.softmax(1))


def test_before_spawning_the_first_expert_is_alone() -> None:
    gate = _gate(spawn_at=0.1)
    z = _z()
    routed = gate.route(z)
    assert float(gate.running_phase) == 0
    assert routed.weights[:, 0].eq(1).all()
    assert routed.load.tolist() == [50, 0, 0, 0, 0, 0]
    after = gate.route(z, state=_tau(2.0))
    assert after.mask.all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"temperature": (0.3, 2.0)}, "not rising"),
        ({"temperature": (2.0, 0.0)}, "two positive numbers"),
        ({"threshold": 0.2}, "1/n_experts"),
        ({"spawn_at": 1.0}, "fraction of training"),
        ({"schedule": "expo"}, "exp"),
        ({"weighting": "plane"}, "plain"),
    ],
)
def test_options_out_of_range_are_refused(options, words) -> None:
    with pytest.raises(UsageError, match=words):
        _gate(**options)


@pytest.mark.parametrize("weighting", ["annealed", "plain"])
def test_the_balance_is_that_of_the_weights_in_use(weighting) -> None:
    gate, z = _gate(weighting=weighting), 6 * _z()
    routed = gate.route(z)
    expected = dense_to_sparse_balance(routed.weights, routed.mask)
    torch.testing.assert_close(gate.losses(z, routed)["balance"], expected)
