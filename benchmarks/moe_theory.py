"""Theory of mixtures of experts, measured: results/moe/theory.md and planner.md.

    python benchmarks/moe_theory.py run       both, about twenty minutes of one core
    python benchmarks/moe_theory.py run planner
    python benchmarks/moe_theory.py page      write the pages from the rows

A row is one training; finished ones are kept, so a command can be stopped and started again.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import moe_sobolev
import moe_students
import moe_theory_pages as pages
import torch
from recipes import kept, machine

FOLDER = Path(__file__).resolve().parents[1] / "results" / "moe"
SEEDS, SAMPLES = 5, (1_000, 4_000)


def students(rows: Path) -> None:
    _all(
        rows,
        (
            {"teacher": teacher, "n": n, "seed": seed, "student": student}
            for seed in range(SEEDS)
            for n in SAMPLES
            for teacher in moe_students.TEACHERS
            for student in moe_students.STUDENTS
            if teacher == "clusters" or student != "told the cluster"
        ),
        lambda job: moe_students.error(job["teacher"], job["student"], job["n"], job["seed"]),
    )


def planner(rows: Path) -> None:
    _all(rows, moe_sobolev.grid_and_pilots(), moe_sobolev.train)
    _all(rows, moe_sobolev.planned(kept(rows)), moe_sobolev.train)


def _all(
    rows: Path, jobs: Iterable[dict[str, Any]], train: Callable[[dict[str, Any]], float]
) -> None:
    done = {json.dumps({k: r[k] for k in r if k not in ("mse", "machine")}) for r in kept(rows)}
    for job in jobs:
        if json.dumps(job) in done:
            continue
        done.add(json.dumps(job))
        row = {**job, "mse": train(job), "machine": machine()}
        with rows.open("a") as out:
            out.write(json.dumps(row) + "\n")
        print(json.dumps(job), round(row["mse"], 5), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=["run", "page"])
    parser.add_argument("which", nargs="?", choices=["theory", "planner"])
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    for name, train in (("theory", students), ("planner", planner)):
        if args.which in (None, name):
            rows = args.out / f"{name}.jsonl"
            if args.what == "run":
                train(rows)
            pages.write(name, rows)


if __name__ == "__main__":
    main()
