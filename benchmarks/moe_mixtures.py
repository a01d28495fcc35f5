"""Does a mixture of experts help where tasks disagree? PPO on mixtures of tasks: results/moe.

    python benchmarks/moe_mixtures.py                     train all, then write the page
    python benchmarks/moe_mixtures.py run cartpole dense  train the named arms of a mixture
    python benchmarks/moe_mixtures.py page                write the page from the rows

A row is one training. Rows are JSON lines in --out; finished ones are kept, so a command can be
stopped and started again. The index of the task is part of what every policy observes.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import moe_pages
import numpy as np
import numpy.typing as npt
import torch
from moe_arms import ARMS, BUDGETS, EXPERTS, Arm
from moe_worlds import MIXTURES, Mixture
from recipes import clocked, kept, machine
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv, VecNormalize

import rewardlab.policies  # noqa: F401  (registers MoePolicy)
from rewardlab.policies import MoeCallback
from rewardlab.policies.layer import MoELayer
from rewardlab.policies.metrics import task_information, utilisation

BINS = 20
EPISODES = 20
"""Of the final evaluation, per task, without exploration."""


def fix_router(model: PPO, how: str, n_tasks: int) -> None:
    """Set the router of each mixture of a policy, and freeze it."""
    for layer in mixtures(model):
        weight = layer.gate.weight
        assert weight is not None
        with torch.no_grad():
            if how == "random":
                weight.normal_()
            else:
                weight.zero_()
            if how == "task":
                each = EXPERTS // n_tasks
                own = torch.eye(n_tasks).repeat_interleave(each, dim=1)
                weight[-n_tasks:, : n_tasks * each] = 100.0 * own
        weight.requires_grad_(requires_grad=False)


def mixtures(model: PPO) -> list[MoELayer]:
    """Return the mixtures of a policy, the actor's first."""
    return [module for module in model.policy.modules() if isinstance(module, MoELayer)]


class Episodes(BaseCallback):
    """Remembers task and measure of each episode of training."""

    def __init__(self, measure: str, n_tasks: int) -> None:
        super().__init__()
        self.measure, self.n_tasks = measure, n_tasks
        self.found: list[tuple[int, int, float]] = []

    def _on_step(self) -> bool:
        for env, info in enumerate(self.locals["infos"]):
            if "episode" in info:
                task = env % self.n_tasks
                self.found.append((self.num_timesteps, task, measured(info, self.measure)))
        return True

    def curve(self, steps: int) -> list[list[float]]:
        """Return `(BINS, n_tasks)`: mean measure of each task's episodes ending in each bin."""
        found = np.array(self.found)
        edges = np.linspace(0, steps, BINS + 1)
        last = np.full(self.n_tasks, np.nan)
        rows = []
        for low, high in pairwise(edges):
            inside = found[(found[:, 0] > low) & (found[:, 0] <= high)]
            for task in range(self.n_tasks):
                values = inside[inside[:, 1] == task, 2]
                last[task] = values.mean() if len(values) else last[task]
            rows.append([round(float(value), 4) for value in last])
        return rows


def measured(info: dict[str, Any], measure: str) -> float:
    """Return what counts of an episode that just ended."""
    return float(info["is_success"] if measure == "success" else info["episode"]["r"])


def worlds(world: Mixture, n_envs: int, seed: int) -> VecEnv:
    """Return environments of all tasks in turn."""
    n_tasks = len(world.tasks)
    venv = DummyVecEnv([lambda i=i: Monitor(world.make(i % n_tasks)) for i in range(n_envs)])
    venv.seed(seed)
    return venv


def train(name: str, arm: Arm, seed: int) -> tuple[PPO, Episodes]:
    """Train an arm on a mixture of tasks."""
    world, budget = MIXTURES[name], BUDGETS[name]
    venv = worlds(world, budget.n_envs, seed)
    if budget.normalize:
        venv = VecNormalize(venv, gamma=budget.ppo["gamma"])
    policy: dict[str, Any] = {**budget.policy, "net_arch": list(arm.widths)}
    if arm.moe is not None:
        policy["moe"] = arm.moe
    kind = "MlpPolicy" if arm.moe is None else "MoePolicy"
    model = PPO(kind, venv, seed=seed, device="cpu", policy_kwargs=policy, **budget.ppo)
    if arm.router:
        fix_router(model, arm.router, len(world.tasks))
    episodes = Episodes(world.measure, len(world.tasks))
    model.learn(budget.steps, [episodes, *([] if arm.moe is None else [MoeCallback()])])
    return model, episodes


