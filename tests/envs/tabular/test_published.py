"""The published MDPs have their known answers, and a switch changes what it names alone."""

import dataclasses

import numpy as np
import pytest

from rewardlab.envs.tabular import (
    PUBLISHED,
    TabularMDP,
    expected_return,
    greedy,
    linek_2021_cells,
    mdp,
    optimal_return,
    value_iteration,
)
from rewardlab.errors import ConfigError

UP, LEFT, DOWN, RIGHT = range(4)
SIZES = {
    "room-2021": (50, 4, 0.95, 51),
    "room-2022": (50, 4, 0.99, 30),
    "room-2024": (50, 4, 0.95, 30),
    "linek-2021": (41, 3, 0.95, 52),
    "linek-2021-ground": (201, 3, 0.95, 52),
    "linek-2022": (301, 4, 0.99, 61),
    "linek-2024": (21, 3, 0.95, 30),
    "chain-2022": (62, 2, 0.99, 40),
}


def row(made, s, a):
    """Return what state `s` and action `a` lead to, as `{state: probability}`."""
    return {int(z): round(float(made.T[s, z, a]), 12) for z in np.flatnonzero(made.T[s, :, a])}


def rows_that_differ(one: TabularMDP, other: TabularMDP):
    changed = (one.T != other.T).any(axis=1) | (one.R != other.R)
    return {(int(s), int(a)) for s, a in np.argwhere(changed)}


@pytest.mark.parametrize("name", PUBLISHED)
def test_all_are_mdps_of_their_published_size(name):
    made = mdp(name)
    assert (made.n_states, made.n_actions, made.gamma, made.horizon) == SIZES[name]
    assert made.name == name
    np.testing.assert_allclose(made.T.sum(axis=1), 1.0, atol=1e-12)
    assert (made.T[made.terminal, made.terminal] == 1).all()
    assert not made.R[made.terminal].any()
    assert made.initial.sum() == pytest.approx(1)
    assert {int(s) for s in np.flatnonzero(made.R.any(axis=1))} == set(made.goal_states)
    assert made.R[list(made.goal_states)].max() == made.r_max


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_goal_is_reached_by_acting_well(name):
    made = mdp(name)
    at_random = np.full(made.R.shape, 1 / made.n_actions)
    best = optimal_return(made, horizon=made.horizon)
    assert best > 2 * expected_return(made, at_random, horizon=made.horizon)
    assert best <= optimal_return(made)


def test_known_optimal_returns():
    made = mdp("room-2021")
    assert value_iteration(made).V[8] == pytest.approx(5.902159661540154, abs=1e-8)
    assert optimal_return(mdp("linek-2021-ground")) == pytest.approx(3.92861, abs=5e-6)


def test_linek_2024_has_the_gaps_from_which_its_known_loss_follows():
    """The loss under the published tree is (gap(0) + gap(2)) / (5 * 21)."""
    q, v = value_iteration(mdp("linek-2024"))
    gaps = np.where(q < v[:, None] - 1e-10, v[:, None] - q, np.inf).min(axis=1)
    assert (gaps[0] + gaps[2]) / 105 == pytest.approx(0.00462527390588, abs=1e-11)


def test_room_2021_spreads_a_tenth_over_the_other_neighbours():
    made = mdp("room-2021")
    assert row(made, 8, UP) == {15: 0.9, 1: 0.033333333333, 7: 0.033333333333, 9: 0.033333333333}
    assert row(made, 7, LEFT) == {7: 0.9, 0: 0.033333333333, 8: 0.033333333333, 14: 0.033333333333}
    assert row(made, 14, UP) == {14: 0.9, 7: 0.05, 15: 0.05}  # the wall between y = 2 and 3
    assert row(made, 15, UP)[22] == 0.9  # and its opening at x = 1
    assert row(made, 0, DOWN) == {49: 0.9, 1: 0.05, 7: 0.05}
    assert row(made, 0, RIGHT) == {1: 0.9, 7: 0.05, 49: 0.05}
    assert row(made, 48, RIGHT) == {49: 0.9, 42: 0.05, 47: 0.05}
    assert row(made, 48, DOWN) == {42: 0.9, 47: 0.05, 49: 0.05}


def test_the_rooms_open_at_their_gates_only():
    made = mdp("room-2024")
    crossing = {(16, 17), (30, 31), (9, 10), (37, 38), (15, 22), (19, 26), (18, 25), (2, 3)}
    joined = {(s, z) for s, z in crossing if made.T[s, z].any()}
    assert joined == {(9, 10), (37, 38), (15, 22), (19, 26)}
    assert made.gate_states == (15, 19, 9, 37)


def test_room_2024_is_exact_at_its_two_ends_alone():
    made = mdp("room-2024")
    assert row(made, 8, UP) == {15: 0.9625, 1: 0.0125, 7: 0.0125, 9: 0.0125}
    assert [row(made, 0, a) for a in range(4)] == [{7: 1}, {49: 1}, {49: 1}, {1: 1}]
    assert [row(made, 48, a) for a in range(4)] == [{48: 1}, {47: 1}, {42: 1}, {49: 1}]


def test_room_2022_goes_on_at_its_goal_and_is_noisy_there():
    made = mdp("room-2022")
    assert row(made, 48, RIGHT) == {48: 0.975, 47: 0.0125, 42: 0.0125}
    assert row(made, 0, UP) == {7: 0.9625, 49: 0.025, 1: 0.0125}


