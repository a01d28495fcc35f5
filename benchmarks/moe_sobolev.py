"""Regression of functions of known smoothness by mixtures of polynomial experts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rewardlab.policies.planner import fit_constants, plan
from rewardlab.policies.rate import Rate

Array = npt.NDArray[np.float64]

NOISE = 0.3
FREQUENCIES = {1: 128, 2: 24, 4: 6}
"""Highest frequency per axis by the number of covariates."""
N_TEST = 4_000
GATE_STEPS, GATE_RATE, RIDGE = 60, 0.05, 1e-6
MODES = 400
CASES = (
    (1, 1, 300),
    (1, 1, 3_000),
    (1, 2, 300),
    (1, 2, 3_000),
    (2, 1, 1_000),
    (2, 2, 1_000),
    (2, 2, 4_000),
    (4, 2, 1_000),
    (4, 2, 4_000),
)
"""Covariates s, smoothness alpha and samples n."""
SEEDS, ORDERS, GRID = 5, (0, 1, 2), (1, 2, 4, 8, 16, 32, 64)
PILOTS, REPEATS = (2, 8, 32), 3
BEST_PILOT = "no theory: the best pilot"
PLANS = (
    "A = σ² = 1",
    "one A from pilots",
    "A by order from pilots",
    "A by order, one pilot each",
    BEST_PILOT,
)
"""Ways to choose (m, k)."""


@dataclass(frozen=True)
class Target:
    """A random function on [0, 1]^s of Sobolev smoothness just below alpha, variance 1.

    `f(x) = Σ_j a_j Π_i cos(π j_i x_i)`, `a_j ~ N(0, 1) (1 + |j|²)^(−(α + s/2)/2)`.
    """

    frequencies: Array
    amplitudes: Array

    @classmethod
    def draw(cls, s: int, alpha: float, rng: np.random.Generator) -> Target:
        """Draw one of s covariates."""
        every = np.array(list(itertools.product(range(FREQUENCIES[s] + 1), repeat=s)), np.float64)
        every = every[1:]
        decay = (1 + (every**2).sum(1)) ** (-(alpha + s / 2) / 2)
        amplitudes = rng.standard_normal(len(every)) * decay
        energy = amplitudes**2 * 0.5 ** (every > 0).sum(1)
        return cls(every, amplitudes / np.sqrt(energy.sum()))

    def __call__(self, x: Array) -> Array:
        """Return `f(x) (n,)` of `x (n, s)`."""
        total = np.zeros(len(x))
        for start in range(0, len(self.amplitudes), MODES):
            block = slice(start, start + MODES)
            waves = np.ones((len(x), len(self.amplitudes[block])))
            for i in range(x.shape[1]):
                waves *= np.cos(np.pi * np.outer(x[:, i], self.frequencies[block, i]))
            total += waves @ self.amplitudes[block]
        return total


@dataclass(frozen=True)
class Problem:
    """Noisy samples of a target, and what it is elsewhere."""

    x: Tensor
    y: Tensor
    x_test: Tensor
    truth: Tensor

    @classmethod
    def draw(cls, s: int, alpha: float, n: int, seed: int, sample: int = 0) -> Problem:
        """Return a problem; `seed` draws the function, `sample` other points of the same one."""
        target = Target.draw(s, alpha, np.random.default_rng([seed, s]))
        rng = np.random.default_rng([seed, s, n, sample])
        x, x_test = rng.random((n, s)), rng.random((N_TEST, s))
        y = target(x) + NOISE * rng.standard_normal(n)
        return cls(*map(torch.from_numpy, (x, y, x_test, target(x_test))))


def error(problem: Problem, m: int, k: int) -> float:
    """Return the mean squared error against the truth of m experts of order k.

    The function is `Σ_e softmax(x W + b)_e p_e(x)`, fitted by least squares: the gate by Adam from
    the cells of k-means, the experts solved exactly for each gate (variable projection).
    """
    x, x_test = problem.x - 0.5, problem.x_test - 0.5
    gate = _cells(x, m)
    powers, powers_test = polynomial(x, k), polynomial(x_test, k)
    best, kept = torch.inf, None
    parameters = [p.requires_grad_() for p in gate]
    optimizer = torch.optim.Adam(parameters, lr=GATE_RATE)
    for _ in range(GATE_STEPS if m > 1 else 1):
        weights = (x @ parameters[0] + parameters[1]).softmax(-1)
        experts = _solved(weights.detach(), powers, problem.y)
        loss = (_mixed(weights, powers, experts) - problem.y).square().mean()
        if loss.item() < best:
            best, kept = loss.item(), (*(p.detach().clone() for p in parameters), experts)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert kept is not None
    slope, offset, experts = kept
    found = _mixed((x_test @ slope + offset).softmax(-1), powers_test, experts)
    return float((found - problem.truth).square().mean())


def polynomial(x: Tensor, k: int) -> Tensor:
    """Return all monomials `(n, C(s+k, k))` of order up to k of `x (n, s)`."""
    found = [torch.ones(len(x), dtype=x.dtype)]
    for order in range(1, k + 1):
        for which in itertools.combinations_with_replacement(range(x.shape[1]), order):
            found.append(x[:, which].prod(dim=1))
    return torch.stack(found, dim=1)


def _cells(x: Tensor, m: int, rounds: int = 20) -> tuple[Tensor, Tensor]:
    """Return gate parameters `(s, m)` and `(m,)` that are softened Voronoi cells of k-means."""
    centres = x[torch.linspace(0, len(x) - 1, m).long()].clone()
    for _ in range(rounds):
        near = torch.cdist(x, centres).argmin(1)
        for e in range(m):
            if (near == e).any():
                centres[e] = x[near == e].mean(0)
    if m == 1:
        return torch.zeros(x.shape[1], 1, dtype=x.dtype), torch.zeros(1, dtype=x.dtype)
    apart = torch.cdist(centres, centres).fill_diagonal_(torch.inf).min(1).values.mean()
    sharp = 4 / apart.square()
    return 2 * sharp * centres.t(), -sharp * centres.square().sum(1)


def _mixed(weights: Tensor, powers: Tensor, experts: Tensor) -> Tensor:
    return (weights * (powers @ experts)).sum(1)


def _solved(weights: Tensor, powers: Tensor, y: Tensor) -> Tensor:
    """Return the coefficients `(J, m)` with the least squared error plus a tiny ridge."""
    design = (powers[:, :, None] * weights[:, None, :]).flatten(1)
    gram = design.t() @ design / len(y)
    gram.diagonal().add_(RIDGE)
    return torch.linalg.solve(gram, design.t() @ y / len(y)).view(powers.shape[1], -1)


def grid_and_pilots() -> Iterator[dict[str, Any]]:
    """Yield the trainings that do not depend on others.

    Sample 0 is the grid's; the others are pilots, which see a quarter as many. Mixtures with more
    coefficients than 500, or than half of the samples, are left out.
    """
    for seed, (s, alpha, n) in itertools.product(range(SEEDS), CASES):
        for sample in range(REPEATS + 1):
            size, experts = (n // 4, PILOTS) if sample else (n, GRID)
            for k, m in itertools.product(ORDERS, experts):
                if m * Rate(s).parameters(k) <= min(500, size / 2):
                    yield job(s, alpha, n, seed, sample, m, k)


def job(s: int, alpha: float, n: int, seed: int, sample: int, m: int, k: int) -> dict[str, Any]:
    return {"s": s, "alpha": alpha, "n": n, "seed": seed, "sample": sample, "m": m, "k": k}


def train(job: dict[str, Any]) -> float:
    """Return the error of a job."""
    n = job["n"] // 4 if job["sample"] else job["n"]
    problem = Problem.draw(job["s"], job["alpha"], n, job["seed"], job["sample"])
    return error(problem, job["m"], job["k"])


def planned(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the trainings that plans ask for, from the pilots among the rows."""
    for seed, (s, alpha, n) in itertools.product(range(SEEDS), CASES):
        found = errors(rows, s, alpha, n, seed)
        for how in PLANS:
            m, k = choice(how, s, alpha, n, found[1:])
            yield job(s, alpha, n, seed, 0, m, k)


