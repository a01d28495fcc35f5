"""Potentials as shapers: what the theorem promises, in environments that end and are cut off."""

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, DDPG, DQN, PPO, SAC, TD3
from stable_baselines3.common.vec_env import VecNormalize

from rewardlab.errors import ShaperFault, UsageError
from rewardlab.shapers.model_value import ModelValue
from rewardlab.shapers.potential import Potential
from rewardlab.training.shaped import ShapedVecEnv
from tests.shapers.batches import bound, transitions
from tests.shapers.walks import Corridor, venv, walk


def phi(obs):
    return 3.0 + np.sin(5.0 * obs[:, 0])


def test_along_an_episode_only_its_ends_remain():
    """Terminated: −Φ(s₀). Cut off: γ^N Φ(s_N) − Φ(s₀)."""
    episodes = walk(Potential(phi), gamma=0.9)
    assert {e.terminated for e in episodes} == {True, False}
    for e in episodes:
        n = len(e.f)
        last = 0.0 if e.terminated else 0.9**n * phi(e.last[None])[0]
        total = (0.9 ** np.arange(n) * e.f).sum()
        assert total == pytest.approx(last - phi(e.first[None])[0], abs=1e-12)


@pytest.mark.parametrize("at_the_end", [0.0, 1.0, -50.0])
def test_a_potential_of_terminal_states_does_not_count(at_the_end):
    """Stop pays 1 and ends; go pays 0, then 1.2 and ends: go is better by .08, whatever Φ is."""
    table = np.array([0.3, -0.7, at_the_end])
    shaper = Potential(table)
    shaper.bind(gym.spaces.Discrete(3), gym.spaces.Discrete(2), gamma=0.9, n_envs=1, seed=0)
    steps = transitions(
        np.array([0, 0, 1]), [0, 1, 0], np.array([2, 1, 2]), [1, 0, 1.2], [True, False, True]
    )
    stop, go, then = shaper.shape(steps).reward
    assert go + 0.9 * then - stop == pytest.approx(0.9 * 1.2 - 1.0)
    assert stop == pytest.approx(1.0 - table[0])


def test_a_table_is_looked_up_from_the_first_observation_on():
    shaper = Potential([1.0, 2.0, 4.0])
    shaper.bind(
        gym.spaces.Discrete(3, start=5), gym.spaces.Discrete(2), gamma=0.5, n_envs=1, seed=0
    )
    shaped = shaper.shape(transitions(np.array([5, 6]), [0, 0], np.array([6, 7])))
    assert shaped.terms["potential"].tolist() == [0.0, 0.0]
    assert shaper.shape(transitions(np.array([7]), [0], np.array([5]))).reward.tolist() == [-3.5]


