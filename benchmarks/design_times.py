"""How long reward designs take, against cvxpy formulations of the same problems, in one run.

    pip install cvxpy ecos clarabel          (for this benchmark only; the package needs neither)
    python benchmarks/design_times.py        writes results/shapers/design_times.md

P1 is ExpRD's programme for one set of states, on ROOM-2021 with all states; greedy is the choice
of five. The re-design is ExpAdaRD's on ROOM-2024 after the first, over changing learners. "Loops"
is built as the papers' code does, one expression per state and one constraint per pair, solved by
ECOS; "vectorised" has a few matrix constraints, solved by Clarabel. Both rebuild the problem each
time, as that code does, and get their matrices ready-made, which ours computes in its time.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cvxpy as cp
import numpy as np

from rewardlab.envs.tabular import TabularMDP, mdp
from rewardlab.shapers import expadard, exprd
from rewardlab.shapers.tables.explicable import Loss
from rewardlab.shapers.tables.features import published
from rewardlab.shapers.tables.linear import solver
from rewardlab.shapers.tables.optimum import optimum
from rewardlab.shapers.tables.polytope import Polytope

BUDGET = 5
PAGE = """# Time of reward designs

```sh
pip install cvxpy ecos clarabel
python benchmarks/design_times.py
```

One run on one of 2 cores of a Xeon with 24 GiB; medians of wall (and CPU) seconds, load average
{load:.1f} at the end. {versions}. "Loops": constraints one by one and ECOS, as in the
papers' code; "vectorised": matrix constraints and Clarabel. Ratios are of CPU seconds, to ours.

| problem | formulation | wall s | cpu s | ratio | objective |
|---|---|---|---|---|---|
{rows}

{estimate}
"""

Row = tuple[str, str, float, float, float]


def timed(make: Callable[[], float], repeats: int) -> tuple[float, float, float]:
    """Return the median wall and CPU seconds of `make`, and what it returns."""
    taken = []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        value = make()
        taken.append((time.perf_counter() - wall, time.process_time() - cpu))
    median = np.median(taken, axis=0)
    return float(median[0]), float(median[1]), value


def p1_loops(loss: Loss, polytope: Polytope) -> float:
    """Solve P1 with all states from one expression per state and horizon."""
    r = cp.Variable(polytope.features.shape[0])
    keep: list[Any] = [
        row @ r >= b for row, b in zip(polytope.gaps, polytope.required, strict=True)
    ]
    keep += [limit for x in r for limit in (x <= polytope.r_max, x >= -polytope.r_max)]
    keep.append(r[_ends(polytope)] == 0)
    hinges = [
        cp.maximum(0, *(w - row @ r for row, w in _of(loss, near, group)))
        for near in loss.gaps
        for group in range(loss.group.max() + 1)
    ]
    return _solved(cp.Minimize(loss.weight * sum(hinges)), keep, cp.ECOS)


def p1_vectorised(loss: Loss, polytope: Polytope) -> float:
    """Solve P1 with all states from a few matrix constraints."""
    r = cp.Variable(polytope.features.shape[0])
    t = cp.Variable((len(loss.gaps), loss.group.max() + 1), nonneg=True)
    keep: list[Any] = [polytope.gaps @ r >= polytope.required, cp.abs(r) <= polytope.r_max]
    keep.append(r[_ends(polytope)] == 0)
    keep += [t[h][loss.group] >= loss.wanted - near @ r for h, near in enumerate(loss.gaps)]
    return _solved(cp.Minimize(loss.weight * cp.sum(t)), keep, cp.CLARABEL)


def redesign_loops(price: Any, polytope: Polytope) -> float:
    """Solve ExpAdaRD's programme from one constraint per pair."""
    w = cp.Variable(polytope.features.shape[1])
    keep: list[Any] = [
        row @ w >= b for row, b in zip(polytope.margins, polytope.required, strict=True)
    ]
    keep += [
        limit
        for row in polytope.features[polytope.features.any(axis=1)]
        for limit in (row @ w <= polytope.r_max, row @ w >= -polytope.r_max)
    ]
    return _solved(cp.Maximize(price @ w), keep, cp.ECOS)


