"""What a trained policy teaches a fresh one on Pendulum: results/shapers/teacher.md.

    python benchmarks/teacher.py run     train: rewards x seeds, some minutes
    python benchmarks/teacher.py page    write the page from the rows

A row is one training; finished ones are kept, so a command can be stopped and started again.
Policies are judged by the environment's own reward, which all but "none" never or hardly see.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from recipes import kept, machine
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env

from rewardlab.evaluation.statistics import mean_interval
from rewardlab.shapers import Shaper
from rewardlab.shapers.teacher import Teacher
from rewardlab.training.attach import attach

FOLDER = Path(__file__).resolve().parents[1] / "results" / "shapers"
ENV, EXPERT_STEPS, EXPERT_SEED = "Pendulum-v1", 45_056, 100
STEPS, EVERY, EPISODES, SEEDS = 16_384, 4_096, 10, 3
RULES_CELLS = 12
TEACHER = {"n_cells": 48, "n_prototypes": 3, "n_steps": 16_000}

METHODS: dict[str, Callable[[Teacher], Shaper | None]] = {
    "none": lambda _: None,
    "ExpRD": lambda teacher: teacher.exprd(),
    "ExpAdaRD": lambda teacher: teacher.expadard(),
    "Potential, Φ = the critic": lambda teacher: teacher.potential(),
    "Potential, Φ = means of cells": lambda teacher: teacher.potential("cells"),
}
PAGE = """# A trained policy as teacher

PPO on {env}: an expert of {expert:,} steps teaches fresh learners of {steps:,} steps with the
same settings, {seeds} seeds. Mean return of the environment's own reward over {episodes} greedy
episodes, every {every:,} steps: their mean over training ("area") and at the end, each with the
95 % bootstrap interval over seeds.

```sh
python benchmarks/teacher.py run
python benchmarks/teacher.py page
```

The teacher: {facts}

{table}

Three seeds say little about small differences. What they show: the designed reward, paid alone, and
the potential Φ = V of the critic both teach faster than the environment's own reward; means of V
over cells hardly help, and the reward that is designed anew for each rollout teaches worse than
none. The potential alone cannot change what is optimal.

The design depends on its cells. Four sets of options were tried on this expert by hand; the one
used here is the best of them, so other experts and tasks may fare worse.

## A design as rules

The same expert with {rules_cells} cells, as it prints:

{rules}
Made on {machine}.
"""


class Judge(BaseCallback):
    """Notes mean returns of greedy episodes in an environment of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.returns: list[float] = []
        self._env = gym.make(ENV)

    def _on_step(self) -> bool:
        if self.num_timesteps % EVERY == 0:
            self.returns.append(float(np.mean([self._play(seed) for seed in range(EPISODES)])))
        return True

    def _play(self, seed: int) -> float:
        obs, done, total = self._env.reset(seed=10_000 + seed)[0], False, 0.0
        while not done:
            action, _ = self.model.predict(obs, deterministic=True)
            obs, reward, terminated, truncated, _ = self._env.step(action)
            total, done = total + float(reward), terminated or truncated
        return total


def learner(seed: int) -> PPO:
    return PPO(
        "MlpPolicy",
        make_vec_env(ENV, 8, seed=seed),
        n_steps=128,
        batch_size=128,
        n_epochs=10,
        gae_lambda=0.95,
        gamma=0.9,
        learning_rate=1e-3,
        seed=seed,
        device="cpu",
    )


def expert(file: Path, **options: Any) -> Teacher:
    """Return the teacher; the expert is trained once and kept beside the rows."""
    if not file.exists():
        learner(EXPERT_SEED).learn(EXPERT_STEPS).save(file)
    return Teacher.from_model(PPO.load(file, device="cpu"), gym.make(ENV), **options)


def run(rows: Path, file: Path) -> None:
    done = {(r["method"], r["seed"]) for r in kept(rows)}
    wanted = [(m, s) for s in range(SEEDS) for m in METHODS if (m, s) not in done]
    teacher = expert(file, **TEACHER) if wanted else None
    for method, seed in wanted:
        assert teacher is not None
        model, judge = learner(seed), Judge()
        shaper = METHODS[method](teacher)
        model.learn(STEPS, callback=[judge, *([attach(model, shaper)] if shaper else [])])
        row = {"method": method, "seed": seed, "returns": judge.returns, "machine": machine()}
        with rows.open("a") as out:
            out.write(json.dumps({**row, "teacher": facts(teacher)}, ensure_ascii=False) + "\n")
        print(method, seed, np.round(judge.returns, 1).tolist(), flush=True)


def facts(teacher: Teacher) -> str:
    cells, actions = teacher.abstraction.shape
    return (
        f"mean episode return {teacher.returned:.1f} (random actions {teacher.random:.1f}), "
        f"correlation of its critic with held-out returns {teacher.calibration:.3f}, {cells} cells "
        f"with {actions} actions, {teacher.steps} steps per macro step, of which "
        f"{teacher.macro.stays:.0%} stay in their cell."
    )


def interval(values: Any) -> str:
    found = mean_interval(np.asarray(values), rng=np.random.default_rng(0))
    return f"{np.mean(values):.0f} [{found.low:.0f}, {found.high:.0f}]"


def table(rows: list[dict[str, Any]]) -> str:
    lines = ["| reward | seeds | area | at the end |", "|---|---|---|---|"]
    for method in METHODS:
        curves = np.array([row["returns"] for row in rows if row["method"] == method])
        if len(curves):
            area, last = interval(curves.mean(axis=1)), interval(curves[:, -1])
            lines.append(f"| {method} | {len(curves)} | {area} | {last} |")
    return "\n".join(lines)


def page(rows: Path, to: Path, file: Path) -> None:
    found = kept(rows)
    small = expert(file, **{**TEACHER, "n_cells": RULES_CELLS})
    to.write_text(
        PAGE.format(
            env=ENV,
            expert=EXPERT_STEPS,
            steps=STEPS,
            seeds=SEEDS,
            episodes=EPISODES,
            every=EVERY,
            facts=found[0]["teacher"],
            table=table(found),
            rules_cells=RULES_CELLS,
            rules=small.exprd().rules(),
            machine=found[0]["machine"],
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=["run", "page"])
    parser.add_argument("--out", type=Path, default=FOLDER / "teacher.jsonl")
    parser.add_argument("--expert", type=Path, default=Path("teacher-expert.zip"))
    args = parser.parse_args()
    if args.what == "run":
        run(args.out, args.expert)
    page(args.out, args.out.with_suffix(".md"), args.expert)


if __name__ == "__main__":
    main()
