"""Do the offline composer's programs train? Success over random goals, per task and seed.

Composes a program for each task's own sentence, trains it with the suite's preset and evaluates
the final policy on episodes that training has not seen. A row for each task and seed: steps, share
of solved episodes with its 95 % interval, processor seconds.

    python benchmarks/learnability.py [TASK …] [--seeds 3] [-n 150000] [--episodes 20] [--json]
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from rewardlab.design.generate import generate
from rewardlab.envs.tasks import tasks
from rewardlab.evaluation.evaluate import evaluate
from rewardlab.training.train import train

PUBLISHED = 11
"""Text2Reward's ten MetaWorld tasks and handle-pull stand first in the list of tasks."""


def measure(task: str, *, seed: int, n_timesteps: int, episodes: int, out: Path) -> dict[str, Any]:
    """Compose, train and evaluate once."""
    start = time.process_time()
    (program,) = generate(task, coder="offline", seed=seed)
    run = train(task, program, n_timesteps=n_timesteps, seed=seed, out=out)
    found = evaluate(run, episodes=episodes)
    return {
        "task": task,
        "seed": seed,
        "steps": n_timesteps,
        "success": found.success,
        "success_ci": None if found.success_ci is None else list(found.success_ci),
        "return_mean": found.return_mean,
        "cpu_s": round(time.process_time() - start),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", default=[e.id for e in tasks()][:PUBLISHED])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("-n", "--n-timesteps", type=int, default=150_000)
    parser.add_argument("--episodes", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as out:
        for task in args.tasks:
            for seed in range(args.seeds):
                row = measure(
                    task,
                    seed=seed,
                    n_timesteps=args.n_timesteps,
                    episodes=args.episodes,
                    out=Path(out),
                )
                rows.append(row)
                if not args.json:
                    print(_line(row), flush=True)
    if args.json:
        print(json.dumps({"rows": rows}, indent=2))


def _line(row: dict[str, Any]) -> str:
    if row["success"] is None:
        solved = f"return {row['return_mean']:.0f}"
    else:
        low, high = row["success_ci"]
        solved = f"{row['success']:.0%} [{low:.0%}, {high:.0%}]"
    return f"{row['task']:<34} seed {row['seed']}  {solved:<20} {row['cpu_s']:>5} s"


if __name__ == "__main__":
    main()