def redesign_vectorised(price: Any, polytope: Polytope) -> float:
    """Solve ExpAdaRD's programme from two matrix constraints."""
    w = cp.Variable(polytope.features.shape[1])
    keep: list[Any] = [
        polytope.margins @ w >= polytope.required,
        cp.abs(polytope.features @ w) <= polytope.r_max,
    ]
    return _solved(cp.Maximize(price @ w), keep, cp.CLARABEL)


def _of(loss: Loss, near: Any, group: int) -> Any:
    at = loss.group == group
    return zip(near[at], loss.wanted[at], strict=True)


def _ends(polytope: Polytope) -> Any:
    return np.flatnonzero(~polytope.features.any(axis=1))


def _solved(goal: Any, keep: list[Any], name: str) -> float:
    problem = cp.Problem(goal, keep)
    value = float(problem.solve(solver=name))
    if problem.status != cp.OPTIMAL:
        raise RuntimeError(f"{name} ended {problem.status}")
    return value


def exprd_rows(repeats: int) -> list[Row]:
    """Time P1 and the greedy choice on ROOM-2021."""
    room = mdp("room-2021")
    best = optimum(room)
    loss = Loss.of(room, best, horizons=exprd.HORIZONS, terms="h+1", slack=exprd.SLACK)
    polytope = Polytope.of(room, best, slack=exprd.SLACK)

    def ours(budget: int | None, rule: Any) -> float:
        return exprd.design(room, budget=budget, tie_break=rule).objective

    p1, greedy = "ExpRD, P1, all states", f"ExpRD, greedy, B={BUDGET}"
    return [
        (p1, "ours, vertex", *timed(lambda: ours(None, "vertex"), repeats)),
        (p1, "ours, min_norm", *timed(lambda: ours(None, "min_norm"), repeats)),
        (p1, "cvxpy, vectorised", *timed(lambda: p1_vectorised(loss, polytope), repeats)),
        (p1, "cvxpy, loops", *timed(lambda: p1_loops(loss, polytope), 1)),
        (greedy, "ours, min_norm", *timed(lambda: ours(BUDGET, "min_norm"), 1)),
    ]


def expadard_rows(repeats: int) -> list[Row]:
    """Time re-designs on ROOM-2024 for learners that change a little each time."""
    room = mdp("room-2024")
    policies = _learners(room, 10 * repeats + 1)
    designer = expadard.Designer(room)
    designer.design(next(policies))
    seen = [next(policies) for _ in range(10 * repeats)]
    warm = iter(seen)
    polytope = Polytope.of(room, optimum(room), features=published(room))
    columns = polytope.features.T.reshape(-1, *room.R.shape)
    price = np.array([expadard.informativeness(room, f, seen[-1]) for f in columns])
    name = "ExpAdaRD, re-design"
    return [
        (name, "ours", *timed(lambda: designer.design(next(warm)).objective, len(seen))),
        (name, "cvxpy, vectorised", *timed(lambda: redesign_vectorised(price, polytope), repeats)),
        (name, "cvxpy, loops", *timed(lambda: redesign_loops(price, polytope), repeats)),
    ]


def _learners(room: TabularMDP, n: int) -> Any:
    rng, theta = np.random.default_rng(0), np.zeros(room.R.shape)
    for _ in range(n):
        theta = theta + 0.1 * rng.normal(size=theta.shape)
        odds = np.exp(theta)
        yield odds / odds.sum(axis=1, keepdims=True)


def page(rows: list[Row]) -> str:
    """Return the page."""
    first: dict[str, float] = {}
    lines = []
    for problem, how, wall, cpu, value in rows:
        ratio = cpu / first.setdefault(problem, cpu)
        lines.append(f"| {problem} | {how} | {wall:.4f} | {cpu:.4f} | {ratio:.1f} | {value:.7f} |")
    loops = next(cpu for problem, how, _, cpu, _ in rows if "P1" in problem and "loops" in how)
    tried = sum(49 - 1 - k for k in range(BUDGET)) + 1
    return PAGE.format(
        load=os.getloadavg()[0],
        versions=f"cvxpy {cp.__version__}, {solver()}",
        rows="\n".join(lines),
        estimate="The greedy choice in loops was not run. Estimated, not measured: "
        f"{tried} programmes of this size take {tried * loops / 60:.0f} minutes.",
    )


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("results/shapers/design_times.md"))
    args = parser.parse_args()
    args.out.write_text(page(exprd_rows(args.repeats) + expadard_rows(args.repeats)))


if __name__ == "__main__":
    main()
