"""Rewards that designs are compared with, and designs lifted from cells to states."""

import numpy as np
import pytest

from rewardlab.envs.tabular import evaluate, linek_2021_cells, mdp
from rewardlab.errors import UsageError
from rewardlab.shapers import exprd
from rewardlab.shapers.tables.abstraction import abstract, lift
from rewardlab.shapers.tables.comparators import craft, invariant
from rewardlab.shapers.tables.features import linek_tree
from rewardlab.shapers.tables.optimum import one_hot, optimum


def test_craft_praises_the_best_action_at_the_gates_and_blames_the_others():
    m = mdp("room-2021")
    extra = craft(m) - m.R
    assert np.flatnonzero(extra.any(axis=1)).tolist() == sorted(m.gate_states)
    for gate in m.gate_states:
        assert extra[gate].tolist() == (2 * one_hot(optimum(m).policy, 4)[gate] - 1).tolist()
    assert np.flatnonzero((craft(m, states=[3]) - m.R).any(axis=1)).tolist() == [3]
    with pytest.raises(UsageError, match="names no gates"):
        craft(mdp("linek-2021"))


@pytest.mark.parametrize("name", ["room-2021", "room-2024", "linek-2024"])
def test_an_invariant_reward_keeps_the_optimum(name):
    m = mdp(name)
    design = invariant(m)
    assert design.certificate.holds
    assert design.certificate.optimum_return == pytest.approx(m.initial @ optimum(m).v)
    tree = linek_tree(m) if name == "linek-2024" else None
    assert invariant(m, features=tree, slack=1e-5).certificate.holds


def test_an_abstract_mdp_is_the_mean_over_its_cells():
    m = mdp("linek-2021-ground")
    cells = linek_2021_cells()
    made = abstract(m, cells)
    assert made.T.shape == (41, 41, 3)
    np.testing.assert_allclose(made.R, mdp("linek-2021").R, atol=1e-12)
    assert made.goal_states == (38, 39)
    inside = np.flatnonzero(cells == 7)
    np.testing.assert_allclose(
        made.T[7, 8], m.T[inside][:, cells == 8].sum(axis=1).mean(axis=0), atol=1e-12
    )
    np.testing.assert_allclose(made.T.sum(axis=1), 1.0)


def test_each_state_its_own_cell_changes_nothing():
    m = mdp("linek-2024")
    same = abstract(m, np.arange(21))
    np.testing.assert_allclose(same.T, m.T)
    np.testing.assert_allclose(optimum(same).v, optimum(m).v)


def test_a_lifted_design_is_nearly_optimal_on_the_ground():
    """Slightly below: on the ground, invariance is only approximate."""
    ground, cells = mdp("linek-2021-ground"), linek_2021_cells()
    reward = lift(exprd.design(mdp("linek-2021"), budget=None).reward, cells)
    assert reward.shape == ground.R.shape
    policy = one_hot(optimum(ground, reward).policy, 3)
    best = ground.initial @ optimum(ground).v
    assert best == pytest.approx(3.92861, abs=5e-6)
    assert 0.999 * best < ground.initial @ evaluate(ground, policy).V < best - 1e-6


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (np.zeros(21), "one whole number per state"),
        (np.zeros(5, dtype=int), r"shape \(5,\)"),
        (np.r_[np.zeros(20, dtype=int), 2], "without a gap"),
        (np.r_[np.zeros(19, dtype=int), 1, 1], "terminal state 20 alone"),
        (np.r_[np.ones(20, dtype=int), 0], "terminal state 20 alone"),
    ],
)
def test_cells_that_do_not_fit_are_refused(cells, message):
    with pytest.raises(UsageError, match=message):
        abstract(mdp("linek-2024"), cells)
