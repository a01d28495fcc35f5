"""What reinforcement learning needs of a mixture, for every gate in every algorithm."""

import functools

import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.callbacks import BaseCallback

from rewardlab.policies import MoeCallback
from rewardlab.policies.sb3.policy import moe_layers
from tests.policies.sb3.cases import ALGORITHMS, GATES, build, probe

EVERY = pytest.mark.parametrize(
    ("algorithm", "gate"),
    [(a, g) for a in ALGORITHMS for g in GATES],
    ids=lambda x: getattr(x, "__name__", x),
)
ON_POLICY = pytest.mark.parametrize(
    ("algorithm", "gate"),
    [(a, g) for a in (PPO, A2C) for g in GATES],
    ids=lambda x: getattr(x, "__name__", x),
)


class Ratios(BaseCallback):
    """Probability ratios of the first minibatch after each rollout, in training mode."""

    def __init__(self):
        super().__init__()
        self.found = []

    def _on_step(self):
        return True

    def _on_rollout_end(self):
        if not hasattr(self.model.rollout_buffer, "log_probs"):
            return
        self.model.policy.set_training_mode(True)
        batch = next(iter(self.model.rollout_buffer.get(64)))
        actions = (
            batch.actions.long().flatten()
            if self.training_env.action_space.shape == ()
            else batch.actions
        )
        _, log_prob, _ = self.model.policy.evaluate_actions(batch.observations, actions)
        self.found.append((log_prob - batch.old_log_prob).exp().detach())
        self.model.policy.set_training_mode(False)


@functools.cache
def trained(algorithm, gate):
    """Return a model after 2,000 steps, and the ratios that were seen on the way."""
    model = build(algorithm, {**GATES[gate]})
    ratios = Ratios()
    on_policy = algorithm in (PPO, A2C)
    model.learn(2000, callback=[MoeCallback(), *([ratios] if on_policy else [])])
    return model, ratios.found


def outputs(model, obs):
    """Return what the policy's networks say of observations, each as `(n, …)`."""
    policy, obs = model.policy, torch.as_tensor(obs)
    with torch.no_grad():
        if isinstance(model, PPO | A2C):
            distribution = policy.get_distribution(obs).distribution
            said = getattr(distribution, "logits", None)
            return [distribution.mean if said is None else said, policy.predict_values(obs)]
        if isinstance(model, DQN):
            return [policy.q_net(obs), policy.q_net_target(obs)]
        if isinstance(model, TD3):
            return [policy.actor(obs), policy.actor_target(obs)]
        return list(policy.actor.get_action_dist_params(obs)[:2])


@EVERY
def test_two_thousand_steps_leave_finite_weights(algorithm, gate):
    model, _ = trained(algorithm, gate)
    assert model.num_timesteps >= 2000
    assert all(bool(w.isfinite().all()) for w in model.policy.state_dict().values())


@EVERY
def test_a_state_is_judged_alone(algorithm, gate):
    """In batches of 64, of 5 and of 1, in training and in evaluation mode."""
    model, _ = trained(algorithm, gate)
    obs = probe()
    for mode in (False, True):
        model.policy.set_training_mode(mode)
        for whole, few, one in zip(
            outputs(model, obs), outputs(model, obs[:5]), outputs(model, obs[:1]), strict=True
        ):
            torch.testing.assert_close(few, whole[:5], atol=1e-5, rtol=0)
            torch.testing.assert_close(one, whole[:1], atol=1e-5, rtol=0)
    model.policy.set_training_mode(False)


@ON_POLICY
def test_the_first_minibatch_of_every_iteration_has_ratio_one(algorithm, gate):
    _, ratios = trained(algorithm, gate)
    assert len(ratios) >= 8
    for ratio in ratios:
        torch.testing.assert_close(ratio, torch.ones_like(ratio), atol=1e-5, rtol=0)


@EVERY
def test_a_saved_model_and_a_saved_policy_act_the_same(algorithm, gate, tmp_path):
    model, _ = trained(algorithm, gate)
    model.save(tmp_path / "model")
    model.policy.save(tmp_path / "policy")
    again = algorithm.load(tmp_path / "model", device="cpu")
    alone = type(model.policy).load(tmp_path / "policy", device="cpu")
    actions = model.predict(probe(), deterministic=True)[0]
    np.testing.assert_array_equal(again.predict(probe(), deterministic=True)[0], actions)
    np.testing.assert_array_equal(alone.predict(probe(), deterministic=True)[0], actions)
    for name, value in model.policy.state_dict().items():
        torch.testing.assert_close(again.policy.state_dict()[name], value, rtol=0, atol=0)


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("algorithm", [SAC, TD3, DQN])
def test_targets_carry_the_running_state(algorithm, gate):
    model, _ = trained(algorithm, gate)
    if algorithm is DQN:
        model._n_calls = 31  # the next step is one at which its target follows
        model._on_step()
    pairs = [(net, target) for net, target, _ in model.policy._networks() if target is not None]
    assert pairs
    for network, target in pairs:
        theirs = target.state_dict()
        running = {k: v for k, v in network.state_dict().items() if "running_" in k}
        declared = [name for layer in moe_layers(network) for name in layer.gate.running]
        assert len(running) >= len(declared)
        for name, value in running.items():
            torch.testing.assert_close(theirs[name], value, rtol=0, atol=0)
