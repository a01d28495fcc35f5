"""The experiments on theory: parts with known answers, pages that say what their rows say."""

from pathlib import Path

import moe_sobolev
import moe_students
import moe_theory_pages
import numpy as np
import pytest
import torch
from recipes import kept

RESULTS = Path(__file__).resolve().parents[1] / "results" / "moe"


@pytest.mark.parametrize("name", ["theory", "planner"])
def test_pages_are_those_of_their_rows(name):
    page = getattr(moe_theory_pages, name)(kept(RESULTS / f"{name}.jsonl"))
    assert page == (RESULTS / f"{name}.md").read_text(), "python benchmarks/moe_theory.py page"


@pytest.mark.parametrize("name", ["theory", "planner"])
def test_every_training_is_there_once_and_with_five_seeds(name):
    rows = kept(RESULTS / f"{name}.jsonl")
    keys = [tuple(v for k, v in row.items() if k not in ("mse", "machine")) for row in rows]
    assert len(keys) == len(set(keys))
    assert {row["seed"] for row in rows} == set(range(5))


@pytest.mark.parametrize("k", [0, 1, 2])
def test_one_expert_is_a_polynomial_fit(k):
    problem = moe_sobolev.Problem.draw(2, 2, 200, seed=0)
    powers = moe_sobolev.polynomial(problem.x - 0.5, k).numpy()
    fit = np.linalg.lstsq(powers, problem.y.numpy(), rcond=None)[0]
    out = moe_sobolev.polynomial(problem.x_test - 0.5, k).numpy() @ fit
    expected = np.mean((out - problem.truth.numpy()) ** 2)
    assert moe_sobolev.error(problem, 1, k) == pytest.approx(expected, rel=1e-3)


def test_two_linear_experts_learn_a_kink():
    x = torch.rand(300, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    truth = (x[:, 0] - 0.4).abs()
    problem = moe_sobolev.Problem(x, truth, x, truth)
    assert moe_sobolev.error(problem, 2, 1) < 0.02 * moe_sobolev.error(problem, 1, 1)


@pytest.mark.parametrize("s", [1, 2])
def test_targets_have_variance_one_and_less_of_high_frequencies_where_smoother(s):
    x, tails = np.random.default_rng(1).random((5_000, s)), []
    for alpha in (1, 2):
        target = moe_sobolev.Target.draw(s, alpha, np.random.default_rng(0))
        assert target(x).var() == pytest.approx(1, rel=0.1)
        energy = target.amplitudes**2 * 0.5 ** (target.frequencies > 0).sum(1)
        tails.append(energy[(target.frequencies**2).sum(1) > 16].sum())
    assert tails[1] < 0.2 * tails[0]


def test_samples_of_one_function_differ_but_the_function_does_not():
    first, other = (moe_sobolev.Problem.draw(2, 2, 50, 3, sample) for sample in (0, 1))
    assert not torch.equal(first.x, other.x)
    target = moe_sobolev.Target.draw(2, 2, np.random.default_rng([3, 2]))
    for problem in (first, other):
        np.testing.assert_allclose(target(problem.x_test.numpy()), problem.truth)


@pytest.mark.parametrize("kind", moe_students.TEACHERS)
def test_teachers_are_the_same_for_a_seed_and_have_variance_one(kind):
    first, again = (moe_students.Teacher(kind, 1).draw(5_000) for _ in range(2))
    assert torch.equal(first.y, again.y)
    assert float(first.y.var()) == pytest.approx(1, rel=0.1)


def test_students_have_the_sizes_that_their_names_say():
    sizes = {name: moe_students.parameters(name) for name in moe_students.STUDENTS}
    whole, expert = sizes["softmax"], 16 * 11 + 1
    assert sizes["dense, equal total"] == pytest.approx(whole, rel=0.01)
    assert sizes["softmax + shared"] == pytest.approx(whole, rel=0.01)
    active = whole - 5 * expert
    assert sizes["dense, equal active"] == pytest.approx(active, rel=0.02)
    assert sizes["one expert"] == pytest.approx(active, rel=0.04)