Errors = dict[tuple[int, int], float]


def errors(rows: Sequence[dict[str, Any]], s: int, alpha: float, n: int, seed: int) -> list[Errors]:
    """Return the errors by (m, k) of a problem: of the grid, then of each set of pilots."""
    found: list[Errors] = [{} for _ in range(REPEATS + 1)]
    for row in rows:
        if (row["s"], row["alpha"], row["n"], row["seed"]) == (s, alpha, n, seed):
            found[row["sample"]][row["m"], row["k"]] = row["mse"]
    return found


def choice(how: str, s: int, alpha: float, n: int, pilots: Sequence[Errors]) -> tuple[int, int]:
    """Return (m, k) of a way to plan."""
    if how == BEST_PILOT:
        return min(pilots[0], key=lambda at: sum(found[at] for found in pilots))
    constants: dict[str, Any] = {}
    if how != PLANS[0]:
        used = pilots[:1] if how == PLANS[3] else pilots
        seen = [(m, k, n // 4, mse) for found in used for (m, k), mse in found.items()]
        fitted = fit_constants(seen, s, alpha=alpha, by_order=how != PLANS[1])
        constants = fitted._asdict()
    made = plan(n, s, alpha=alpha, k_max=max(ORDERS), **constants)
    return made.m, made.k
