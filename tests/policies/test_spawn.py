"""All experts grow out of the first one."""

import copy

import pytest
import torch
from stable_baselines3 import DQN, PPO, SAC, TD3
from stable_baselines3.common.callbacks import BaseCallback

from rewardlab.policies import MoeCallback, MoELayer
from rewardlab.policies.sb3.policy import moe_layers
from rewardlab.policies.spawn import is_due, spawn
from tests.policies.sb3.cases import build, probe


def layer(**options):
    torch.manual_seed(0)
    return MoELayer(6, 5, gate="dts", n_experts=4, expert_hidden=8, spawn_at=0.2, **options)


def trained(made, steps=5):
    optimizer = torch.optim.Adam(made.parameters(), lr=0.01)
    x = torch.as_tensor(probe(32, 6))
    for _ in range(steps):
        optimizer.zero_grad()
        made(x).square().mean().backward()
        optimizer.step()
    return optimizer, x


def test_until_then_the_first_expert_is_alone_and_learns_alone():
    made = layer()
    before = copy.deepcopy(made.experts)
    trained(made)
    moved = (made.experts.B != before.B).flatten(1).any(1).tolist()
    assert moved == [True, False, False, False]
    assert [is_due(made, f) for f in (0.0, 0.19, 0.2, 1.0)] == [False, False, True, True]
    assert not is_due(MoELayer(6, 5, gate="softmax"), 1.0)


def test_nothing_lost_changes_nothing():
    made = layer()
    optimizer, x = trained(made)
    before = made(x).detach()
    spawn(made, optimizer=optimizer, drop=0.0)
    torch.testing.assert_close(made(x), before, atol=1e-6, rtol=1e-6)
    assert not is_due(made, 1.0)


def test_experts_are_the_first_one_with_a_tenth_of_its_weights_masked_and_the_rest_scaled():
    made = MoELayer(64, 64, gate="dts", n_experts=4, expert_hidden=64, spawn_at=0.2)
    spawn(made)
    for stacked in (made.experts.A, made.experts.B):
        first = stacked[0]
        for one in stacked[1:]:
            kept = one != 0
            torch.testing.assert_close(one[kept], (first / 0.9)[kept])
            assert 0.87 < float(kept.float().mean()) < 0.93
    masks = (made.experts.B[1:] != 0).flatten(1)
    assert not torch.equal(masks[0], masks[1])
    assert float(made.gate.weight.detach().std()) == pytest.approx(0.02, rel=0.3)


def test_the_first_experts_moments_become_those_of_all():
    made = layer()
    optimizer, _ = trained(made)
    spawn(made, optimizer=optimizer)
    for parameter in made.experts.parameters():
        for name in ("exp_avg", "exp_avg_sq"):
            moment = optimizer.state[parameter][name]
            assert bool((moment == moment[:1]).all())
            assert bool((moment != 0).any())
    assert float(optimizer.state[made.gate.weight]["exp_avg"].abs().max()) == 0


@pytest.mark.parametrize("algorithm", [SAC, TD3, DQN])
def test_targets_spawn_with_the_same_masks_from_their_own_first_expert(algorithm):
    model = build(algorithm, {"gate": "dts", "spawn_at": 0.5})
    pairs = [(net, target) for net, target, _ in model.policy._networks() if target is not None]
    for _, target in pairs:
        with torch.no_grad():
            for theirs in moe_layers(target):
                theirs.experts.B[0] *= 2.0
    model.policy.set_moe_progress(0.5)
    for network, target in pairs:
        for mine, theirs in zip(moe_layers(network), moe_layers(target), strict=True):
            assert float(theirs.gate.running_phase) == 1.0
            torch.testing.assert_close(theirs.experts.B, 2.0 * mine.experts.B)
            assert torch.equal(theirs.gate.weight, mine.gate.weight)


class Watch(BaseCallback):
    def __init__(self):
        super().__init__()
        self.phases, self.ratios = [], []

    def _on_step(self):
        return True

    def _on_rollout_end(self):
        layers = list(moe_layers(self.model.policy))
        self.phases.append({float(layer.gate.running_phase) for layer in layers}.pop())
        self.model.policy.set_training_mode(True)
        batch = next(iter(self.model.rollout_buffer.get(64)))
        log_prob = self.model.policy.evaluate_actions(batch.observations, batch.actions)[1]
        self.ratios.append(float((log_prob - batch.old_log_prob).abs().max().detach()))


def test_spawning_happens_between_an_update_and_the_next_rollout():
    model = build(PPO, {"gate": "dts", "spawn_at": 0.5})
    watch = Watch()
    model.learn(2048, callback=[MoeCallback(), watch])
    assert watch.phases == [0.0] * 4 + [1.0] * 4
    assert max(watch.ratios) < 1e-5
    made = next(moe_layers(model.policy))
    assert not torch.equal(made.experts.B[1], made.experts.B[2])
