"""What `MoeCallback` logs of mixtures along training, and that looking changes nothing."""

import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import configure

from rewardlab.errors import UsageError
from rewardlab.policies import MoeCallback
from rewardlab.policies.sb3.callback import LOGS, unpacked
from rewardlab.policies.sb3.policy import moe_layers
from tests.policies.sb3.cases import GATES, build

ALWAYS = {"utilisation", "dead_experts", "max_load", "routing_entropy", "change_rate"}


class Dumped(BaseCallback):
    """Keeps all that is logged."""

    def _on_training_start(self):
        self.values, record = {}, self.logger.record

        def keep(key, value, **kwargs):
            self.values.setdefault(key, []).append(float(value))
            record(key, value, **kwargs)

        self.logger.record = keep

    def _on_step(self):
        return True


def learned(algorithm, moe, n=800, mixtures=None, **more):
    model = build(algorithm, moe, **more)
    model.set_logger(configure(None, []))
    dumped, mixtures = Dumped(), mixtures or MoeCallback()
    model.learn(n, callback=[dumped, mixtures])
    return model, mixtures, dumped.values


@pytest.mark.parametrize("gate", ["softmax", "expert_choice", "soft", "dts"])
@pytest.mark.parametrize(
    ("algorithm", "parts"),
    [
        (PPO, {"actor", "critic"}),
        (A2C, {"actor", "critic"}),
        (SAC, {"actor", "critic_0", "critic_1"}),
        (TD3, {"actor", "critic_0", "critic_1"}),
        (DQN, {"actor"}),
    ],
)
def test_every_mixture_is_logged(algorithm, parts, gate):
    _, mixtures, values = learned(algorithm, GATES[gate], n=400)
    for part in parts:
        logged = {k.rpartition("/")[2]: v for k, v in values.items() if f"moe/{part}/" in k}
        assert set(logged) >= ALWAYS
        assert all(np.isfinite(v).all() for v in logged.values())
        assert all(0.25 <= v <= 1 for v in logged["utilisation"])
        assert all(1 - 1e-6 <= v <= 4 + 1e-6 for v in logged["max_load"])
        assert all(0 <= v <= np.log(4) + 1e-6 for v in logged["routing_entropy"])
    assert set(mixtures.choices) == parts
    if gate == "dts":
        assert values["moe/actor/temperature"][-1] < values["moe/actor/temperature"][0]


@pytest.mark.parametrize("algorithm", [PPO, SAC])
def test_looking_changes_nothing(algorithm):
    class Blind(MoeCallback):
        def _look(self):
            pass

    moe = {"gate": "dts", "noise": algorithm is SAC}
    seeing, _, _ = learned(algorithm, moe)
    blind, _, _ = learned(algorithm, moe, mixtures=Blind())
    for name, value in blind.policy.state_dict().items():
        np.testing.assert_array_equal(seeing.policy.state_dict()[name], value, err_msg=name)


def test_it_looks_seldom():
    _, mixtures, values = learned(A2C, GATES["softmax"], n=16 * 8 * 120)
    assert LOGS / 2 < len(mixtures.steps) <= LOGS
    assert len(values["moe/actor/routing_entropy"]) <= LOGS + 1


def test_a_collapsed_router_is_seen_as_such():
    class Collapsed(MoeCallback):
        def _on_rollout_start(self):
            super()._on_rollout_start()
            with torch.no_grad():
                for layer in moe_layers(self.model.policy):
                    layer.gate.weight.zero_()  # ties go to expert 0

    moe = {"gate": "softmax", "top_k": 1}
    _, _, values = learned(PPO, moe, mixtures=Collapsed(), learning_rate=0.0)
    assert values["moe/actor/dead_experts"][0] == 3
    assert values["moe/actor/max_load"][0] == pytest.approx(4)
    assert values["moe/actor/utilisation"][0] == pytest.approx(0.25)


def test_choices_that_stay_are_kept_as_they_are():
    _, mixtures, values = learned(PPO, {**GATES["softmax"]}, learning_rate=0.0)
    assert set(values["moe/actor/change_rate"]) == {0.0}
    first, last = (unpacked(mixtures.choices["actor"][i], 4) for i in (0, -1))
    assert first.shape == (256, 4)
    assert torch.equal(first, last)
    assert (first.sum(1) == 2).all()


def test_the_last_update_is_logged_too():
    model, mixtures, values = learned(PPO, GATES["softmax"], n=256)  # one rollout, one update
    assert len(values["moe/actor/utilisation"]) == 1
    assert mixtures.steps == [256]
    assert all(float(layer.seen_tokens) == 0 for layer in moe_layers(model.policy))


def test_tasks_are_read_off_the_last_columns():
    moe = {"gate": "softmax", "top_k": 1}
    _, _, values = learned(PPO, moe, mixtures=MoeCallback(task_columns=2))
    assert all(0 <= v <= np.log(2) for v in values["moe/actor/task_information"])
    _, _, without = learned(PPO, moe)
    assert "moe/actor/task_information" not in without
    with pytest.raises(UsageError, match="task_columns=7"):
        learned(PPO, moe, mixtures=MoeCallback(task_columns=7))
