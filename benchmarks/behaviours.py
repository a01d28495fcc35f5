"""How often do locomotion behaviours come out as done where nothing was learned?

Rollouts of uniformly random actions and of no action at all, at each task's own horizon, with the
thresholds that the task has by default. A predicate is worth something only if the first is 0.

    python benchmarks/behaviours.py [NAME …] [--episodes 100] [--json]
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from rewardlab.envs.locomotion.behaviours import BEHAVIOURS
from rewardlab.envs.seeding import child_seed
from rewardlab.envs.tasks import task
from rewardlab.evaluation.statistics import wilson

Act = Callable[[np.random.Generator, int], Any]

POLICIES: dict[str, Act] = {
    "random": lambda rng, n: rng.uniform(-1.0, 1.0, n).astype(np.float32),
    "nothing": lambda rng, n: np.zeros(n, np.float32),
}


def count(name: str, act: Act, episodes: int) -> int:
    """Return how many of the episodes were solved at any step."""
    made = task(f"locomotion/{name}")
    env = made.make_env(native_reward=False)
    solved = 0
    for episode in range(episodes):
        seed = child_seed(0, episode)
        env.reset(seed=seed)
        rng = np.random.default_rng(seed)
        done, over = False, False
        while not (done or over):
            _, _, terminated, truncated, info = env.step(act(rng, made.scene.action.size))
            done, over = info["success"], terminated or truncated
        solved += done
    env.close()
    return solved


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=[behaviour.name for behaviour in BEHAVIOURS])
    parser.add_argument("--episodes", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = [
        {"task": name, "policy": policy, "solved": count(name, act, args.episodes)}
        for name in args.names
        for policy, act in POLICIES.items()
    ]
    print(json.dumps({"episodes": args.episodes, "rows": rows}) if args.json else table(rows, args))


def table(rows: list[dict[str, Any]], args: argparse.Namespace) -> str:
    """Return the rows as a Markdown table, with Wilson's 95 % intervals."""
    lines = [f"Solved of {args.episodes} episodes:", "", "| task | actions | solved |"]
    lines.append("|---|---|---|")
    for row in rows:
        low, high = wilson(row["solved"], args.episodes)
        interval = f"{row['solved']} [{100 * low:.0f}, {100 * high:.0f}] %"
        lines.append(f"| {row['task']} | {row['policy']} | {interval} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