def final(model: PPO, world: Mixture, seed: int) -> tuple[list[float], npt.NDArray[np.float32]]:
    """Return each task's mean measure without exploration, and the observations on the way."""
    n_tasks = len(world.tasks)
    normalize = model.get_vec_normalize_env()
    found: list[list[float]] = [[] for _ in range(n_tasks)]
    seen = []
    venv = worlds(world, n_tasks, seed)
    obs: Any = venv.reset()
    while min(map(len, found)) < EPISODES:
        inputs = obs if normalize is None else normalize.normalize_obs(obs)
        seen.append(inputs)
        actions, _ = model.predict(inputs, deterministic=True)
        obs, _, _, infos = venv.step(actions)
        for task, info in enumerate(infos):
            if "episode" in info and len(found[task]) < EPISODES:
                found[task].append(measured(info, world.measure))
    return [round(float(np.mean(each)), 4) for each in found], np.concatenate(seen)


def routing(model: PPO, obs: npt.NDArray[np.float32], n_tasks: int) -> dict[str, float]:
    """Return what the actor's router does on observations `(n, d)` in turn of the tasks."""
    layers = mixtures(model)
    if not layers or layers[0].n_experts == 1:
        return {}
    with torch.no_grad():
        routed = layers[0].gate(torch.as_tensor(obs))
    tasks = torch.arange(len(obs)) % n_tasks
    return {
        "information": round(task_information(routed.weights, tasks), 4),
        "utilisation": round(utilisation(routed.weights.sum(0)), 4),
        "experts_per_state": round(float(routed.mask.float().sum(1).mean()), 3),
    }


def measure(name: str, arm: str, seed: int) -> dict[str, Any]:
    """Train one arm with one seed and evaluate what came of it."""
    torch.set_num_threads(1)
    world, steps = MIXTURES[name], BUDGETS[name].steps
    with clocked() as clock:
        model, episodes = train(name, ARMS[arm], seed)
        spent = clock()
    scores, obs = final(model, world, seed=10_000 + seed)
    curve = episodes.curve(steps)
    means = [float(np.nanmean(row)) for row in curve]
    there = next((i for i, mean in enumerate(means) if mean >= world.solved), None)
    return {
        "final": scores,
        "area": round(float(np.mean(means)), 4),
        "solved_at": None if there is None else (there + 1) * steps // BINS,
        "curve": curve,
        "parameters": sum(p.numel() for p in model.policy.parameters()),
        **routing(model, obs, len(world.tasks)),
        **spent,
        "machine": machine(),
    }


def key(name: str, arm: str, seed: int) -> dict[str, Any]:
    """Return what tells a row from others."""
    settings = {"budget": asdict(BUDGETS[name]), **asdict(ARMS[arm])}
    del settings["says"]
    return {"mixture": name, "arm": arm, "seed": seed, "settings": json.loads(json.dumps(settings))}


def work(names: list[str], arms: list[str], seeds: int, rows: Path, jobs: int) -> None:
    """Train what has no row yet, all arms of a seed before the next seed."""
    have = kept(rows)
    every = [(name, arm, seed) for name in names for seed in range(seeds) for arm in arms]
    todo = [job for job in every if not any(row.items() >= key(*job).items() for row in have)]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=spawn, max_tasks_per_child=1) as pool:
        running = {pool.submit(measure, *job): job for job in todo}
        for done in as_completed(running):
            name, arm, seed = running[done]
            if done.exception():
                pool.shutdown(cancel_futures=True)
            row = key(name, arm, seed) | done.result()
            with rows.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(f"{name}, {arm} {seed}: {row['final']}, {row['cpu_s']} cpu s", flush=True)


def main() -> None:
    """Train, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("verb", nargs="?", choices=("all", "run", "page"), default="all")
    parser.add_argument("mixture", nargs="?", choices=tuple(MIXTURES))
    parser.add_argument("arms", nargs="*", metavar="ARM", help=f"of {', '.join(ARMS)}")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1, help="Trainings at the same time.")
    parser.add_argument("--out", type=Path, default=Path("results/moe"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    rows = given.out / "mixtures.jsonl"
    if given.verb != "page":
        names = [given.mixture] if given.mixture else list(MIXTURES)
        work(names, given.arms or list(ARMS), given.seeds, rows, given.jobs)
    if given.verb != "run":
        moe_pages.write(given.out, kept(rows), MIXTURES, ARMS)


if __name__ == "__main__":
    main()
