"""Make every table of results/text2reward again: what trains, how fast two recipes get there, more.

    python benchmarks/text2reward.py library  [TASK …] [--jobs 2]     every program of the library
    python benchmarks/text2reward.py race     [TASK …] [--seeds 3]    ours to 90 % success
    python benchmarks/text2reward.py paper    [TASK …]                the paper's recipe, timed
    python benchmarks/text2reward.py real     [TASK …] [--seeds 3]    the paper's recipe to 90 %
    python benchmarks/text2reward.py ablation [TASK …] [--seeds 3]    ours without one lever each
    python benchmarks/text2reward.py measures [NAME …]                what other benchmarks print
    python benchmarks/text2reward.py tables                           write them from the rows
    python benchmarks/text2reward.py all      [--jobs 2]              all of this

Rows are JSON lines in --out (results/text2reward); finished ones are kept, so a command can be
stopped and started again. A row belongs to one program, by its id, and to one set of arguments of
`train`; what a preset holds is not among them: whoever changes a recipe takes its rows out.
Measures are taken anew each time.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
from pathlib import Path
from typing import Any

import recipe_tables
from recipes import Job, work, written

from rewardlab.training.recipes import TEXT2REWARD

TARGET = 0.9
RACE = tuple(
    f"metaworld/{name}"
    for name in (
        *("window-close", "drawer-close", "door-unlock"),
        *("button-press", "handle-press-side", "window-open", "drawer-open"),
    )
)
BEHAVIOURS = tuple(
    f"locomotion/{name}"
    for name in (
        *("hopper-forward", "hopper-front-flip", "hopper-back-flip"),
        *("ant-forward", "ant-lie-down", "ant-wave-leg"),
    )
)
PUBLISHED = (*TEXT2REWARD, *BEHAVIOURS)
"""The 24 tasks of the paper: 17 of manipulation, stack-cube, six behaviours."""

UNSOLVED = {"tabletop/stack-cube": 250_000, "tabletop/push-chair": 100_000}
"""Where the recipe's PPO stays far below 95 %, and for how many steps SAC is tried beside it."""

UPDATES = 2_000
"""Gradient steps that the paper's recipe is timed over."""

OURS = {"preset": "fast", "until_success": TARGET, "eval_freq": 6_000, "eval_episodes": 20}
PAPER = {"preset": "text2reward"}
WITHOUT: dict[str, dict[str, Any]] = {
    "ours": {},
    "engine: Python": {"engine": "python"},
    "no normalisation": {"normalize": None},
    "horizon 500": {"horizon": 500},
    "gamma .99": {"hyperparameters": {"gamma": 0.99}},
    "net 3 x 256": {"policy_kwargs": {"net_arch": [256, 256, 256]}},
    "SAC 2 x 128": {"algo": "sac"},
}
"""Our recipe with one lever each put back."""


def library(tasks: list[str], seeds: int) -> list[Job]:
    """Every program of the library with our recipe at its own budget; some with SAC too."""
    have = written()
    tasks = tasks or [id for id in PUBLISHED if id in have]
    fast = {"preset": "fast"}
    jobs = [Job("library", t, "fast", fast, s, 50) for s in range(seeds) for t in tasks]
    for task in (t for t in tasks if t in UNSOLVED):
        sac = {**fast, "algo": "sac", "n_timesteps": UNSOLVED[task]}
        jobs += [Job("library", task, "fast, SAC", sac, s, 50) for s in range(seeds)]
    return jobs


def race(tasks: list[str], seeds: int) -> list[Job]:
    """Ours until it solves 90 %."""
    return [Job("race", t, "fast", OURS, s) for s in range(seeds) for t in tasks or RACE]


def paper(tasks: list[str], seeds: int) -> list[Job]:
    """The paper's recipe before and after it has begun to learn: the difference is its speed."""
    jobs = []
    for task in tasks or RACE:
        recipe = TEXT2REWARD[task]
        starts = recipe.hyperparameters["learning_starts"]
        for updates in (0, UPDATES):
            steps = starts + updates * recipe.n_envs
            settings = {**PAPER, "n_timesteps": steps, "eval_freq": 0}
            jobs += [Job("paper", task, f"{updates} updates", settings, s) for s in range(seeds)]
    return jobs


def real(tasks: list[str], seeds: int) -> list[Job]:
    """The paper's recipe until it solves 90 %, evaluated more often than it was published."""
    settings = {**PAPER, "until_success": TARGET, "eval_freq": 4_000, "eval_episodes": 20}
    tasks = tasks or ["metaworld/handle-press-side"]
    return [Job("real", t, "text2reward", settings, s) for s in range(seeds) for t in tasks]


def ablation(tasks: list[str], seeds: int) -> list[Job]:
    """Ours with one lever each put back to what it replaces."""
    jobs = []
    for task in tasks or ["metaworld/door-unlock"]:
        for name, change in WITHOUT.items():
            settings = {**OURS, "n_timesteps": 150_000, **change}
            jobs += [Job("ablation", task, name, settings, s) for s in range(seeds)]
    return jobs


KINDS = {f.__name__: f for f in (library, race, paper, real, ablation)}
SEEDS = {"library": 1, "paper": 1}


MEASURES = ("composer", "tabletop", "behaviours", "engines")
"""Benchmarks beside this file, whose output becomes a page of its name."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=[*KINDS, "measures", "tables", "all"])
    parser.add_argument("names", nargs="*", metavar="TASK")
    parser.add_argument("--seeds", type=int, help="3, of library and paper 1")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--out", type=Path, default=Path("results/text2reward"))
    args = parser.parse_args()
    for kind in KINDS if args.what == "all" else {args.what} & set(KINDS):
        jobs = KINDS[kind](args.names, args.seeds or SEEDS.get(kind, 3))
        work(jobs, args.out / f"{kind}.jsonl", n_jobs=args.jobs, tell=_tell)
    if args.what in ("measures", "all"):
        for name in (args.what == "measures" and args.names) or MEASURES:
            print(f"measuring {name}", flush=True)
            recipe_tables.page(args.out, name)
    recipe_tables.write(args.out)


def _tell(row: dict[str, Any]) -> None:
    print(recipe_tables.line(row), flush=True)


if __name__ == "__main__":
    main()
