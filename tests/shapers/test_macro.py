"""The MDP of macro steps: known windows, ends, and pairs that were never seen."""

import numpy as np
import pytest

from rewardlab.shapers.abstract import Abstraction, Numbers
from rewardlab.shapers.lessons import Episode
from rewardlab.shapers.macro import PRIOR, estimate
from rewardlab.shapers.tables.optimum import optimum


def episode(states, actions, rewards, *, own=True, terminated=True):
    n = len(actions)
    return Episode(
        np.array(states),
        np.array(actions),
        np.array(rewards, float),
        np.broadcast_to(own, n),
        terminated,
    )


def made(*episodes, n_cells=4, hold=1, macro=2, least=1, tie=0.01):
    abstraction = Abstraction(Numbers(n_cells), Numbers(2), np.arange(n_cells))
    return estimate(episodes, abstraction, hold=hold, macro=macro, gamma=0.5, least=least, tie=tie)


def test_rewards_are_discounted_within_a_step_and_the_end_cuts_it_short():
    mdp = made(episode([0, 1, 2, 3], [0, 0, 0], [1, 2, 4])).mdp
    np.testing.assert_allclose(mdp.R[:3, 0], [1 + 0.5 * 2, 2 + 0.5 * 4, 4])
    assert mdp.gamma == 0.25
    assert mdp.T[0, 2, 0] == pytest.approx((1 + PRIOR) / (1 + 4 * PRIOR))
    assert mdp.T[1, 4, 0] == mdp.T[2, 4, 0] == pytest.approx(1 / (1 + 4 * PRIOR))


def test_what_a_limit_cuts_off_is_no_macro_step():
    found = made(episode([0, 1, 2, 3], [0, 0, 0], [1, 2, 4], terminated=False))
    assert found.counts[:, 0].tolist() == [1, 1, 0, 0]
    assert found.mdp.T[1, 3, 0] > 0.99


def test_only_steps_that_hold_one_action_and_then_follow_the_policy_count():
    mixed = episode([0, 1, 2, 3, 3], [0, 1, 1, 0], [1, 1, 1, 1], own=[True, False, True, True])
    assert made(mixed, hold=1).counts.tolist() == [[0, 0], [0, 1], [0, 1], [1, 0]]
    assert made(mixed, hold=2).counts.tolist() == [[0, 0], [0, 1], [0, 0], [1, 0]]


def test_an_action_that_nobody_tried_is_like_the_worst_that_was():
    good, bad = episode([0, 3], [1], [5]), episode([1, 3], [0], [-2])
    both = episode([2, 3], [0], [1]), episode([2, 3], [1], [-1])
    best = optimum(made(good, bad, *both, macro=1).mdp)
    assert best.optimal[:2].all()
    assert best.gap[2] == pytest.approx(2)


def test_next_to_nothing_is_no_gap():
    near = episode([0, 3], [0], [1.0]), episode([0, 3], [1], [0.99]), episode([1, 3], [0], [-2.0])
    assert optimum(made(*near, macro=1).mdp).gap[0] == 0
    assert optimum(made(*near, macro=1, tie=0.001).mdp).gap[0] == pytest.approx(0.01)


def test_a_cell_without_steps_stays_and_has_no_gap():
    found = made(episode([0, 3], [0], [1.0]), episode([0, 3], [1], [0.0]), macro=1)
    assert (found.mdp.T[2, 2] > 0.99).all()
    assert optimum(found.mdp).gap[2] == 0
