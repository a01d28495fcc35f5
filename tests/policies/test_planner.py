"""Known answers of the rate, and plans that move as the theory says."""

import math

import pytest

from rewardlab.errors import UnknownName, UsageError
from rewardlab.policies.planner import M_MAX, fit_constants, plan
from rewardlab.policies.rate import Rate


def test_worked_answers():
    assert (plan(1e3, 1).m, plan(1e3, 1).k) == (3, 1)
    assert (plan(1e5, 4).m, plan(1e5, 4).k) == (29, 1)
    assert plan(1e5, 4).rate_exponent == -0.5
    assert plan(1e5, 4).warnings == ()


@pytest.mark.parametrize("s", [1, 4, 17, 376])
def test_parameters_of_constant_and_linear_experts(s):
    assert Rate(s).parameters(0) == 1
    assert Rate(s).parameters(1) == s + 1
    assert Rate(s).parameters(2) == (s + 1) * (s + 2) // 2


def test_the_bound_is_the_formula():
    n, s, m, k = 5000, 3, 7, 1
    by_hand = 2.0 * 7 ** (-2 * 1.5 / 3) + 0.5 * (7 * 4 + 6 * 4) * math.log(n) / n
    assert Rate(s, 1.5, 2.0, 0.5).bound(m, k, n) == pytest.approx(by_hand)
    without = 2.0 / 7 + 0.5 * (7 * 4 + 7 * 4) / n
    assert Rate(s, 1.5, 2.0, 0.5, "sigmoid", False).bound(m, k, n) == pytest.approx(without)


@pytest.mark.parametrize("s", [1, 2, 4, 8])
@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0, 3.5])
@pytest.mark.parametrize("gating", ["softmax", "sigmoid"])
def test_the_plan_is_the_best_of_all_whole_numbers(s, alpha, gating):
    for n in (30, 1_000, 100_000):
        rate = Rate(s, alpha, gating=gating)
        found = plan(n, s, alpha=alpha, gating=gating)
        bounds = {(m, k): rate.bound(m, k, n) for m in range(1, M_MAX + 1) for k in range(4)}
        assert found.bound == min(bounds.values())
        assert (found.m, found.k) == min(bounds, key=lambda mk: (bounds[mk], *mk))
        for row in found.table:
            assert row.m == M_MAX or abs(row.m - max(row.m_continuous, 1)) <= 1


def test_more_data_never_asks_for_fewer_experts():
    for s in (1, 4, 17):
        rows = [[row.m_continuous for row in plan(10**i, s).table] for i in range(1, 9)]
        assert rows == sorted(rows)


def test_smoother_targets_need_fewer_experts_of_higher_order():
    plans = [plan(1e7, 4, alpha=alpha) for alpha in (1, 2, 3, 4)]
    assert [p.k for p in plans] == [0, 1, 2, 3]
    assert [p.m for p in plans] == sorted((p.m for p in plans), reverse=True)
    assert plans[0].m > plans[-1].m


def test_orders_beyond_the_smoothness_only_cost():
    bounds = [row.bound for row in plan(1e4, 3, alpha=2, k_max=5).table]
    assert bounds[1:] == sorted(bounds[1:])
    assert plan(1e4, 3, alpha=2, k_max=5).k == 1


def test_the_bound_falls_with_the_rate():
    first, later = (plan(n, 2, use_log=False) for n in (1e6, 1e8))
    slope = math.log(later.bound / first.bound) / math.log(100)
    assert slope == pytest.approx(first.rate_exponent, abs=0.01)


@pytest.mark.parametrize(("A", "sigma2"), [(1.0, 1.0), (3.0, 0.02)])
def test_constants_come_back_from_errors_that_they_make(A, sigma2):  # noqa: N803
    rate = Rate(2, 1.0, A, sigma2)
    pilots = [(m, k, 500, rate.bound(m, k, 500)) for m in (1, 4, 16) for k in (0, 1)]
    found = fit_constants(pilots, 2, alpha=1.0)
    assert found == pytest.approx((A, sigma2))
    assert found._fields == ("A", "sigma2")


def test_each_order_may_have_its_own_size():
    sizes, sigma2 = {0: 4.0, 1: 1.0, 2: 0.1}, 0.03
    pilots = [
        (m, k, 500, Rate(2, 2.0, size, sigma2).bound(m, k, 500))
        for m in (1, 4, 16)
        for k, size in sizes.items()
    ]
    found = fit_constants(pilots, 2, by_order=True)
    assert found._asdict()["A"] == pytest.approx(sizes)
    assert found.sigma2 == pytest.approx(sigma2)
    made = plan(5_000, 2, A=found.A, sigma2=found.sigma2)
    assert [row.k for row in made.table] == [0, 1, 2]
    assert made.k == 2  # although the rate alone sees no use in more than k = 1
    assert plan(5_000, 2, A=1.0, sigma2=sigma2).k == 1
    assert [row.k for row in plan(5_000, 2, A={2: 0.1}).table] == [2]


def test_an_order_without_approximation_error_needs_one_expert():
    made = plan(5_000, 2, A={0: 1.0, 2: 0.0})
    assert (made.m, made.k) == (1, 2)


def test_constants_are_never_negative():
    found = fit_constants([(1, 0, 100, 0.1), (8, 0, 100, 5.0)], 1)
    assert found.A == 0
    assert found.sigma2 > 0


def test_a_plan_says_where_it_means_nothing():
    assert "s = 39" in plan(1e6, 39).warnings[0]
    assert "--states" in plan(1e6, 17).warnings[0]
    assert any("half of A" in text for text in plan(20, 2).warnings)
    assert any("m = 512" in text for text in plan(1e12, 4, alpha=0.5).warnings)
    assert any("k_max = 2 would" in text for text in plan(1e5, 2, alpha=3, k_max=0).warnings)
    assert any("softmax" in text for text in plan(1e5, 2, gating="sigmoid").warnings)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"n": 1}, "n is the number of samples"),
        ({"s": 0}, "s is the number of covariates"),
        ({"s": 2.5}, "s is the number of covariates"),
        ({"alpha": 0}, "alpha must be positive"),
        ({"A": -1}, "A must be finite and not negative"),
        ({"A": {5: 1.0}}, "A has no order up to k_max = 3, but 5"),
        ({"sigma2": math.nan}, "sigma2 must be positive"),
        ({"k_max": -1}, "k_max"),
    ],
)
def test_numbers_out_of_range_are_refused(wrong, said):
    with pytest.raises(UsageError, match=said):
        plan(**{"n": 1000, "s": 2, **wrong})


def test_unknown_gating_and_too_few_pilots_are_refused():
    with pytest.raises(UnknownName, match="did you mean softmax"):
        plan(1000, 2, gating="softmx")
    with pytest.raises(UsageError, match="2 constants need as many pilots"):
        fit_constants([(1, 0, 100, 0.1)], 1)
    with pytest.raises(UsageError, match=r"3 constants .* got 2"):
        fit_constants([(1, 0, 100, 0.1), (1, 1, 100, 0.1)], 1, by_order=True)
    with pytest.raises(UsageError, match="mse > 0"):
        fit_constants([(1, 0, 100, 0.1), (2, 0, 100, 0.0)], 1)
