"""Gaps of a reward as rows of a matrix: the recursion, sampled episodes, potentials."""

import numpy as np
import pytest

from rewardlab.envs.tabular import mdp
from rewardlab.shapers.tables.optimum import gap_rows, optimum
from rewardlab.shapers.tables.potentials import shaped
from tests.shapers.tables.problems import random_mdp


@pytest.fixture(scope="module")
def room():
    return mdp("room-2021")


def test_with_the_optimal_values_as_potential_one_step_shows_what_is_lost_for_ever(room):
    best = optimum(room)
    reward = shaped(room, best.v).ravel()
    for_ever = gap_rows(room, best.policy) @ room.R.ravel()
    for steps in (1, 4, 32):
        np.testing.assert_allclose(gap_rows(room, best.policy, steps) @ reward, for_ever, atol=1e-9)


@pytest.mark.parametrize("steps", [0, 1, 3, 200])
def test_gap_rows_are_the_recursion(steps):
    rng = np.random.default_rng(0)
    m, reward = random_mdp(rng), rng.normal(size=(6, 3))
    policy = rng.integers(3, size=6)
    q = reward
    for _ in range(steps):
        q = reward + m.gamma * np.einsum("sta,t->sa", m.T, q[np.arange(6), policy])
    gaps = q[np.arange(6), policy][:, None] - q
    found = gap_rows(m, policy, steps) @ reward.ravel()
    np.testing.assert_allclose(found, gaps.ravel(), atol=1e-12)
    if steps == 200:
        np.testing.assert_allclose(gap_rows(m, policy) @ reward.ravel(), found, atol=1e-7)


def test_gap_rows_are_what_sampled_episodes_lose():
    rng = np.random.default_rng(3)
    m = random_mdp(rng, n_states=4, n_actions=2)
    reward, policy, steps, n = rng.normal(size=(4, 2)), np.array([0, 1, 1, 0]), 3, 40_000
    returns = np.zeros(2)
    for action in range(2):
        state, a = np.zeros(n, dtype=int), np.full(n, action)
        for k in range(steps + 1):
            returns[action] += m.gamma**k * reward[state, a].mean()
            cumulative = m.T[state, :, a].cumsum(axis=1)
            drawn = rng.random(n)[:, None]
            state = (drawn > cumulative[:, :-1]).sum(axis=1)
            a = policy[state]
    gaps = (gap_rows(m, policy, steps) @ reward.ravel()).reshape(4, 2)
    assert gaps[0, 1] == pytest.approx(returns[0] - returns[1], abs=0.05)