@pytest.mark.parametrize(
    ("table", "space", "said"),
    [
        ([1.0, 2.0], gym.spaces.Discrete(3), "has 2 states, the environment 3"),
        ([1.0, 2.0], Corridor.observation_space, "needs discrete observations, not Box"),
        ([[1.0, 2.0]], gym.spaces.Discrete(2), r"one number per state, got shape \(1, 2\)"),
        ("distance", gym.spaces.Discrete(2), "is a function or a table, got 'distance'"),
        ([1.0, np.inf], gym.spaces.Discrete(2), "inf at state 1"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(table, space, said):
    with pytest.raises(UsageError, match=said):
        bound(Potential(table), space)


def test_an_environment_that_a_table_does_not_fit_is_refused():
    with pytest.raises(UsageError, match="discrete observations"):
        ShapedVecEnv(venv(), Potential([1.0, 2.0]), gamma=0.9)


def test_a_potential_of_another_shape_says_which():
    """(B, 1) would broadcast to (B, B)."""
    shaper = bound(Potential(lambda obs: obs[:, :1]))
    with pytest.raises(ShaperFault, match=r"4 numbers for 4 observations; got shape \(4, 1\)"):
        shaper.shape(transitions(np.zeros((4, 3)), np.zeros(4), np.zeros((4, 3))))


class Steered(Corridor):
    action_space = gym.spaces.Discrete(2)

    def step(self, action):
        return super().step([2.0 * action - 1.0])


ON = {"n_steps": 8}
OFF = {"learning_starts": 4, "buffer_size": 100, "batch_size": 4}
ALGORITHMS = [
    (PPO, {**ON, "batch_size": 8}),
    (A2C, ON),
    (DQN, OFF),
    (SAC, OFF),
    (TD3, OFF),
    (DDPG, OFF),
]


def build(algo, options, wrap=lambda v: v):
    made = wrap(venv(1, env=Steered if algo is DQN else Corridor))
    nets = {"net_arch": [8]}
    return algo("MlpPolicy", made, policy_kwargs=nets, seed=0, device="cpu", **options)


@pytest.mark.parametrize(("algo", "options"), ALGORITHMS)
def test_a_trained_critic_is_a_potential_that_stays(algo, options):
    model = build(algo, options).learn(16)
    obs = np.random.default_rng(0).normal(size=(5, 2))
    shaper, live = Potential.from_model(model), ModelValue.of(model)
    before = shaper.phi(obs)
    assert before.shape == (5,)
    assert before.tolist() == live(obs).tolist() == shaper.phi(obs).tolist()
    model.learn(40, reset_num_timesteps=False)
    if algo is DQN:
        model.q_net_target.load_state_dict(model.q_net.state_dict())
    assert shaper.phi(obs).tolist() == before.tolist()
    assert live(obs).tolist() != before.tolist()


def test_the_value_is_that_of_the_networks():
    obs = np.random.default_rng(0).normal(size=(5, 2))
    for algo, options in ALGORITHMS:
        model = build(algo, options).learn(16)
        seen, _ = model.policy.obs_to_tensor(obs)
        if algo in (PPO, A2C):
            known = model.policy.predict_values(seen)[:, 0]
        elif algo is DQN:
            known = model.q_net_target(seen).amax(1)
        else:
            action = model.actor(seen, deterministic=True) if algo is SAC else model.actor(seen)
            both = [q[:, 0] for q in model.critic_target(seen, action)]
            known = both[0] if len(both) == 1 else both[0].minimum(both[1])
        if algo is SAC:
            known = known + model.log_ent_coef.exp() * drawn_entropy(model.actor, seen)
            np.testing.assert_allclose(ModelValue.of(model)(obs), known.detach(), atol=0.02)
            continue
        np.testing.assert_allclose(ModelValue.of(model)(obs), known.detach().numpy(), rtol=1e-6)


def drawn_entropy(actor, seen, n=20_000):
    """Return the mean of −log π over actions that the actor draws."""
    torch.manual_seed(0)
    if actor.use_sde:
        actor.reset_noise(n)
    found = [actor.action_log_prob(row.expand(n, -1))[1].mean() for row in seen]
    return -torch.stack(found)


@pytest.mark.parametrize("given", [{"ent_coef": 0.3}, {"use_sde": True}])
def test_what_sac_has_learned_includes_its_entropy(given):
    model = build(SAC, {**OFF, **given}).learn(16)
    obs = np.random.default_rng(0).normal(size=(3, 2))
    seen, _ = model.policy.obs_to_tensor(obs)
    both = model.critic_target(seen, model.actor(seen, deterministic=True))
    alpha = given.get("ent_coef") or model.log_ent_coef.exp()
    known = both[0].minimum(both[1])[:, 0] + alpha * drawn_entropy(model.actor, seen)
    np.testing.assert_allclose(ModelValue.of(model)(obs), known.detach(), atol=0.02)


@pytest.mark.parametrize(("algo", "options"), ALGORITHMS)
def test_values_are_in_the_unit_of_what_the_environment_pays(algo, options):
    model = build(algo, options, wrap=VecNormalize).learn(32)
    normalizer = model.get_vec_normalize_env()
    obs = np.random.default_rng(0).normal(size=(5, 2))
    kept, live = Potential.from_model(model).phi, ModelValue.of(model)
    unit = np.sqrt(normalizer.ret_rms.var + normalizer.epsilon)
    normalizer.norm_reward = False
    networks = live(obs)
    np.testing.assert_allclose(kept(obs), unit * networks, rtol=1e-9)
    normalizer.norm_reward = True
    normalizer.ret_rms.var = 4.0 * normalizer.ret_rms.var + 3.0 * normalizer.epsilon
    np.testing.assert_allclose(live(obs), 2.0 * unit * networks, rtol=1e-9)
    np.testing.assert_allclose(kept(obs), unit * networks, rtol=1e-9)


def test_an_algorithm_without_a_known_critic_is_refused():
    model = build(DQN, OFF)
    model.policy = model.q_net  # as an algorithm has it that SB3 does not know
    with pytest.raises(UsageError, match=r"the critic of DQN is not known; use .*SAC"):
        Potential.from_model(model)


def test_observations_are_normalised_as_they_were_in_training():
    model = build(PPO, {**ON, "batch_size": 8}, wrap=VecNormalize).learn(32)
    normalizer = model.get_vec_normalize_env()
    obs = np.random.default_rng(0).normal(size=(5, 2))
    seen, _ = model.policy.obs_to_tensor(normalizer.normalize_obs(obs))
    unit = np.sqrt(normalizer.ret_rms.var + normalizer.epsilon)
    known = unit * model.policy.predict_values(seen)[:, 0].detach().numpy()
    shaper = Potential.from_model(model)
    normalizer.obs_rms.mean += 100.0
    np.testing.assert_allclose(shaper.phi(obs), known, rtol=1e-6)
