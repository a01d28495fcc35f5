"""The capped assignment: the optimum it finds, and roundings that keep their quotas."""

import itertools

import numpy as np
import pytest
import torch
from scipy.optimize import linprog, minimize

from rewardlab.errors import UsageError
from rewardlab.policies.gates.capped import assign, rounded


def _scores(n_experts, n, seed=0, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    z = scale * torch.randn(n, n_experts, generator=generator, dtype=torch.float64)
    return z.softmax(-1).t()


def _optimum(scores, k, cap, lam):
    """Return the maximum of <S, A> + λH(A) by sequential least squares."""
    n_experts, n = scores.shape

    def loss(a):
        return float(-(scores.ravel() @ a) + lam * np.sum(a * np.log(a)))

    constraints = [
        {"type": "eq", "fun": lambda a: a.reshape(n_experts, n).sum(1) - k},
        {"type": "ineq", "fun": lambda a: cap - a.reshape(n_experts, n).sum(0)},
    ]
    start = np.full(n_experts * n, k / n)
    grad = lambda a: -scores.ravel() + lam * (np.log(a) + 1)  # noqa: E731
    found = minimize(
        loss,
        start,
        jac=grad,
        method="SLSQP",
        bounds=[(1e-12, 1)] * len(start),
        constraints=constraints,
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert found.success
    return found.x.reshape(n_experts, n)


def test_the_assignment_is_the_entropic_optimum():
    scores = _scores(3, 8, scale=2.0)
    found = assign(scores, 4, 2, lam=0.05, tol=1e-10, max_iter=20_000)
    np.testing.assert_allclose(found.values, _optimum(scores.numpy(), 4, 2, 0.05), atol=1e-5)


def test_with_little_entropy_it_is_worth_what_the_linear_programme_is():
    scores, lam = _scores(4, 8, scale=2.0), 0.005
    a = assign(scores, 4, 2, lam=lam, tol=1e-6, max_iter=20_000).values
    n_experts, n = scores.shape
    rows = np.kron(np.eye(n_experts), np.ones(n))
    columns = np.kron(np.ones(n_experts), np.eye(n))
    lp = linprog(
        -scores.numpy().ravel(), columns, np.full(n, 2), rows, np.full(n_experts, 4), (0, 1)
    )
    short = -lp.fun - float((scores * a).sum())
    assert -1e-5 < short <= lam * float(torch.special.entr(a).sum()) + 1e-5
    assert short < 0.005 * -lp.fun


def test_rows_sum_to_k_and_columns_keep_the_cap_at_tiny_lambda_too():
    found = assign(_scores(8, 32, scale=3.0), 8, 3, lam=0.001, max_iter=20_000)
    assert found.residual < 1e-3
    assert found.values.sum(0).max() <= 3 + 1e-3
    assert found.values.isfinite().all()
    assert found.values.max() <= 1


def test_published_settings_are_told_not_to_converge():
    """The reason for other defaults: 100 iterations at λ = 0.001 leave experts without tokens."""
    found = assign(_scores(8, 64), 16, 3, lam=0.001, max_iter=100)
    assert found.iterations == 100
    assert found.residual > 0.1
    assert assign(_scores(8, 64), 16, 3).residual < 1e-3


def test_greedy_rounding_keeps_both_quotas_in_1000_random_feasible_cases():
    rng, cases = np.random.default_rng(0), 0
    while cases < 1000:
        n_experts, n = int(rng.integers(2, 7)), int(rng.integers(2, 13))
        k, cap = int(rng.integers(1, n + 1)), int(rng.integers(1, n_experts + 1))
        if n_experts * k > n * cap:
            continue
        cases += 1
        # unconverged and tied values too: quotas must not hang on them
        values = torch.from_numpy(rng.random((n_experts, n)).round(int(rng.integers(1, 4))))
        mask = rounded(values, k, cap)
        assert (mask.sum(1) == k).all()
        assert (mask.sum(0) <= cap).all()


def test_greedy_rounding_of_solved_cases_loses_little_against_the_best_assignment():
    for seed in range(20):
        scores = _scores(3, 4, seed, scale=2.0)
        mask = rounded(assign(scores, 2, 2).values, 2, 2)
        best = max(
            sum(float(scores[e, list(tokens)].sum()) for e, tokens in enumerate(choice))
            for choice in itertools.product(itertools.combinations(range(4), 2), repeat=3)
            if np.bincount(np.concatenate(choice), minlength=4).max() <= 2
        )
        assert float(scores[mask].sum()) >= 0.9 * best


def test_a_short_row_is_filled_by_the_swap_that_costs_least():
    # rows 0 and 1 fill tokens 0 and 1; row 2 is left with token 2 alone and needs a swap
    values = torch.tensor([[0.9, 0.8, 0.1], [0.7, 0.5, 0.2], [0.5, 0.4, 0.3]], dtype=torch.float64)
    mask = rounded(values, 2, 2)
    # giving token 1 for token 2 costs row 1 the least: .4 + .2 - .5
    assert mask.tolist() == [[True, True, False], [True, False, True], [False, True, True]]


def test_published_rounding_breaks_the_cap_even_of_a_converged_assignment():
    broken = 0
    for seed in range(20):
        soft = assign(_scores(8, 64, seed), 16, 3)
        assert soft.residual < 1e-3
        assert (rounded(soft.values, 16, 3, "greedy").sum(0) <= 3).all()
        topk = rounded(soft.values, 16, 3, "topk")
        assert (topk.sum(1) == 16).all()
        broken += bool((topk.sum(0) > 3).any())
    assert broken > 5


def test_infeasible_quotas_are_refused_with_the_numbers():
    with pytest.raises(UsageError, match=r"8 experts with 3 tokens each do not fit into 10 tokens"):
        assign(torch.rand(8, 10), 3, 2)
    with pytest.raises(UsageError, match="larger batches"):
        assign(torch.rand(2, 3), 4, 2)
