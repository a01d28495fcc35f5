"""The Gymnasium environments do what their arrays say."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from rewardlab.envs.tabular import PUBLISHED, TabularEnv, TabularMDP, env_id, mdp
from rewardlab.envs.tabular.env import Sampler
from rewardlab.errors import ConfigError

FINITE = [name for name in PUBLISHED if name != "linek-2022"]


def test_ids_are_those_of_the_documentation():
    assert env_id("room-2021") == "rewardlab/Room-2021-v0"
    assert env_id("linek-2021-ground") == "rewardlab/Linek-2021-Ground-v0"


@pytest.mark.parametrize("name", PUBLISHED)
def test_gymnasium_finds_nothing_to_complain_about(name):
    check_env(gym.make(env_id(name)).unwrapped, skip_render_check=True)


@pytest.mark.parametrize("name", FINITE)
def test_toy_text_dynamics_are_the_arrays(name):
    env = gym.make(env_id(name)).unwrapped
    made = mdp(name)
    again, reward = np.zeros_like(made.T), np.zeros_like(made.R)
    for s, actions in env.P.items():
        for a, entries in actions.items():
            for probability, z, paid, terminated in entries:
                again[s, z, a] += probability
                reward[s, a] += probability * paid
                assert terminated == (z == made.terminal)
    np.testing.assert_array_equal(again, made.T)
    np.testing.assert_allclose(reward, made.R, atol=1e-12)
    assert env.T.shape == made.T.shape
    assert (env.R == made.R).all()
    assert (env.initial_state_distrib == made.initial).all()


@pytest.mark.parametrize("name", FINITE)
def test_sampled_frequencies_match(name):
    """20,000 draws of each of 50 rows: no share further off than five standard errors."""
    made, rng, n = mdp(name), np.random.default_rng(3), 20_000
    sampler = Sampler(made.T.transpose(0, 2, 1).reshape(made.R.size, -1))
    rows = rng.permutation(made.R.size)[:50]
    for s, a in zip(*np.unravel_index(rows, made.R.shape), strict=True):
        drawn = sampler.draw(np.full(n, s * made.n_actions + a), rng.random(n))
        share, p = np.bincount(drawn, minlength=made.n_states) / n, made.T[s, :, a]
        assert (np.abs(share - p) <= 5 * np.sqrt(p * (1 - p) / n)).all()


def test_steps_are_drawn_from_the_row_of_state_and_action():
    made, env = mdp("room-2021"), TabularEnv(mdp("room-2021"))
    env.reset(seed=0)
    counts = np.zeros(made.n_states)
    for _ in range(4000):
        env.s = 8
        counts[env.step(0)[0]] += 1
    assert np.abs(counts / 4000 - made.T[8, :, 0]).max() < 0.03


def test_an_episode_is_truncated_at_the_horizon_and_not_beyond_the_end():
    env = gym.make("rewardlab/Room-2024-v0")
    env.reset(seed=0)
    steps = [env.step(0) for _ in range(30)]  # up, against a wall
    assert [truncated for *_, truncated, _ in steps] == [False] * 29 + [True]
    assert not any(terminated for _, _, terminated, _, _ in steps)


def test_the_last_step_may_end_an_episode_by_itself():
    one_step = TabularMDP(
        np.stack([[[0.0], [1.0]], [[0.0], [1.0]]]), [[1.0], [0.0]], 0.9, [1.0, 0.0], horizon=1
    )
    env = TabularEnv(one_step)
    assert env.reset(seed=1)[0] == 0
    assert env.step(0) == (1, 1.0, True, False, {})


def test_the_same_seed_gives_the_same_episode():
    def episode(seed):
        env = gym.make("rewardlab/Linek-2021-Ground-v0")
        states = [env.reset(seed=seed)[0]]
        return states + [env.step(0)[0] for _ in range(20)]

    assert episode(5) == episode(5)
    assert episode(5) != episode(6)


def test_switches_reach_the_environment():
    env = gym.make("rewardlab/Room-2021-v0", goal_down=41)
    assert env.unwrapped.mdp.T[48, 41, 2] == pytest.approx(0.9)
    with pytest.raises(ConfigError, match="switches of room-2021"):
        gym.make("rewardlab/Room-2021-v0", distractor=True)


def test_starts_follow_their_distribution():
    env = TabularEnv(mdp("linek-2021"))
    env.reset(seed=0)
    starts = [env.reset()[0] for _ in range(400)]
    assert set(starts) == {10, 11}
    assert 150 < starts.count(10) < 250
