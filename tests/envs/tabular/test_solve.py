"""Exact values: by identities that must hold, and against sampled episodes."""

import numpy as np
import pytest

from rewardlab.envs.tabular import (
    PUBLISHED,
    evaluate,
    expected_return,
    greedy,
    mdp,
    optimal_return,
    reachable,
    transitions,
    value_iteration,
)
from rewardlab.errors import ConfigError


def random_policy(made, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(made.n_actions), made.n_states)


@pytest.mark.parametrize("name", PUBLISHED)
def test_optimal_values_solve_the_bellman_equation(name):
    made = mdp(name)
    q, v = value_iteration(made)
    np.testing.assert_allclose(
        q, made.R + made.gamma * np.einsum("sza,z->sa", made.T, v), atol=1e-10
    )
    np.testing.assert_array_equal(v, q.max(axis=1))
    assert v[made.terminal] == 0


def test_values_of_a_policy_solve_its_equation_for_any_reward():
    made = mdp("linek-2024")
    policy = random_policy(made)
    reward = np.random.default_rng(1).normal(size=made.R.shape)
    q, v = evaluate(made, policy, reward=reward)
    np.testing.assert_allclose(v, (policy * q).sum(axis=1), atol=1e-10)
    np.testing.assert_allclose(
        v, (policy * reward).sum(axis=1) + made.gamma * transitions(made, policy) @ v, atol=1e-10
    )
    assert expected_return(made, policy, reward=reward) == pytest.approx(made.initial @ v)


def test_a_long_horizon_is_as_good_as_none():
    made = mdp("room-2024")
    policy = random_policy(made)
    assert expected_return(made, policy, horizon=600) == pytest.approx(
        expected_return(made, policy)
    )
    assert optimal_return(made, horizon=600) == pytest.approx(optimal_return(made), abs=1e-9)
    assert optimal_return(made, horizon=1) == 0


def test_no_policy_beats_the_optimum():
    made = mdp("room-2021")
    best = greedy(value_iteration(made).Q)
    assert expected_return(made, best) == pytest.approx(optimal_return(made))
    for seed in range(20):
        assert expected_return(made, random_policy(made, seed)) < optimal_return(made)


def test_of_equal_actions_the_first_is_taken():
    assert greedy(np.array([[1.0, 1.0], [0.0, 2.0]])).tolist() == [[1, 0], [0, 1]]


def test_shapes_that_do_not_fit_are_named():
    made = mdp("room-2021")
    with pytest.raises(ConfigError, match=r"policy has shape \(50,\): give \(50, 4\)"):
        evaluate(made, np.zeros(50))
    with pytest.raises(ConfigError, match=r"reward has shape \(49, 4\): give \(50, 4\)"):
        evaluate(made, random_policy(made), reward=np.zeros((49, 4)))


def test_all_published_states_are_reachable_but_those_behind_an_end():
    unreached = {name: np.flatnonzero(~reachable(mdp(name))).tolist() for name in PUBLISHED}
    assert unreached.pop("linek-2022") == [300]  # nothing ends there
    assert not any(unreached.values())
