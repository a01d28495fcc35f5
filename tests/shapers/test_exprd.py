"""ExpRD against its published answers, its theorems and an independent solver."""

from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.envs.tabular import TabularMDP, evaluate, from_toy_text, greedy, mdp
from rewardlab.errors import InfeasibleDesign, UnknownName, UsageError
from rewardlab.shapers import exprd
from rewardlab.shapers.tables.comparators import craft, invariant, pbrs, pbrs_craft
from rewardlab.shapers.tables.features import linek_tree, room_squares
from rewardlab.shapers.tables.optimum import gap_rows, one_hot, optimum
from tests.shapers.tables.problems import random_mdp

CLIFF = max(id for id in gym.registry if id.startswith("CliffWalking-v"))


@pytest.fixture(scope="module")
def room():
    return mdp("room-2021")


@pytest.fixture(scope="module")
def greedy_room(room):
    return exprd.design(room, budget=5)


# known answers


def test_room_2021_has_the_published_return_and_losses(room):
    assert room.initial @ optimum(room).v == pytest.approx(5.902159661540154, abs=1e-8)
    assert exprd.informativeness(room, room.R) == pytest.approx(-0.1557305, abs=5e-8)
    goal_only = exprd.design(room, budget=0)
    assert goal_only.objective == pytest.approx(0.1557305, abs=5e-8)
    assert goal_only.states == (48,)
    assert goal_only.history == (exprd.Step(goal_only.objective, (48,)),)


def test_the_first_greedy_pick_of_room_2021_is_state_0(greedy_room):
    assert greedy_room.history[1].states == (48, 0)
    assert greedy_room.history[1].objective == pytest.approx(0.0997013, abs=5e-8)


@pytest.mark.parametrize("budget", [None, 49, 1000])
def test_with_all_states_of_room_2021_nothing_is_lost(room, budget):
    design = exprd.design(room, budget=budget)
    assert design.objective == pytest.approx(0.0, abs=1e-9)
    assert exprd.informativeness(room, design.reward) == pytest.approx(0.0, abs=1e-9)
    assert design.certificate.holds
    assert sorted(design.states) == list(range(49))


def test_linek_2021_has_the_published_loss():
    design = exprd.design(mdp("linek-2021"), budget=0)
    assert design.objective == pytest.approx(0.1123585, abs=5e-8)
    assert design.states == (38, 39)


def test_the_tree_of_linek_2024_costs_the_gaps_of_the_two_states_that_it_cannot_tell_apart():
    m = mdp("linek-2024")
    options = {"terms": "h", "slack": 0.0, "features": linek_tree(m)}
    design = exprd.design(m, budget=None, **options)
    gap = optimum(m).gap
    assert design.objective == pytest.approx(0.00462527390588, abs=1e-12)
    assert design.objective == pytest.approx((gap[0] + gap[2]) / (5 * 21), abs=1e-12)
    assert exprd.informativeness(m, design.reward, **options) == pytest.approx(
        -design.objective, abs=1e-9
    )
    leaf_by_leaf = exprd.design(m, budget=3, **options)
    assert leaf_by_leaf.objective == pytest.approx(design.objective, abs=1e-9)


def test_potential_based_rewards_of_the_teacher_lose_nothing_and_craft_breaks_the_task(room):
    assert exprd.informativeness(room, pbrs(room)) == pytest.approx(0.0, abs=1e-9)
    returned = {}
    for make in (pbrs, pbrs_craft, craft):
        best = one_hot(optimum(room, make(room), tie=1e-7).policy, 4)
        returned[make] = room.initial @ evaluate(room, best).V
    optimal = room.initial @ optimum(room).v
    assert returned[pbrs] == pytest.approx(optimal)
    assert returned[pbrs_craft] == pytest.approx(optimal)
    assert returned[craft] < 0.5 * optimal


# what every design keeps


