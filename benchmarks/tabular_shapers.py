"""Learning curves of the papers' shapers on their exact environments: results/shapers.

    python benchmarks/tabular_shapers.py exprd-room            one table
    python benchmarks/tabular_shapers.py all [--runs 10]       every table, a few hours on one core
    python benchmarks/tabular_shapers.py pages                 write pages and plots from the rows

A row is one method of one table, all its runs in one pass. Rows are JSON lines in --out; finished
ones are kept, so a command can be stopped and started again.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tabular_pages
from interior import interior

from rewardlab.envs.tabular import TabularMDP, linek_2021_cells, mdp, optimal_return
from rewardlab.shapers import exprd
from rewardlab.shapers.tables import comparators
from rewardlab.shapers.tables.abstraction import lift
from rewardlab.shapers.tables.features import published
from rewardlab.training import tabular as learners
from rewardlab.training.tabular import Curve

N_RESAMPLES = 200
SHARE = 0.9
"""Of J*, whose first episode is reported."""

Make = Callable[[TabularMDP, int], Any]
"""Makes what pays N runs, as the learners take it."""


@dataclass(frozen=True)
class Table:
    """Methods compared on one MDP with one learner.

    Attributes:
        env: Builds the MDP.
        learn: The learner, its settings bound.
        n_episodes: Of each run.
        methods: What pays, by name.
        finite: Whether returns are those within the horizon.
        pool: Whether learners begin at the published pool of logits.
    """

    env: Callable[[], TabularMDP]
    learn: Callable[..., Curve]
    n_episodes: int
    methods: dict[str, Make]
    finite: bool = True
    pool: bool = False


def fixed(make: Callable[..., Any], **options: Any) -> Make:
    """Return what makes a table for all runs."""
    return lambda m, n: _reward(make(m, **options))


def lifted(make: Callable[..., Any], **options: Any) -> Make:
    """Return what makes a table on the abstract LINEK and lifts it to the ground."""
    return lambda m, n: lift(_reward(make(mdp("linek-2021"), **options)), linek_2021_cells())


def _reward(made: Any) -> Any:
    return getattr(made, "reward", made)


def _extrinsic(m: TabularMDP) -> Any:
    return m.R


def _featured(make: Callable[..., Any], **options: Any) -> Make:
    return lambda m, n: _reward(make(m, features=published(m), **options))


def _exprd(wrap: Callable[..., Make], **options: Any) -> dict[str, Make]:
    budgets = {"B=3": 3, "B=5": 5, "all states": None}
    return {f"ExpRD {name}": wrap(exprd.design, budget=b, **options) for name, b in budgets.items()}


def _explors(clip: float) -> dict[str, Make]:
    def alone(m: TabularMDP, n: int) -> Any:
        paid = learners.Table(m.R, n_runs=n)
        return learners.TabularExploRS(m, n_runs=n, bonus=paid, clip=clip)

    return {
        "Orig": fixed(_extrinsic),
        "ExploB": lambda m, n: learners.CountBonus(m, n_runs=n),
        "SelfRS": alone,
        "SORS": lambda m, n: learners.TabularSORS(m, n_runs=n),
        "ExploRS": lambda m, n: learners.TabularExploRS(m, n_runs=n, clip=clip),
    }


_ROOM = {
    "Orig": fixed(_extrinsic),
    "Invar": fixed(comparators.invariant),
    "CRAFT": fixed(comparators.craft),
    "PBRS": fixed(comparators.pbrs),
    "PBRS-CRAFT": fixed(comparators.pbrs_craft),
    **_exprd(fixed, tie_break="vertex"),
    "ExpRD all states, min_norm": fixed(exprd.design, budget=None),
    "ExpRD B=5, min_norm": fixed(exprd.design, budget=5),
}
_LINEK = {
    "Orig": fixed(_extrinsic),
    "Invar": lifted(comparators.invariant),
    "PBRS": lifted(comparators.pbrs),
    **_exprd(lifted, tie_break="vertex"),
    "ExpRD all states, min_norm": lifted(exprd.design, budget=None),
}
_SAME: dict[str, Any] = {"budget": None, "terms": "h", "slack": 0.0}
_ADAPTIVE = {
    "Orig": fixed(_extrinsic),
    "Invar": _featured(comparators.invariant),
    "ExpRD": _featured(exprd.design, tie_break="vertex", **_SAME),
    "ExpRD, min_norm": _featured(exprd.design, **_SAME),
    "ExpRD, interior point": _featured(interior),
    "ExpAdaRD": lambda m, n: learners.TabularExpAdaRD(
        m, learners.softmax(learners.learner_pool(m, n_runs=n))
    ),
}
_REINFORCE = partial(learners.reinforce, learning_rate=0.1)
_Q = learners.q_learning_replayed

TABLES = {
    "exprd-room": Table(partial(mdp, "room-2021"), learners.q_learning, 2**15, _ROOM, False),
    "exprd-linek": Table(
        partial(mdp, "linek-2021-ground"), learners.q_learning, 2**13, _LINEK, False
    ),
    "expadard-linek": Table(
        partial(mdp, "linek-2024"), learners.reinforce, 50_000, _ADAPTIVE, pool=True
    ),
    "expadard-room": Table(
        partial(mdp, "room-2024"), learners.reinforce, 100_000, _ADAPTIVE, pool=True
    ),
    **{
        f"explors-{name}{'-plus' if plus else ''}-{learner}": Table(
            partial(mdp, f"{name}-2022", distractor=plus), learn, 50_000, _explors(clip)
        )
        for name in ("room", "chain")
        for plus in (False, True)
        for learner, learn, clip in (("reinforce", _REINFORCE, np.inf), ("q", _Q, 0.01))
    },
}


def measure(table: Table, method: str, n_runs: int) -> dict[str, Any]:
    """Train all runs of one method and say what came of it."""
    made, began = table.env(), time.process_time()
    paid = table.methods[method](made, n_runs)
    options = {"theta": learners.learner_pool(made, n_runs=n_runs)} if table.pool else {}
    curve = table.learn(made, paid, n_runs=n_runs, n_episodes=table.n_episodes, **options)
    best = optimal_return(made, horizon=made.horizon if table.finite else None)
    window = 5 if table.finite else 1
    reached = _resampled(curve, SHARE * best, window)
    kept = np.unique(np.linspace(0, len(curve.episodes) - 1, 101).astype(int))
    return {
        "best": best,
        "episodes": curve.episodes[kept].tolist(),
        "mean": curve.mean[kept].round(5).tolist(),
        "standard_error": curve.standard_error[kept].round(5).tolist(),
        "area": curve.area.round(5).tolist(),
        "last": curve.returns[:, -window:].mean(axis=1).round(5).tolist(),
        "reached": curve.episodes_to(SHARE * best, window=window),
        "reached_resampled": reached,
        "cpu_s": round(time.process_time() - began, 1),
    }


def _resampled(curve: Curve, level: float, window: int) -> list[int | None]:
    """Return when the level is reached if the runs are drawn anew, many times."""
    rng, n = np.random.default_rng(0), len(curve.returns)
    drawn = (curve.returns[rng.integers(n, size=n)] for _ in range(N_RESAMPLES))
    return [Curve(curve.episodes, r).episodes_to(level, window=window) for r in drawn]


def work(name: str, n_runs: int, rows: Path) -> None:
    """Measure what a table still lacks, a row at a time."""
    table, have = TABLES[name], tabular_pages.kept(rows)
    for method in table.methods:
        key = {"table": name, "method": method, "runs": n_runs, "n_episodes": table.n_episodes}
        if any(row.items() >= key.items() for row in have):
            continue
        row = key | measure(table, method, n_runs)
        with rows.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(f"{name} {method}: {SHARE:.0%} at {row['reached']}, {row['cpu_s']} s", flush=True)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=[*TABLES, "all", "pages"])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("results/shapers"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    rows = args.out / "curves.jsonl"
    for name in TABLES if args.what == "all" else {args.what} & set(TABLES):
        work(name, args.runs, rows)
    tabular_pages.write(args.out, rows)


if __name__ == "__main__":
    main()
