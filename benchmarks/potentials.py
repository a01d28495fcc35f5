"""Potentials beside SB3's DQN and PPO on ROOM-2021: results/shapers/potentials.md.

    python benchmarks/potentials.py run [dqn ppo]   train: potentials x seeds, ten minutes
    python benchmarks/potentials.py page            write the page from the rows

A row is one training; finished ones are kept, so a command can be stopped and started again.
Policies are judged by their exact return on the extrinsic reward.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from recipes import kept, machine
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.callbacks import BaseCallback

from rewardlab.envs.tabular import env_id, evaluate, mdp, optimal_return
from rewardlab.evaluation.statistics import mean_interval
from rewardlab.shapers import BSRS, Potential, Shaper
from rewardlab.shapers.tables.potentials import teacher_potential
from rewardlab.training.attach import attach

FOLDER = Path(__file__).resolve().parents[1] / "results" / "shapers"
ROOM = mdp("room-2021")
STEPS, EVERY, SEEDS = 6_000, 250, 5

METHODS: dict[str, Callable[[], Shaper | None]] = {
    "none": lambda: None,
    "Potential, Φ = V*": lambda: Potential(teacher_potential(ROOM)),
    "Potential, Φ = −V* (misleading)": lambda: Potential(-teacher_potential(ROOM)),
    "BSRS, η = .5": lambda: BSRS(0.5),
    "BSRS, η = −.5": lambda: BSRS(-0.5),
}
ALGORITHMS: dict[str, tuple[Any, dict[str, Any]]] = {
    "dqn": (
        DQN,
        {
            "buffer_size": 20_000,
            "learning_starts": 250,
            "target_update_interval": 200,
            "exploration_fraction": 0.5,
            "exploration_final_eps": 0.1,
        },
    ),
    "ppo": (PPO, {"n_steps": 250, "batch_size": 50, "ent_coef": 0.01}),
}
PAGE = """# Potentials beside SB3

DQN and PPO on ROOM-2021, {steps:,} steps, {seeds} seeds. Exact extrinsic returns of the greedy
policy, every {every} steps, as shares of J*: their mean over training ("area"), and at the end,
each with the 95 % bootstrap interval over seeds; "90 %" is the median step at which a seed first
holds 90 % of J*, and how many do.

```sh
python benchmarks/potentials.py run
python benchmarks/potentials.py page
```

{tables}

With Φ = V* DQN is there in less than half the steps; PPO, which normalises advantages, gains little
and the intervals overlap. Φ = −V* has the same optimal policies and still nobody found them: that
nothing changes about optima says nothing about how soon they are found. BSRS was worse than no
shaper here, at both η, with either algorithm.

Made on {machine}.
"""


class Judge(BaseCallback):
    """Notes exact returns of the greedy policy as shares of J*."""

    def __init__(self) -> None:
        super().__init__()
        self.shares: list[float] = []

    def _on_step(self) -> bool:
        if self.num_timesteps % EVERY == 0:
            actions = self.model.predict(np.arange(ROOM.n_states), deterministic=True)[0]
            v = evaluate(ROOM, np.eye(ROOM.n_actions)[actions]).V
            self.shares.append(float(ROOM.initial @ v) / optimal_return(ROOM))
        return True


def train(algo: str, method: str, seed: int) -> list[float]:
    build, options = ALGORITHMS[algo]
    model = build(
        "MlpPolicy",
        gym.make(env_id("room-2021")),
        gamma=ROOM.gamma,
        learning_rate=1e-3,
        policy_kwargs={"net_arch": [64]},
        seed=seed,
        device="cpu",
        **options,
    )
    shaper, judge = METHODS[method](), Judge()
    model.learn(STEPS, callback=[judge, *([attach(model, shaper)] if shaper else [])])
    return judge.shares


def run(rows: Path, algos: list[str]) -> None:
    warnings.filterwarnings("ignore", message=".*bootstrapped shaping contracts")
    done = {(r["algo"], r["method"], r["seed"]) for r in kept(rows)}
    wanted = [(a, m, s) for s in range(SEEDS) for a in algos for m in METHODS]
    for algo, method, seed in wanted:
        if (algo, method, seed) not in done:
            shares = train(algo, method, seed)
            row = {
                "algo": algo,
                "method": method,
                "seed": seed,
                "shares": np.round(shares, 4).tolist(),
            }
            with rows.open("a") as file:
                file.write(json.dumps({**row, "machine": machine()}, ensure_ascii=False) + "\n")
            print(algo, method, seed, f"{np.mean(shares):.3f} {shares[-1]:.3f}", flush=True)


def interval(values: Any) -> str:
    found = mean_interval(np.asarray(values), rng=np.random.default_rng(0))
    return f"{np.mean(values):.3f} [{found.low:.3f}, {found.high:.3f}]"


def table(rows: list[dict[str, Any]], algo: str) -> str:
    lines = [f"## {algo.upper()}\n", "| shaper | area | at the end | 90 % |", "|---|---|---|---|"]
    for method in METHODS:
        curves = np.array([r["shares"] for r in rows if (r["algo"], r["method"]) == (algo, method)])
        if len(curves):
            met = curves >= 0.9
            n = int(met.any(axis=1).sum())
            steps = np.where(met.any(axis=1), (met.argmax(axis=1) + 1) * EVERY, np.inf)
            middle = np.median(steps)
            first = f"{middle:,.0f}" if np.isfinite(middle) else "never"
            area, last = interval(curves.mean(axis=1)), interval(curves[:, -1])
            lines.append(f"| {method} | {area} | {last} | {first} ({n} of {len(curves)}) |")
    return "\n".join(lines)


def page(rows: Path, to: Path) -> None:
    found = kept(rows)
    tables = "\n\n".join(table(found, a) for a in ALGORITHMS if any(r["algo"] == a for r in found))
    facts = {"steps": STEPS, "seeds": SEEDS, "every": EVERY, "machine": found[0]["machine"]}
    to.write_text(PAGE.format(tables=tables, **facts))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=["run", "page"])
    parser.add_argument("algos", nargs="*", default=list(ALGORITHMS))
    parser.add_argument("--out", type=Path, default=FOLDER / "potentials.jsonl")
    args = parser.parse_args()
    if args.what == "run":
        run(args.out, args.algos)
    page(args.out, args.out.with_suffix(".md"))


if __name__ == "__main__":
    main()
