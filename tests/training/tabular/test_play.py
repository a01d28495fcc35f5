"""Episodes of many runs in lockstep are those of each run alone."""

from dataclasses import replace

import numpy as np
import pytest

from rewardlab.envs.tabular import mdp
from rewardlab.errors import ConfigError
from rewardlab.training.tabular import CountBonus, Step, Table, finite_returns, play
from rewardlab.training.tabular.play import World, discounted, scattered
from rewardlab.training.tabular.shaping import paying
from tests.training.tabular.parts import always, corridor


def uniform(made, n_runs):
    return np.full((n_runs, *made.R.shape), 1 / made.n_actions)


def test_an_episode_ends_at_the_terminal_state_or_at_the_horizon():
    made = corridor(horizon=6)
    world = World(made, n_runs=2, seed=0)
    policy = np.stack([always(made, 1, 1)[0], always(made, 0, 1)[0]])
    episode = play(world, policy, Table(made.R, n_runs=2))
    assert episode.valid.sum(axis=1).tolist() == [4, 6]
    assert episode.s[0].tolist() == [0, 1, 2, 3, 0, 0]
    assert episode.to[0, :4].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(episode.shaped_return[0], [0.9**3, 0.9**2, 0.9, 1, 0, 0])
    assert not episode.shaped_return[1].any()


@pytest.mark.parametrize("name", ["room-2024", "linek-2024", "chain-2022"])
def test_the_mean_of_many_episodes_is_the_exact_return(name):
    made, n_runs = mdp(name), 4000
    rich = np.random.default_rng(0).normal(size=made.R.shape)
    rich[made.terminal] = 0.0
    world, shaper = World(made, n_runs=n_runs, seed=1), Table(rich, n_runs=n_runs)
    episode = play(world, uniform(made, n_runs), shaper)
    paid = replace(made, R=rich)
    exact = finite_returns(paid, uniform(made, 1), horizon=made.horizon)[0]
    sampled = episode.shaped_return[:, 0]
    assert abs(sampled.mean() - exact) < 4 * sampled.std() / np.sqrt(n_runs)


def test_a_run_is_the_same_whoever_runs_beside_it():
    made = mdp("room-2021")
    few, many = (
        play(World(made, n_runs=n, seed=7), uniform(made, n), Table(made.R, n_runs=n))
        for n in (2, 9)
    )
    for name in ("s", "a", "to", "valid", "r_hat"):
        np.testing.assert_array_equal(getattr(few, name), getattr(many, name)[:2])
    other = play(World(made, n_runs=2, seed=8), uniform(made, 2), Table(made.R, n_runs=2))
    assert (other.s != few.s).any()


def test_returns_are_discounted_from_each_step():
    np.testing.assert_allclose(discounted(np.array([[1.0, 2.0, 4.0]]), 0.5), [[3.0, 4.0, 4.0]])


def test_sums_over_visits_are_those_of_a_loop():
    made, n_runs = mdp("room-2024"), 3
    world, shaper = World(made, n_runs=n_runs, seed=0), Table(made.R, n_runs=n_runs)
    episodes = [play(world, uniform(made, n_runs), shaper) for _ in range(2)]
    weights = [np.random.default_rng(i).normal(size=e.s.shape) for i, e in enumerate(episodes)]
    looped = np.zeros((n_runs, *made.R.shape))
    for e, w in zip(episodes, weights, strict=True):
        for run, t in np.argwhere(e.valid):
            looped[run, e.s[run, t], e.a[run, t]] += w[run, t]
    np.testing.assert_allclose(scattered(episodes, weights, looped.shape), looped, atol=1e-12)


def test_a_bonus_falls_with_visits_and_is_paid_for_the_successor():
    made = corridor(horizon=6)
    bonus = CountBonus(made, n_runs=1, b_max=2.0, lam=1.0)
    assert bonus.bonus(np.array([0.0]))[0] == 2.0
    falling = bonus.bonus(np.arange(1000.0))
    assert (np.diff(falling) < 0).all()
    assert falling[-1] < 0.04
    step = Step(*(np.array([i]) for i in (0, 0, 1, 1)), r_ext=np.array([0.5]))
    assert bonus.shape(step) == bonus.shape(step) == 2.5
    for _ in range(3):
        bonus.observe(step)
    assert bonus.visits[0].tolist() == [3, 0, 0, 0, np.inf]
    assert bonus.shape(step._replace(to=np.array([0]))) == 0.5 + 1 / np.sqrt(0.25 + 3)
    assert bonus.shape(step._replace(to=np.array([made.terminal]))) == 0.5


def test_what_does_not_fit_is_named():
    made = corridor()
    with pytest.raises(ConfigError, match="this MDP has no horizon"):
        World(made, n_runs=1, seed=0)
    with pytest.raises(ConfigError, match=r"shape \(2, 2\): give \(5, 2\), or \(3, 5, 2\)"):
        paying(np.zeros((2, 2)), made, 3)