def designs():
    room, squares = mdp("room-2024"), room_squares(mdp("room-2024"))
    yield room, {"budget": 2}
    yield room, {"budget": 2, "tie_break": "l1"}
    yield room, {"budget": 2, "tie_break": "vertex"}
    yield room, {"budget": None, "tie_break": "vertex"}
    yield room, {"budget": None, "features": squares, "terms": "h", "slack": 0.0}
    yield room, {"budget": 0, "features": squares, "terms": "h", "slack": 0.0, "tie_break": "l1"}
    yield mdp("room-2021", goal_down=41), {"budget": 1}
    yield mdp("linek-2021"), {"budget": 2}
    yield mdp("chain-2022"), {"budget": 1}
    for seed in range(4):
        yield random_mdp(np.random.default_rng(seed)), {"budget": None}
    yield from_toy_text(gym.make("FrozenLake-v1"), gamma=0.95), {"budget": 2}
    yield from_toy_text(gym.make(CLIFF)), {"budget": None}


@pytest.mark.parametrize(("m", "options"), list(designs()))
def test_every_design_keeps_the_optimum_its_bounds_and_its_support(m, options):
    design = exprd.design(m, **options)
    best = optimum(m)
    gaps = gap_rows(m, best.policy) @ design.reward.ravel()
    slack = options.get("slack", exprd.SLACK)
    wanted = np.where(best.optimal, 0.0, best.gap[:, None] / (1 + slack)).ravel()
    assert (gaps - wanted).min() >= -1e-8
    assert design.certificate.holds
    assert (best.optimal | ~optimum(m, design.reward, tie=1e-7).optimal).all()
    assert design.certificate.optimum_return == pytest.approx(m.initial @ best.v, abs=1e-9)
    assert np.abs(design.reward).max() <= m.r_max + 1e-12
    assert not design.reward[m.terminal].any()
    if "features" not in options:
        assert set(design.certificate.support) <= set(design.states)
    same = {name: value for name, value in options.items() if name != "budget"}
    assert exprd.informativeness(m, design.reward, **same) == pytest.approx(
        -design.objective, abs=3e-9
    )


def test_all_that_is_optimal_under_a_design_was_optimal_before(room, greedy_room):
    under = optimum(room, greedy_room.reward, tie=1e-7)
    assert (optimum(room).optimal | ~under.optimal).all()


def test_policies_that_are_nearly_optimal_under_a_design_are_optimal(room, greedy_room):
    """The bound with ε: value iteration on the design may stop early."""
    reward, best = greedy_room.reward, optimum(room)
    v_hat = optimum(room, reward).v
    smallest = best.gap[best.gap > 0].min()
    close, v = 0, np.zeros(room.n_states)
    for _ in range(300):
        q = reward + room.gamma * np.einsum("sta,t->sa", room.T, v)
        policy, v = greedy(q), q.max(axis=1)
        if (v_hat - evaluate(room, policy, reward=reward).V).max() < smallest:
            close += 1
            assert pytest.approx(best.v, abs=1e-9) == evaluate(room, policy).V
    assert 0 < close < 300


def test_more_states_never_lose_more(greedy_room):
    losses = [step.objective for step in greedy_room.history]
    assert len(losses) == 6
    assert losses == sorted(losses, reverse=True)
    for before, after in zip(greedy_room.history, greedy_room.history[1:], strict=False):
        assert after.states[:-1] == before.states


def test_scaling_the_reward_scales_the_loss_and_keeps_the_states():
    m = mdp("linek-2024")
    plain = exprd.design(m, budget=2)
    scaled = exprd.design(replace(m, R=7.0 * m.R, r_max=7.0 * m.r_max), budget=2)
    assert scaled.states == plain.states
    assert scaled.objective == pytest.approx(7.0 * plain.objective, rel=1e-9)
    np.testing.assert_allclose(scaled.reward, 7.0 * plain.reward, atol=1e-6)


# what else makes states good


def test_a_score_outweighs_informativeness_as_its_weight_grows(room):
    points = np.zeros(50)
    points[[20, 30]] = 1.0
    plain = exprd.design(room, budget=2, score=points, score_weight=0.0)
    assert plain.states == (48, 0, 15)
    scored = exprd.design(room, budget=2, score=points, score_weight=100.0)
    assert set(scored.states) == {48, 20, 30}
    assert scored.objective >= plain.objective


