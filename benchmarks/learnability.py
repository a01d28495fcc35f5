"""Do the offline composer's programs train? Success over random goals, per task, reward and seed.

Each task is trained with the suite's preset on the program that is composed for its own sentence,
on the environment's own dense reward (`oracle`) and on success alone (`sparse`), all with the same
budget; the final policy is evaluated on episodes that training has not seen. With `--rows FILE`
finished runs are kept as JSON lines and not repeated.

    python benchmarks/learnability.py [TASK …] [--rewards composed oracle sparse] [--seeds 3]
        [-n 150000] [--episodes 50] [--jobs 1] [--rows FILE] [--json]
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rewardlab.envs.tasks import tasks

PUBLISHED = 11
"""Text2Reward's ten MetaWorld tasks and handle-pull stand first in the list of tasks."""

REWARDS = ("composed", "oracle", "sparse")


@dataclass(frozen=True)
class Job:
    """One training run."""

    task: str
    reward: str
    seed: int
    n_timesteps: int
    episodes: int


def measure(job: Job) -> dict[str, Any]:
    """Compose, train and evaluate once."""
    from rewardlab.coders.offline import OfflineComposer
    from rewardlab.design.generate import generate
    from rewardlab.evaluation.evaluate import evaluate
    from rewardlab.training.train import train

    start = time.process_time()
    reward: Any = job.reward
    if reward == "composed":
        coder = OfflineComposer(library=False)  # which would quote a program for these sentences
        (reward,) = generate(job.task, coder=coder, seed=job.seed)
    with tempfile.TemporaryDirectory() as out:
        run = train(
            job.task, reward, n_timesteps=job.n_timesteps, seed=job.seed, eval_freq=0, out=out
        )
        found = evaluate(run, episodes=job.episodes)
    interval = None if found.success_ci is None else list(found.success_ci)
    return {
        **asdict(job),
        "success": found.success,
        "success_ci": interval,
        "return_mean": found.return_mean,
        "cpu_s": round(time.process_time() - start),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", default=[e.id for e in tasks()][:PUBLISHED])
    parser.add_argument("--rewards", nargs="+", choices=REWARDS, default=list(REWARDS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("-n", "--n-timesteps", type=int, default=150_000)
    parser.add_argument("--episodes", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--rows", type=Path, help="JSON lines of finished runs: kept, not repeated")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    jobs = [
        Job(task, reward, seed, args.n_timesteps, args.episodes)
        for reward in args.rewards
        for seed in range(args.seeds)
        for task in args.tasks
    ]
    rows = _kept(args.rows, jobs)
    done = {_key(row) for row in rows}
    left = [job for job in jobs if _key(asdict(job)) not in done]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(args.jobs, mp_context=spawn, max_tasks_per_child=1) as pool:
        for future in as_completed([pool.submit(measure, job) for job in left]):
            row = future.result()
            rows.append(row)
            if args.rows:
                with args.rows.open("a") as file:
                    file.write(json.dumps(row) + "\n")
            if not args.json:
                print(_line(row), flush=True)
    print(json.dumps({"rows": rows}, indent=2) if args.json else table(rows))


def table(rows: list[dict[str, Any]]) -> str:
    """Return a Markdown table: success over all seeds, its interval, each seed."""
    from rewardlab.evaluation.statistics import wilson

    rewards = [r for r in REWARDS if any(row["reward"] == r for row in rows)]
    lines = ["| task | " + " | ".join(rewards) + " |", "|---" * (1 + len(rewards)) + "|"]
    for task in dict.fromkeys(row["task"] for row in rows):
        cells = []
        for reward in rewards:
            found = [r for r in rows if (r["task"], r["reward"]) == (task, reward)]
            if not found:
                cells.append("not run")
                continue
            found = sorted((r for r in found if r["success"] is not None), key=lambda r: r["seed"])
            n = sum(r["episodes"] for r in found)
            if not n:
                cells.append("no success signal")
                continue
            solved = round(sum(r["success"] * r["episodes"] for r in found))
            low, high = wilson(solved, n)
            seeds = ", ".join(f"{r['success']:.2f}" for r in found)
            cells.append(f"{solved / n:.0%} [{low:.0%}, {high:.0%}] ({seeds})")
        lines.append(f"| {task} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _kept(path: Path | None, jobs: list[Job]) -> list[dict[str, Any]]:
    if path is None or not path.exists():
        return []
    wanted = {_key(asdict(job)) for job in jobs}
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [row for row in rows if _key(row) in wanted]


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("task", "reward", "seed", "n_timesteps", "episodes"))


def _line(row: dict[str, Any]) -> str:
    if row["success"] is None:
        solved = f"return {row['return_mean']:.0f}"
    else:
        low, high = row["success_ci"]
        solved = f"{row['success']:.0%} [{low:.0%}, {high:.0%}]"
    what = f"{row['task']:<34} {row['reward']:<9} seed {row['seed']}"
    return f"{what}  {solved:<20} {row['cpu_s']:>5} s"


if __name__ == "__main__":
    main()
