"""The pages of results/moe that `benchmarks/moe_theory.py` writes from its rows."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import moe_sobolev as sobolev
import moe_students as students
import numpy as np
import numpy.typing as npt
from recipes import kept

Array = npt.NDArray[np.float64]
Rows = list[dict[str, Any]]

PAIRS = (
    ("sigmoid", "softmax"),
    ("sigmoid + shared", "softmax + shared"),
    ("softmax + shared", "softmax"),
    ("sigmoid + shared", "sigmoid"),
    ("softmax", "dense, equal active"),
    ("softmax", "dense, equal total"),
    ("softmax", "one expert"),
    ("softmax", "uniform gate"),
    ("softmax", "frozen random router"),
    ("told the cluster", "softmax"),
)
"""Who is compared: the first's error over the second's."""
TARGET = 1.2

THEORY = """# Routers and shared experts: teachers and students

Students learn noisy samples of a teacher with {n_true} hidden experts and one that all inputs share
(tanh networks of 8 inputs, outputs scaled to variance 1, noise {noise}). Teachers choose an expert
by the cluster that the input was drawn from ("clusters"), or weigh all of them by a softmax or a
normalised sigmoid of linear logits. Mixtures have {n_experts} experts of {hidden} hidden units,
{active} active; "+ shared" makes one of both a shared one, so that sizes stay. Switch's balance
loss has coefficient {balance}, as in arXiv 2505.10860. After {steps:,} steps of Adam the network
that was best on {n_valid:,} noisy validation samples counts. {seeds} seeds.

```sh
python benchmarks/moe_theory.py run theory
python benchmarks/moe_theory.py page
```

Squared error on {n_test:,} noiseless test samples in units of the variance: mean over seeds with
the 95 % bootstrap interval.

{table}

## Comparisons

The first's error over the second's on the same seeds: geometric mean with its 95 % bootstrap
interval, and in how many seeds the first was better. "better" and "worse" where the whole interval
says so. {n_comparisons} comparisons stand here, so some of these verdicts are chance.

{comparisons}

## What it says

{reading}
Made on {machine}.
"""

PLANNER = """# The planner against a grid

`rewardlab.policies.plan` chooses how many experts m of which order k (0 constant, 1 linear,
2 quadratic) a mixture with a softmax gate has. Targets are random functions on [0, 1]^s of Sobolev
smoothness just below α and variance 1, sampled with noise {noise}; the planner is told s and α.
Mixtures are fitted by least squares, the experts solved exactly for every gate. The grid is
m = {grid} with k = {orders}, without mixtures of more than 500 coefficients or half
the samples. {seeds} functions per case.

```sh
python benchmarks/moe_theory.py run planner
python benchmarks/moe_theory.py page
```

Ratios: the mean error (against the noiseless target) of what was planned over that of the grid's
point with the least mean error, with the 95 % bootstrap interval over functions; the aim is at most
{target}. Below it the plans themselves. Pilots are m = {pilots} of each order on a quarter as many
samples, {repeats} times with other samples; `fit_constants` reads A and σ² off their errors.

{table}

{sums}

## What it says

{reading}
Made on {machine}.
"""

THEORY_READING = """Normalised sigmoids: nowhere better than a softmax, with or without a shared
expert, and in half of the comparisons worse, also where the teacher's own gate is a normalised
sigmoid. The theory (arXiv 2505.10860) has it at least as fast. Its rates are those of the best fit
with ever more samples; here are 2,000 steps of Adam at one learning rate that was not tuned for
either, and log σ(z) is half as steep at z = 0 as the softmax's logit, so that slower learning of
the router may be all there is to it. That was not tested.

Shared experts: no difference that holds. Of twelve comparisons one is better and one worse.

Mixtures and dense networks: a mixture clearly beats dense networks of its active and its total size
where the truth is a mixture with a sharp gate and samples are many ("softmax", n = 4,000). Where
the truth mixes all experts softly ("sigmoid") the dense network of equal total size is better, and
with clusters they are equal: being told the cluster would cut the error to a third or less, but the
learned routers hardly find it. With few samples giving all experts the same weight is as good or
better.

