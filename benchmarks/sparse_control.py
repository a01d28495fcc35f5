"""A MuJoCo task with sparse success, learned with and without each shaper: results/shapers.

    python benchmarks/sparse_control.py              train all: methods x seeds, an hour on one core
    python benchmarks/sparse_control.py run RND ICM  train these
    python benchmarks/sparse_control.py page         write page and plot from the rows

A row is one training. Rows are JSON lines in --out; finished ones are kept, so a command can be
stopped and started again. The teacher is trained once and kept under --runs.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
import sparse_pages
from recipes import clocked, kept, machine, program
from stable_baselines3.common.base_class import BaseAlgorithm

from rewardlab.shapers import registry
from rewardlab.shapers.base import Shaper

if TYPE_CHECKING:
    from rewardlab.sandbox.runner import RewardRunner
    from rewardlab.shapers.teacher import Teacher

TASK = "metaworld/coffee-button"
STEPS = 60_000
SETTINGS: dict[str, Any] = {
    "algo": "ppo",
    "preset": "fast",
    "n_timesteps": STEPS,
    "eval_freq": 6_000,
    "eval_episodes": 10,
    "until_success": 0.0,
    "checkpoint_freq": 0,
    "native_reward": False,
}
EPISODES = 50
"""Of the last evaluation, with starts that neither training nor other evaluations have seen."""
SCALE = 10.0
"""Of a potential in metres: half a metre away costs five solved steps."""

TEACHER = 100
"""Its seed, which no method is trained with."""

LONGER = 2 * STEPS
"""Steps of the teacher that designs; the critic of the shorter one is not good enough."""
TOLD = f"a teacher of {LONGER:,} more steps, and episodes of it"

Make = Callable[[Path], Shaper | None]
"""Makes a shaper anew for each run; it is given the folder where the teacher is kept."""


@dataclass(frozen=True)
class Method:
    """A way to train.

    Attributes:
        shaper: Makes the shaper.
        reward: What it shapes.
        knows: What it is told that plain training is not, in words of the table.
    """

    shaper: Make = field(default=lambda runs: None)
    reward: str = "sparse"
    knows: str = ""


def distance(obs: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return Φ `(B,)`: how far the hand is from the button and the button from its goal."""
    hand, button, goal = obs[:, :3], obs[:, 4:7], obs[:, 36:39]
    left: npt.NDArray[np.float64] = np.linalg.norm(hand - button, axis=1)
    left = left + np.linalg.norm(button - goal, axis=1)
    return -SCALE * left


def named(name: str, **options: Any) -> Make:
    """Return what makes a shaper that a run can name."""
    return lambda runs: registry.make(name, options)


def by_distance(runs: Path) -> Shaper:
    """Make the potential that a person wrote."""
    from rewardlab.shapers.potential import Potential

    return Potential(distance)


def by_teacher(runs: Path) -> Shaper:
    """Make the potential Φ = V of the teacher, in the unit of the dense program."""
    from rewardlab.shapers.potential import Potential

    with teacher(runs) as model:
        return Potential.from_model(model)


def designed(runs: Path) -> Shaper:
    """Make the reward that ExpRD designs from the teacher's cells."""
    with taught(runs) as learned:
        return learned.exprd()


def redesigned(runs: Path) -> Shaper:
    """Make the reward that ExpAdaRD designs from them as the learner goes on."""
    with taught(runs) as learned:
        return learned.expadard()


class Paid(gym.Wrapper[Any, Any, Any, Any]):
    """Pays what a program says of the scene."""

    def __init__(self, env: gym.Env[Any, Any], runner: RewardRunner) -> None:
        super().__init__(env)
        self.runner = runner

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take a step."""
        obs, _, terminated, truncated, info = self.env.step(action)
        reward = float(self.runner.evaluate(info["scene"][None]).reward[0])
        return obs, reward, terminated, truncated, info


@contextmanager
def taught(runs: Path) -> Iterator[Teacher]:
    """Yield what a longer teacher can design, with the options that it has by default."""
    from rewardlab.envs.tasks import task
    from rewardlab.sandbox.runner import RewardRunner
    from rewardlab.shapers.teacher import Teacher

    known = task(TASK)
    env = known.make_env(seed=TEACHER, native_reward=False)
    runner = RewardRunner(program(TASK), known.scene)
    with teacher(runs, LONGER) as model, closing(env), closing(runner):
        yield Teacher.from_model(model, Paid(env, runner), seed=TEACHER)


@contextmanager
def teacher(runs: Path, steps: int = STEPS) -> Iterator[BaseAlgorithm]:
    """Yield what was trained on the dense program, with a seed of its own."""
    from rewardlab.envs.tasks import task
    from rewardlab.training.run import Run
    from rewardlab.training.session import open_session
    from rewardlab.training.train import train

    path = runs / f"sparse-control-teacher{'' if steps == STEPS else f'-{steps}'}"
    if not path.exists():
        settings = {**SETTINGS, "n_timesteps": steps}
        train(TASK, program(TASK), seed=TEACHER, name=path.name, out=runs, **settings)
    with open_session(Run.open(path), task(TASK), None) as session:
        yield session.model


def by_program(runs: Path) -> Shaper:
    """Make the potential of the library's program."""
    from rewardlab.envs.tasks import task
    from rewardlab.shapers.program_potential import ProgramPotential

    return ProgramPotential.for_task(task(TASK), program=program(TASK))