def test_facility_location_spreads_the_states(room):
    cover = exprd.facility_location(room)
    assert cover((48, 0)) > cover((48,))
    assert cover(tuple(range(49))) == pytest.approx(0.0, abs=1e-12)
    spread = exprd.design(room, budget=1, score=cover, score_weight=1e6)
    best = max(range(49), key=lambda z: cover((48, z)))
    assert spread.states == (48, best)


# bad input


def test_an_infeasible_design_names_the_pairs_that_fall_short(room):
    with pytest.raises(InfeasibleDesign, match=r"\|R\| <= 0.5 .* state 0 action 1 by") as caught:
        exprd.design(room, budget=1, r_max=0.5)
    short = caught.value.short
    assert all(amount > 0 for amount in short.values())
    best = optimum(room)
    assert not any(best.policy[s] == a for s, a in short)


def test_greedy_first_makes_a_design_possible():
    """Without its goal a room can show nothing; the goal is then found among the candidates."""
    room = mdp("room-2021")
    design = exprd.design(room, budget=1, goal_states=(), candidates=[20, 47, 48])
    assert design.history[0] == (np.inf, ())
    assert design.states == (48,)


def test_in_a_large_problem_too_the_states_that_make_a_design_possible_are_tried(monkeypatch, room):
    """Where no reward fits yet, reduced costs are those of what is missing."""
    monkeypatch.setattr(exprd, "PRUNE_ABOVE", 10)
    monkeypatch.setattr(exprd, "PRUNE_TO", 2)
    others = [*range(20), 48]  # the first two of them do not help
    assert exprd.design(room, budget=1, goal_states=(), candidates=others).states == (48,)


def test_an_mdp_without_choices_needs_no_reward():
    end = np.zeros((2, 2, 2))
    end[:, 1] = 1.0
    m = TabularMDP(end, np.zeros((2, 2)), 0.9, np.array([1.0, 0.0]), goal_states=(0,), r_max=1.0)
    assert invariant(m).certificate.holds
    nothing = exprd.design(replace(m, goal_states=()), budget=0)
    for design in (exprd.design(m, budget=0), nothing):
        assert design.objective == 0
        assert not design.reward.any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"budget": -1}, "budget is -1"),
        ({"budget": 1, "r_max": 0.0}, "r_max is 0"),
        ({"budget": 1, "slack": -0.1}, "slack is -0.1"),
        ({"budget": 1, "horizons": ()}, "horizons are"),
        ({"budget": 1, "horizons": (1, 0)}, "horizons are"),
        ({"budget": 1, "goal_states": [49]}, "goal_states holds 49; states 0 to 48"),
        ({"budget": 1, "candidates": [-1]}, "candidates holds -1"),
        ({"budget": 1, "features": np.eye(3)}, r"\(200, d\)"),
        ({"budget": 1, "score": np.ones(3), "score_weight": 1.0}, "one number per state: 50"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(room, options, message):
    with pytest.raises(UsageError, match=message) as caught:
        exprd.design(room, **options)
    assert "\n" not in str(caught.value)


def test_misspelt_choices_are_named(room):
    with pytest.raises(UnknownName, match="did you mean min_norm"):
        exprd.design(room, budget=1, tie_break="minnorm")
    with pytest.raises(UnknownName, match="unknown terms 'h1'"):
        exprd.design(room, budget=1, terms="h1")
    with pytest.raises(UnknownName, match="did you mean features"):
        exprd.informativeness(room, room.R, feature=None)


def test_a_reward_that_does_not_fit_is_refused(room):
    with pytest.raises(UsageError, match=r"shape \(4, 50\)"):
        exprd.informativeness(room, room.R.T)
    broken = room.R.copy()
    broken[3, 2] = np.nan
    with pytest.raises(UsageError, match="nan at state 3, action 2"):
        exprd.informativeness(room, broken)