@pytest.mark.parametrize("name", ["room-2021", "room-2022", "room-2024"])
def test_the_repaired_goal_leads_down_by_one_cell(name):
    published, repaired = mdp(name), mdp(name, goal_down=41)
    assert row(published, 48, DOWN)[42] == row(repaired, 48, DOWN)[41] >= 0.9
    differing = rows_that_differ(published, repaired)
    assert {s for s, _ in differing} == {48}
    if name == "room-2024":
        assert differing == {(48, DOWN)}
    swapped = published.T.copy()
    swapped[48][[41, 42]] = swapped[48][[42, 41]]
    np.testing.assert_array_equal(swapped, repaired.T)


@pytest.mark.parametrize(("name", "cell"), [("room-2022", (1, UP)), ("chain-2022", (25, 0))])
def test_a_distractor_pays_a_hundredth_in_one_place(name, cell):
    plain, distracted = mdp(name), mdp(name, distractor=True)
    assert rows_that_differ(plain, distracted) == {cell}
    assert distracted.R[cell] == 0.01
    assert distracted.goal_states == plain.goal_states


def test_the_key_of_linek_2024_teleports_unless_repaired():
    published, repaired = mdp("linek-2024"), mdp("linek-2024", pick_teleports=False)
    assert rows_that_differ(published, repaired) == {(1, 2)}
    assert row(published, 1, 2) == {10: 1}
    assert row(repaired, 1, 2) == {11: 1}


def test_the_ends_of_linek_2024():
    made = mdp("linek-2024")
    assert row(made, 0, 0) == {20: 1}
    assert row(made, 0, 1) == {1: 0.9, 20: 0.1}
    assert row(made, 10, 0) == {10: 0.9, 11: 0.1}
    assert row(made, 9, 1) == {9: 0.9, 8: 0.1}
    assert row(made, 19, 1) == {20: 1}
    assert row(made, 19, 0) == {18: 0.9, 20: 0.1}
    assert row(made, 5, 2) == {5: 1}


def test_the_ground_of_linek_2021():
    made = mdp("linek-2021-ground")
    assert row(made, 49, 1) == {56: 0.45, 57: 0.45, 41: 0.025, 42: 0.025, 49: 0.05}
    assert row(made, 9, 2)[109] == 0.9
    assert row(made, 8, 2)[8] == 0.9
    assert row(made, 95, 1) == row(made, 195, 1) == {200: 1}
    assert 200 not in row(made, 95, 0)  # by noise alone one moves right, never beyond the end
    assert (made.R[90:100] == 0).all()
    assert (made.R[190:200, 1] == 10).all()


def test_the_abstract_linek_2021_stands_for_its_ground():
    made, ground = mdp("linek-2021"), mdp("linek-2021-ground")
    cells = linek_2021_cells()
    assert cells.shape == (ground.n_states,)
    assert (cells[[0, 4, 5, 99, 100, 199, 200]] == [0, 0, 1, 19, 20, 39, 40]).all()
    assert row(made, 10, 1) == {11: 0.45, 12: 0.45, 9: 0.025, 8: 0.025, 10: 0.05}
    assert row(made, 1, 0)[0] == 0.9
    assert row(made, 38, 1) == row(made, 18, 1) == {40: 1}
    assert row(made, 2, 2)[22] == 0.9
    assert row(made, 4, 2)[4] == 0.9
    assert {int(cells[s]) for s in ground.goal_states} == set(made.goal_states) == {38, 39}
    # the optimum of the abstract MDP walks its ground well
    lifted = greedy(value_iteration(made).Q)[cells]
    assert expected_return(ground, lifted) > 0.9 * optimal_return(ground)


def test_a_wrong_key_of_linek_2022_is_kept():
    made = mdp("linek-2022")
    assert row(made, 5, 2) == {105: 1}
    assert row(made, 5, 3) == {205: 1}
    assert row(made, 205, 2) == {205: 1}
    assert row(made, 10, 2) == {10: 1}
    assert row(made, 50, 1) == {57: 0.475, 58: 0.475, 43: 0.025, 42: 0.025}
    assert row(made, 199, 1)[199] == 0.95
    other = mdp("linek-2022", distractor=True)
    assert rows_that_differ(made, other) == {(s, 1) for s in (*range(90, 100), *range(290, 300))}


def test_the_chain_ends_on_its_left_and_pays_on_its_right():
    made = mdp("chain-2022")
    assert row(made, 0, 0) == {61: 0.975, 1: 0.025}
    assert row(made, 60, 1) == {60: 0.975, 59: 0.025}
    assert made.initial[40] == 1
    short = mdp("chain-2022", n1=15, n2=20)
    assert (short.n_states, short.goal_states) == (37, (35,))
    with pytest.raises(ConfigError, match="n2=10: the distractor"):
        mdp("chain-2022", n2=10, distractor=True)
    with pytest.raises(ConfigError, match="n1=0"):
        mdp("chain-2022", n1=0)


def test_each_call_makes_its_own():
    assert mdp("room-2021") is not mdp("room-2021")
    assert dataclasses.replace(mdp("room-2021"), gamma=0.5).gamma == 0.5
