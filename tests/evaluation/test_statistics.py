import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardlab.evaluation.statistics import mean_interval, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [  # Newcombe, Statistics in Medicine 17 (1998), Table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1.0),
    ],
)
def test_wilson_agrees_with_published_values(successes, n, low, high):
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_estimate_and_mirrors(case):
    k, n = case
    low, high = wilson(k, n)
    assert 0 <= low <= k / n <= high <= 1
    assert low < high
    assert wilson(n - k, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@pytest.mark.parametrize("p", [0.05, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("n", [20, 100])
def test_wilson_covers_the_truth_about_as_often_as_it_says(p, n):
    k = np.arange(n + 1)
    ends = np.array([wilson(int(i), n) for i in k])
    from scipy.stats import binom

    coverage = binom.pmf(k, n, p)[(ends[:, 0] <= p) & (p <= ends[:, 1])].sum()
    assert 0.92 <= coverage <= 0.985


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_impossible_counts(successes, n):
    with pytest.raises(ValueError, match="successes"):
        wilson(successes, n)


def test_mean_interval_covers_the_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(200):
        low, high = mean_interval(rng.normal(3.0, 2.0, 30), rng=rng, n_resamples=300)
        hits += low <= 3.0 <= high
    assert 0.88 <= hits / 200 <= 0.99


def test_mean_interval_is_reproducible_and_collapses_for_equal_values():
    values = np.arange(10.0)
    a, b = (mean_interval(values, rng=np.random.default_rng(1)) for _ in range(2))
    assert a == b
    assert mean_interval(np.full(5, 2.0), rng=np.random.default_rng(1)) == (2.0, 2.0)
