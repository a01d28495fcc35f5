"""Expert Choice: balanced loads, full mixtures at the edges, and a form that may act."""

import pytest
import torch

from rewardlab.errors import UnknownName, UsageError
from rewardlab.policies.gates.expert_choice import ExpertChoiceGate
from rewardlab.policies.layer import MoELayer

EXACT = [{"mode": "exact"}, {"mode": "capped", "cap": 3}]


def _z(n, n_experts=8, seed=0, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(n, n_experts, generator=generator, dtype=torch.float64)


def _observed(c=2.0, *, n=256, batches=1, n_experts=8):
    gate = ExpertChoiceGate(n_experts, capacity_factor=c)
    for seed in range(batches):
        z = _z(n, n_experts, seed)
        gate.observe(z, gate.route(z, training=True))
    gate.advance(0.5)
    return gate


@pytest.mark.parametrize("options", EXACT)
@pytest.mark.parametrize(("n", "c", "k"), [(64, 2, 16), (13, 2, 4), (8, 1, 1), (100, 1.5, 19)])
def test_every_expert_has_k_tokens(options, n, c, k):
    gate = ExpertChoiceGate(8, capacity_factor=c, **options)
    routed = gate.route(_z(n))
    assert routed.mask.sum(0).tolist() == [k] * 8
    assert routed.mask.sum() == 8 * k
    torch.testing.assert_close(routed.weights, routed.probs * routed.mask)
    if gate.mode == "capped":
        assert routed.mask.sum(1).max() <= 3


@pytest.mark.parametrize("options", EXACT)
def test_permuting_tokens_permutes_their_experts(options):
    gate, z = ExpertChoiceGate(8, **options), _z(64)
    order = torch.randperm(64, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(gate.route(z[order]).weights, gate.route(z).weights[order])


def test_as_many_experts_per_token_as_there_are_is_a_dense_softmax():
    for mode in ("exact", "capped"):
        gate = ExpertChoiceGate(4, capacity_factor=4, mode=mode)
        z = _z(16, 4)
        torch.testing.assert_close(gate.route(z).weights, z.softmax(-1))


def test_a_token_alone_gets_every_expert_of_the_exact_form():
    gate, z = ExpertChoiceGate(8, mode="exact"), _z(1)
    torch.testing.assert_close(gate.route(z).weights, z.softmax(-1))


@pytest.mark.parametrize("seed", range(5))
def test_a_cap_of_all_experts_chooses_as_without_cap(seed):
    z = _z(64, seed=seed)
    capped = ExpertChoiceGate(8, mode="capped", cap=8).route(z)
    assert torch.equal(capped.mask, ExpertChoiceGate(8, mode="exact").route(z).mask)


def test_ties_go_to_the_first_tokens():
    mask = ExpertChoiceGate(4, mode="exact", capacity_factor=1).route(torch.zeros(8, 4)).mask
    assert mask.sum(1).tolist() == [4, 4, 0, 0, 0, 0, 0, 0]


def test_the_exact_form_looks_at_companions_and_says_so():
    gate, z = ExpertChoiceGate(8, mode="exact"), _z(192)
    here = gate.route(z[:128]).mask[:64]
    there = gate.route(torch.cat([z[:64], z[128:]])).mask[:64]
    assert (here != there).any(dim=1).float().mean() > 0.05
    assert not gate.batch_independent
    assert not ExpertChoiceGate(8, mode="capped").batch_independent
    assert ExpertChoiceGate(8).batch_independent


def test_the_threshold_form_gives_a_state_the_same_experts_in_any_batch():
    gate, z = _observed(), _z(128, seed=9)
    whole = gate.route(z)
    for i in range(0, 128, 7):
        alone = gate.route(z[i : i + 1])
        torch.testing.assert_close(alone.weights[0], whole.weights[i])
        assert torch.equal(alone.mask[0], whole.mask[i])


@pytest.mark.parametrize("c", [1.0, 2.0])
def test_thresholds_choose_nearly_what_the_exact_form_does(c):
    gate, z = _observed(c, batches=50), _z(256, seed=99)
    exact = ExpertChoiceGate(8, mode="exact", capacity_factor=c).route(z).mask
    routed = gate.route(z)
    assert (routed.mask == exact).float().mean() > 0.93
    unserved = float(routed.notes["unserved"])  # these get one expert more than they are picked by
    assert float(routed.mask.sum(1).double().mean()) - unserved == pytest.approx(c, abs=0.2)


def test_a_state_below_every_threshold_gets_its_best_expert():
    gate = ExpertChoiceGate(4)
    z = torch.tensor([[0.0, 2.0, 1.0, 2.0]])
    routed = gate.route(z, state={"threshold": torch.full((4,), 0.99)})
    assert routed.mask.tolist() == [[False, True, False, False]]
    assert routed.notes["unserved"] == 1
    assert routed.weights[0, 1] == z.softmax(-1)[0, 1]


def test_thresholds_start_at_one_over_experts_and_the_first_batch_replaces_them():
    gate, z = ExpertChoiceGate(8), _z(64)
    assert gate.running_threshold.tolist() == [0.125] * 8
    gate.observe(z, gate.route(z))
    gate.advance(0.0)
    kth = z.softmax(-1).sort(dim=0, descending=True).values[15]
    torch.testing.assert_close(gate.running_threshold, kth.float())


def test_later_batches_move_thresholds_by_one_percent():
    gate = ExpertChoiceGate(8)
    kths = []
    for seed in (0, 1):
        z = _z(64, seed=seed)
        gate.observe(z, gate.route(z))
        kths.append(z.softmax(-1).sort(dim=0, descending=True).values[15].float())
    gate.advance(0.0)
    torch.testing.assert_close(gate.running_threshold, 0.99 * kths[0] + 0.01 * kths[1])


def test_thresholds_change_only_when_training_advances_and_in_place():
    gate = ExpertChoiceGate(4, dim=3)
    held = gate.running_threshold
    before, x = held.clone(), torch.randn(32, 3)
    gate.train()(x)
    assert torch.equal(gate.running_threshold, before)
    with torch.no_grad():
        gate(x)  # acting is not training
    assert gate.seen_batches == 1
    gate.eval()(x)
    assert gate.seen_batches == 1
    gate.advance(0.1)
    assert gate.running_threshold is held
    assert not torch.equal(held, before)
    assert held.dtype.is_floating_point
    assert held.isfinite().all()


@pytest.mark.parametrize("options", EXACT)
def test_forms_without_thresholds_keep_none(options):
    gate, z = ExpertChoiceGate(8, **options), _z(64)
    gate.observe(z, gate.route(z))
    assert gate.seen_batches == 0
    assert not gate.scheduled


def test_advancing_without_a_batch_seen_keeps_the_start():
    gate = ExpertChoiceGate(4)
    gate.advance(0.3)
    assert gate.running_threshold.tolist() == [0.25] * 4


def test_thresholds_and_what_was_seen_survive_save_and_load():
    gate, other = _observed(batches=3), ExpertChoiceGate(8)
    other.load_state_dict(gate.state_dict())
    z = _z(256, seed=50)
    for one in (gate, other):
        one.observe(z, one.route(z))
        one.advance(1.0)
    assert torch.equal(gate.running_threshold, other.running_threshold)


@pytest.mark.parametrize("options", [{}, *EXACT])
def test_the_gradient_of_weights_is_that_of_the_softmax_they_are_taken_from(options):
    gate, z = ExpertChoiceGate(8, **options), _z(24).requires_grad_()
    mask = gate.route(z).mask
    factor = torch.rand(24, 8, dtype=torch.float64)
    (got,) = torch.autograd.grad((gate.route(z).weights * factor).sum(), z)
    (expected,) = torch.autograd.grad((z.softmax(-1) * mask * factor).sum(), z)
    torch.testing.assert_close(got, expected)
    assert got.abs().sum() > 0


@pytest.mark.parametrize("options", [{}, *EXACT])
def test_losses_carry_gradient_and_lower_the_overloaded_expert(options):
    gate = ExpertChoiceGate(8, **options)
    z = (_z(64) + 2 * torch.eye(8, dtype=torch.float64)[0]).requires_grad_()
    loss = gate.losses(z, gate.route(z))["importance"]
    (grad,) = torch.autograd.grad(loss, z)
    after = (z - 10 * grad).softmax(-1)[:, 0].mean()
    assert after < z.softmax(-1)[:, 0].mean()


def test_an_unconverged_assignment_is_noted():
    z = _z(64)
    assert ExpertChoiceGate(8, mode="capped").route(z).stats["unconverged"] == 0
    short = ExpertChoiceGate(8, mode="capped", lam=0.001, max_iter=5).route(z)
    assert short.stats["unconverged"] == 1
    assert short.stats["residual"] > 1e-3
    assert short.mask.sum(0).tolist() == [16] * 8  # rounding keeps the quotas all the same


def test_bad_options_are_refused_in_a_line():
    with pytest.raises(UnknownName, match="threshold"):
        ExpertChoiceGate(8, mode="treshold")
    with pytest.raises(UnknownName, match="greedy"):
        ExpertChoiceGate(8, rounding="greedily")
    with pytest.raises(UsageError, match=r"in \(0, 4\], got 5"):
        ExpertChoiceGate(4, capacity_factor=5)
    with pytest.raises(UsageError, match="for mode='capped'"):
        ExpertChoiceGate(4, cap=2)
    with pytest.raises(UsageError, match="at least capacity_factor 2, got 1"):
        ExpertChoiceGate(4, mode="capped", cap=1)
    with pytest.raises(UsageError, match="max_iter"):
        ExpertChoiceGate(4, max_iter=0)


@pytest.mark.parametrize("options", [{}, *EXACT])
def test_a_layer_takes_every_form_and_its_losses(options):
    torch.manual_seed(0)
    layer = MoELayer(6, 3, gate="expert_choice", aux_coefs={"load_balance": 0.1}, **options)
    layer(torch.randn(32, 6)).sum().backward()
    assert layer.gate.weight.grad.abs().sum() > 0


def test_a_batch_too_small_for_its_cap_is_refused():
    with pytest.raises(UsageError, match="larger batches"):
        ExpertChoiceGate(8, mode="capped", cap=3).route(_z(1))
