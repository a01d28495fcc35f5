from copy import deepcopy

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from rewardlab.errors import UsageError
from rewardlab.shapers.lirpg import LIRPG
from rewardlab.shapers.lookahead import Actor, goes_on, rollout
from rewardlab.shapers.metagradient import sums_ahead
from rewardlab.training import tensors
from rewardlab.training.attach import attach
from tests.shapers.batches import bound, same

SMALL = {"n_steps": 32, "batch_size": 16, "n_epochs": 2, "policy_kwargs": {"net_arch": [8]}}


class Match(gym.Env):
    """Two states at random; naming the one that is there pays 1. Episodes have eight steps."""

    def __init__(self, continuous=False):
        self.observation_space = gym.spaces.Discrete(2)
        box = gym.spaces.Box(-1, 1, (1,), np.float32)
        self.action_space = box if continuous else gym.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.t, self.state = 0, int(self.np_random.integers(2))
        return self.state, {}

    def step(self, action):
        reward = float(np.ravel(action)[0].round() == self.state)
        self.t, self.state = self.t + 1, int(self.np_random.integers(2))
        return self.state, reward, False, self.t == 8, {}


def match(n_envs=2, continuous=False):
    make = lambda: gym.wrappers.TimeLimit(Match(continuous), 8)  # noqa: E731
    return DummyVecEnv([make] * n_envs)


class Watched(LIRPG):
    """Asserts what an update promises, each time, before and after it."""

    def __init__(self, check, **options):
        super().__init__(**options)
        self.check, self.updates = check, 0

    def update(self, policy):
        after = self.check(self, policy)
        found = super().update(policy)
        self.updates += 1
        after(found)
        return found


def train(model, shaper, n):
    model.learn(n, callback=attach(model, shaper))
    return shaper


def test_an_update_leaves_the_policy_and_all_global_randomness_alone():
    def check(shaper, policy):
        model = policy.model
        before = deepcopy([model.policy.state_dict(), model.policy.optimizer.state_dict()])
        buffer, ours = deepcopy(model.rollout_buffer.__dict__), torch.get_rng_state()
        theirs = np.random.get_state()[1].copy()

        def after(found):
            assert same([model.policy.state_dict(), model.policy.optimizer.state_dict()], before)
            assert all(p.grad is None or not p.grad.any() for p in model.policy.parameters())
            assert (model.rollout_buffer.advantages == buffer["advantages"]).all()
            assert torch.equal(torch.get_rng_state(), ours)
            assert (np.random.get_state()[1] == theirs).all()

        model.policy.optimizer.zero_grad()
        return after

    assert train(PPO("MlpPolicy", match(), seed=0, **SMALL), Watched(check), 192).updates == 3


def test_a_restored_shaper_learns_the_same_bit_for_bit(tmp_path):
    def check(shaper, policy):
        tensors.save(tmp_path / "state.npz", shaper.state_dict())
        twin = bound(LIRPG(), gym.spaces.Discrete(2), n_envs=2, seed=9)
        twin.load_state_dict(tensors.load(tmp_path / "state.npz"))
        expected = twin.update(policy)

        def after(found):
            assert found == expected
            assert same(shaper.state_dict(), twin.state_dict())

        return after

    assert train(PPO("MlpPolicy", match(), seed=0, **SMALL), Watched(check), 192).updates == 3


def test_the_advantages_that_rewards_enter_are_the_algorithms_own():
    """The linear map through which learned rewards act gives SB3's advantages for SB3's rewards."""

    def check(shaper, policy):
        model, buffer = policy.model, policy.model.rollout_buffer
        values = np.vstack([buffer.values, buffer.values[-1:]])
        carried = goes_on(model).T * values[1:]
        surprise = buffer.rewards + model.gamma * carried - buffer.values
        decay = model.gamma * model.gae_lambda * goes_on(model)
        found = sums_ahead(surprise.T, decay)
        whole = np.cumsum(goes_on(model)[:, ::-1] == 0, axis=1)[:, ::-1] > 1  # not the last episode
        np.testing.assert_allclose(found[whole], buffer.advantages.T[whole], rtol=1e-4, atol=1e-5)
        assert whole.any()
        flat = rollout(model)
        density = Actor(model.policy)(flat.obs, flat.actions)
        np.testing.assert_allclose(density.detach(), flat.log_prob, rtol=1e-4, atol=1e-5)
        return lambda found: None

    train(PPO("MlpPolicy", match(), seed=0, **SMALL), Watched(check), 128)


def test_rewards_that_lead_to_what_pays_are_learned_and_the_policy_follows_them():
    """The policy sees none of the extrinsic rewards: c_ex is 0."""
    options = {"n_steps": 64, "batch_size": 32, "n_epochs": 4, "learning_rate": 1e-3}
    model = PPO("MlpPolicy", match(), seed=0, gamma=0.5, ent_coef=0.05, **options)
    shaper = train(model, LIRPG(lr=3e-3), 1_500)
    states = np.array([0, 1])
    right, wrong = shaper.intrinsic(states, states), shaper.intrinsic(states, 1 - states)
    assert (right > wrong).all()
    assert model.predict(states, deterministic=True)[0].tolist() == [0, 1]


def test_it_learns_beside_a2c_continuous_actions_and_normalised_rewards():
    venv = VecNormalize(match(continuous=True), norm_obs=False)
    shaper = train(A2C("MlpPolicy", venv, seed=0), LIRPG(c_ex=0.5, c_in=0.1), 40)
    assert shaper._moments.n_steps == 4
    values = shaper.intrinsic(np.array([0, 1]), np.array([[0.5], [0.5]]))
    assert (np.abs(values) <= 1.0).all()


def test_off_policy_algorithms_are_refused():
    with pytest.raises(UsageError, match="LIRPG needs an on-policy algorithm"):
        attach(DQN("MlpPolicy", match(1)), LIRPG())


def test_nothing_grows_and_no_graph_is_kept():
    sizes = []

    def check(shaper, policy):
        def after(found):
            state = shaper.state_dict()
            kept = [*state["moments"]["mean"].values(), *state["reward"].values()]
            assert all(value.grad_fn is None for value in kept)
            sizes.append((len(shaper._steps), sum(value.numel() for value in kept)))

        return after

    train(PPO("MlpPolicy", match(), seed=0, **SMALL), Watched(check), 320)
    assert len(sizes) == 5
    assert len(set(sizes)) == 1
