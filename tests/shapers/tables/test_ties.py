"""ExpRD's programme against another solver, and which of its optima is returned."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import linprog

from rewardlab.envs.tabular import mdp
from rewardlab.shapers import exprd
from rewardlab.shapers.tables.comparators import pbrs
from rewardlab.shapers.tables.explicable import tie_broken
from rewardlab.shapers.tables.features import room_squares
from rewardlab.shapers.tables.linear import Point
from tests.shapers.tables.problems import problem, random_mdp


@pytest.fixture(scope="module")
def room():
    return mdp("room-2021")


@pytest.mark.parametrize("method", ["highs-ds", "highs-ipm"])
@pytest.mark.parametrize("states", [(48,), (48, 0, 15), tuple(range(49))])
def test_another_solver_finds_the_same_loss_and_the_same_least_norm_table(room, method, states):
    p = problem(room)
    columns = p.polytope.columns(states)
    ours = p.solve(columns).point
    linear = p.linear(columns)
    other = linprog(
        linear.cost,
        A_ub=linear.matrix,
        b_ub=linear.upper,
        bounds=np.column_stack([linear.low, linear.high]),
        method=method,
    )
    assert other.fun == pytest.approx(ours.objective, abs=1e-6)
    reduced = other.lower.marginals + other.upper.marginals
    theirs = Point(other.x, other.fun, other.ineqlin.marginals, reduced)
    np.testing.assert_allclose(
        tie_broken(p, columns, theirs, "min_norm"),
        tie_broken(p, columns, ours, "min_norm"),
        atol=1e-3,
    )


def test_small_entries_count_where_gaps_are_small():
    """HiGHS drops entries below 1e-9 unless told not to: here that costs 3.5e-4 of the loss.

    Scaling each row to a gap of 1 lets another interface keep them.
    """
    p = problem(mdp("room-2024"))
    columns = p.polytope.columns((48, 0, 15, 9, 8, 1))
    linear, required = p.linear(columns), p.polytope.required
    scale = np.ones(len(linear.upper))
    scale[: len(required)][required > 0] = 1 / required[required > 0]
    found = linprog(
        linear.cost,
        A_ub=linear.matrix.toarray() * scale[:, None],
        b_ub=linear.upper * scale,
        bounds=np.column_stack([linear.low, linear.high]),
    )
    assert p.solve(columns).objective == pytest.approx(found.fun, abs=1e-8)


@pytest.mark.parametrize("slack", [0.0, 1e-9])
def test_gaps_that_are_met_exactly_leave_a_design(slack):
    """The extrinsic reward meets every gap exactly; presolving called that impossible."""
    m = mdp("room-2022")
    plain = exprd.design(m, budget=2)
    exact = exprd.design(m, budget=2, slack=slack)
    assert exact.states == plain.states == (48, 0, 8)
    assert exact.objective == pytest.approx(plain.objective, abs=1e-4)
    assert exact.certificate.holds


@pytest.mark.parametrize("features", [None, room_squares(mdp("room-2024"))])
def test_ties_go_to_the_least_norm_asked_for(features):
    """The three rules lose the same; each is at least as small in its own norm."""
    m = mdp("room-2024")
    made = {
        rule: exprd.design(m, budget=2, features=features, tie_break=rule).reward
        for rule in ("min_norm", "l1", "vertex")
    }
    losses = [exprd.informativeness(m, reward) for reward in made.values()]
    assert np.ptp(losses) < 3e-9
    sizes = {rule: (np.linalg.norm(r), np.abs(r).sum()) for rule, r in made.items()}
    for size in sizes.values():
        assert sizes["min_norm"][0] <= size[0] + 1e-4
        assert sizes["l1"][1] <= size[1] + 1e-4
    assert sizes["vertex"][0] > sizes["min_norm"][0] + 0.1


def test_the_least_norm_is_no_larger_than_that_of_any_mixture_of_optima(room):
    p = problem(room)
    columns = p.polytope.columns(range(49))
    point = p.solve(columns).point
    least = tie_broken(p, columns, point, "min_norm")
    rng = np.random.default_rng(0)
    others = [tie_broken(p, columns, point, rule) for rule in ("l1", "vertex")] + [pbrs(room)]
    for share in rng.random(20):
        for other in others:
            mixed = (1 - share) * least + share * other
            assert np.square(mixed).sum() >= np.square(least).sum() - 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_more_states_never_cost_more(seed):
    """P1(Z) <= P1(Z') for any Z that holds Z', not only along the greedy choice."""
    rng = np.random.default_rng(seed)
    p = problem(random_mdp(rng))
    order, strictly = rng.permutation(5), 0
    losses = [p.solve(p.polytope.columns(order[:k])).objective for k in range(1, 6)]
    for fewer, more in pairwise(losses):
        assert more <= fewer + 1e-9
        strictly += more < fewer
    assert strictly  # infinite where nothing fits