METHODS = {
    "sparse": Method(),
    "dense program": Method(reward="program", knows="the library's program, instead of success"),
    "environment's reward": Method(reward="oracle", knows="MetaWorld's dense reward"),
    "Potential, distance": Method(by_distance, knows="where hand, button and goal are"),
    "ProgramPotential": Method(by_program, knows="the library's program"),
    "Potential, teacher's V": Method(by_teacher, knows=f"the teacher, of {STEPS:,} more steps"),
    "ExpRD, teacher": Method(designed, knows=TOLD),
    "ExpAdaRD, teacher": Method(redesigned, knows=TOLD),
    "ExploRS": Method(named("explors")),
    "SelfRS": Method(named("explors", bonus=False)),
    "CountBonus": Method(named("counts")),
    "SORS": Method(named("sors")),
    "RND": Method(named("rnd")),
    "ICM": Method(named("icm")),
    "LIRPG": Method(named("lirpg")),
    "BSRS": Method(named("bsrs")),
}


def measure(method: str, seed: int, runs: Path) -> dict[str, Any]:
    """Train one method with one seed and evaluate what came of it."""
    from rewardlab.evaluation.evaluate import evaluate
    from rewardlab.training.train import train

    chosen = METHODS[method]
    reward: Any = program(TASK) if chosen.reward == "program" else chosen.reward
    settings = {**SETTINGS, "native_reward": chosen.reward == "oracle"}
    shaper = chosen.shaper(runs)
    with tempfile.TemporaryDirectory() as out, clocked() as clock:
        run = train(TASK, reward, seed=seed, shaper=shaper, out=out, **settings)
        spent = clock()
        curve = [[r["timesteps"], r["success"]] for r in run.evaluations]
        found = evaluate(run, episodes=EPISODES, keep_above=1.0)
        steps, engine = run.record["steps"], run.config.engine
    return {
        "success": found.success,
        "area": round(float(np.mean([share for _, share in curve])), 4),
        "reach50": reached(curve, 0.5),
        "reach90": reached(curve, 0.9),
        "curve": curve,
        "steps": steps,
        "engine": engine,
        **spent,
        "machine": machine(),
    }


def reached(curve: list[list[float]], share: float) -> int | None:
    """Return the first step of an evaluation at which a share of the episodes was solved."""
    return next((int(step) for step, success in curve if success >= share), None)


def key(method: str, seed: int) -> dict[str, Any]:
    """Return what tells a row from others."""
    return {"task": TASK, "method": method, "seed": seed, "settings": SETTINGS}


def work(methods: list[str], seeds: int, rows: Path, runs: Path) -> None:
    """Train what has no row yet, all methods of a seed before the next seed."""
    spawn = multiprocessing.get_context("spawn")
    for seed in range(seeds):
        for method in methods:
            name = key(method, seed)
            if any(row.items() >= name.items() for row in kept(rows)):
                continue
            with ProcessPoolExecutor(1, mp_context=spawn) as pool:  # memory is freed with it
                row = name | pool.submit(measure, method, seed, runs).result()
            with rows.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(f"{method} {seed}: {row['success']:.0%}, {row['curve']}", flush=True)


def main() -> None:
    """Train, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=["run", "page"], default="run")
    parser.add_argument("methods", nargs="*", metavar="METHOD", help=", ".join(METHODS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("results/shapers"))
    parser.add_argument("--runs", type=Path, default=Path("results"))
    args = parser.parse_args()
    rows = args.out / "sparse_control.jsonl"
    if args.what == "run":
        work(args.methods or list(METHODS), args.seeds, rows, args.runs)
    sparse_pages.write(args.out, rows, METHODS)


if __name__ == "__main__":
    main()