Learning the router pays against a frozen random one in every case.

Five seeds make bootstrap intervals too narrow rather than too wide.
"""
PLANNER_READING = """The rate alone does not meet the aim. With A = σ² = 1 every plan has too few
experts and loses to the grid by a multiple: constants, which the theory leaves open, matter more
than the exponent.

The rate's order of experts is wrong here. It sees no use in more than k = ⌈α⌉ − 1, as higher orders
have the same exponent; but quadratic experts are the best of the grid in every case, with α = 1
too: their constant is smaller. One A for all orders cannot show that, so A by order (ours) is what
`rewardlab moe plan --pilots` fits. It meets the aim in all cases with s > 1 and misses it in three
of four with s = 1, where intervals are wide: at α = 1 because of one function, for which the pilots
favour constants, at α = 2 because of two, for which they favour linear experts. A single set of
pilots was tried first; repeating it helps where samples are few.

Against taking the best pilot as it is, which needs no theory, A by order is better in the mean over
cases: it knows how m grows with n. At s = 1 and α = 1 it is worse.

What users do not have: s and α were told, and the pilots' errors are those against the noiseless
target. On N held-out noisy samples an error is known to about σ²√(2/N) after the noise is
subtracted, so small errors need many samples. Plans may beat the grid, whose m are powers of two.
"""


def write(name: str, rows: Path) -> None:
    """Write a page beside its rows."""
    found = kept(rows)
    page = {"theory": theory, "planner": planner}[name](found)
    rows.with_suffix(".md").write_text(page)


def theory(rows: Rows) -> str:
    errors = _by_student(rows)
    comparisons = _comparisons(errors)
    return THEORY.format(
        n_true=students.N_TRUE,
        noise=students.NOISE,
        n_experts=students.N_EXPERTS,
        hidden=students.HIDDEN,
        active=students.ACTIVE,
        balance=students.BALANCE,
        steps=students.STEPS,
        n_valid=students.N_VALID,
        n_test=students.N_TEST,
        seeds=len({row["seed"] for row in rows}),
        table="\n".join(_errors(errors)),
        comparisons="\n".join(comparisons),
        n_comparisons=sum(
            line.count("better") + line.count("worse") + line.count("undecided")
            for line in comparisons[2:]
        ),
        reading=THEORY_READING,
        machine=rows[0]["machine"],
    )


def _by_student(rows: Rows) -> dict[tuple[str, int], dict[str, Array]]:
    """Return errors `(seeds,)` by student, by teacher and number of samples."""
    cases = dict.fromkeys((row["teacher"], row["n"]) for row in rows)
    return {
        case: {
            student: np.array(
                [
                    row["mse"]
                    for row in sorted(rows, key=lambda row: row["seed"])
                    if (row["teacher"], row["n"]) == case and row["student"] == student
                ]
            )
            for student in students.STUDENTS
        }
        for case in sorted(cases, key=lambda c: (students.TEACHERS.index(c[0]), c[1]))
    }


def _errors(errors: dict[tuple[str, int], dict[str, Array]]) -> list[str]:
    heads = [f"{teacher}, n = {n:,}" for teacher, n in errors]
    lines = [_line(["student", "parameters", *heads]), _line(["---"] * (2 + len(heads)))]
    for student in students.STUDENTS:
        cells = [_mean(found[student]) for found in errors.values()]
        lines.append(_line([student, f"{students.parameters(student):,}", *cells]))
    return lines


def _comparisons(errors: dict[tuple[str, int], dict[str, Array]]) -> list[str]:
    heads = [f"{teacher}, n = {n:,}" for teacher, n in errors]
    lines = [_line(["first / second", *heads]), _line(["---"] * (1 + len(heads)))]
    for first, second in PAIRS:
        cells = [_compared(found[first], found[second]) for found in errors.values()]
        lines.append(_line([f"{first} / {second}", *cells]))
    return lines


def _compared(first: Array, second: Array) -> str:
    if not len(first) or len(first) != len(second):
        return "–"
    ratio = np.log(first / second)
    low, high = np.percentile(_resampled(len(ratio), lambda at: ratio[at].mean()), [2.5, 97.5])
    verdict = "better" if high < 0 else "worse" if low > 0 else "undecided"
    wins = f"{int((ratio < 0).sum())} of {len(ratio)}"
    mean = math.exp(ratio.mean())
    return f"{mean:.2f} [{math.exp(low):.2f}, {math.exp(high):.2f}], {wins}, {verdict}"


def planner(rows: Rows) -> str:
    cases, ratios = [], {how: [] for how in sobolev.PLANS}
    for s, alpha, n in sobolev.CASES:
        cells, found = _planned(rows, s, alpha, n)
        for how, ratio in found.items():
            ratios[how].append(ratio)
        cases.append(_line([f"{s}", f"{alpha}", f"{n:,}", *cells]))
    heads = ["s", "α", "n", "best of the grid", *sobolev.PLANS]
    return PLANNER.format(
        noise=sobolev.NOISE,
        grid=", ".join(map(str, sobolev.GRID)),
        orders=", ".join(map(str, sobolev.ORDERS)),
        pilots=", ".join(map(str, sobolev.PILOTS)),
        repeats=sobolev.REPEATS,
        seeds=len({row["seed"] for row in rows}),
        target=TARGET,
        table="\n".join([_line(heads), _line(["---"] * len(heads)), *cases]),
        sums="\n".join(_sums(ratios)),
        reading=PLANNER_READING,
        machine=rows[0]["machine"],
    )


def _planned(rows: Rows, s: int, alpha: float, n: int) -> tuple[list[str], dict[str, float]]:
    """Return a case's cells, and its ratio for each way to plan."""
    seeds = sorted({row["seed"] for row in rows})
    grids, pilots = [], []
    for seed in seeds:
        grid, *found = sobolev.errors(rows, s, alpha, n, seed)
        grids.append(grid)
        pilots.append(found)
    points = [at for at in grids[0] if at[0] in sobolev.GRID and all(at in g for g in grids)]
    best = min(points, key=lambda at: float(np.mean([g[at] for g in grids])))
    least = np.array([g[best] for g in grids])
    cells, ratios = [f"m = {best[0]}, k = {best[1]}: {least.mean():.2g}"], {}
    for how in sobolev.PLANS:
        plans = [sobolev.choice(how, s, alpha, n, found) for found in pilots]
        got = np.array([g[at] for g, at in zip(grids, plans, strict=True)])
        ratios[how] = got.mean() / least.mean()
        every = _resampled(len(got), lambda at, got=got: got[at].mean() / least[at].mean())
        low, high = np.percentile(every, [2.5, 97.5])
        cells.append(f"{ratios[how]:.2f} [{low:.2f}, {high:.2f}]<br>{_spread(plans)}")
    return cells, ratios


def _spread(plans: list[tuple[int, int]]) -> str:
    """Return what was planned: how many experts of each order that was chosen."""
    chosen = {k: sorted({m for m, order in plans if order == k}) for _, k in sorted(plans)}
    spans = {k: f"{m[0]}–{m[-1]}" if len(m) > 1 else f"{m[0]}" for k, m in sorted(chosen.items())}
    return "; ".join(f"k = {k}: m = {span}" for k, span in spans.items())


def _sums(ratios: dict[str, list[float]]) -> list[str]:
    return [
        f"- {how}: within {TARGET} in {sum(r <= TARGET for r in found)} of {len(found)} cases, "
        f"geometric mean {math.exp(np.mean(np.log(found))):.2f}, worst {max(found):.2f}"
        for how, found in ratios.items()
    ]


def _mean(values: Array) -> str:
    if not len(values):
        return "–"
    low, high = np.percentile(_resampled(len(values), lambda at: values[at].mean()), [2.5, 97.5])
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def _resampled(n: int, statistic: Any, n_resamples: int = 2000) -> Array:
    rng = np.random.default_rng(0)
    return np.array([statistic(at) for at in rng.integers(n, size=(n_resamples, n))])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
