"""What the jail costs.

States: microseconds per state of one program, as a bare function, in this process (the same
compiled tree, scene objects, checks and collection of terms as in the worker), and in the jailed
worker in batches of 1, 8 and 256, called in a tight loop.

Training: SB3's PPO at the tuned preset, with the program in this process and in the jailed worker
in turns of 32 steps. Isolation's overhead is the median difference between neighbouring turns, with
a bootstrap interval, and its share of a whole PPO step, updates included. Between real environment
steps caches are cold and processors idle, which a tight loop does not show.

Starts: a static reading, a worker from its fork until it is ready, a whole validation.

    python benchmarks/sandbox.py [--quick] [--json]
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import itertools
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecNormalize

from rewardlab.design.generate import generate
from rewardlab.design.validate import validate
from rewardlab.envs.tasks import Task
from rewardlab.envs.tasks import task as get_task
from rewardlab.program.entry import ENTRY
from rewardlab.program.program import RewardProgram
from rewardlab.program.reading import read
from rewardlab.program.schema import Schema
from rewardlab.sandbox.batch import Array, Batch
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.evaluator import FILE, Evaluator, Output
from rewardlab.sandbox.facade import facade
from rewardlab.sandbox.namespace import namespace
from rewardlab.sandbox.runner import RewardRunner
from rewardlab.shapers.base import Shaped, Shaper, Transitions
from rewardlab.training.settings import preset
from rewardlab.training.shaped import ShapedVecEnv
from rewardlab.training.venv import make_venv

TASKS = ("locomotion/half-cheetah-forward", "metaworld/drawer-open")
BATCHES = (1, 8, 256)
TARGETS = {8: 0.02, 1: 0.05}
TURN, SETTLE = 32, 4
"""Steps of a turn, and how many of them are not counted after a change of turns."""

COLD = """
from rewardlab.design.validate import validate
from rewardlab.program.program import RewardProgram
import sys
print(validate(RewardProgram(sys.stdin.read()), sys.argv[1], allow_degraded=True).seconds)
"""


class InProcess:
    """A program in this process, as only a benchmark may run it."""

    def __init__(self, program: RewardProgram, schema: Schema) -> None:
        reading, output = read(program.source, schema), Output()
        assert reading.tree is not None
        names = namespace(output.print)
        exec(compile(reading.tree, FILE, "exec", dont_inherit=True), names)
        self.function: Callable[..., Any] = names[ENTRY]
        self.scene = facade(schema)
        self.takes_obs = reading.takes_obs
        self._evaluator = Evaluator(
            self.function, self.scene, takes_obs=self.takes_obs, terms=[], output=output
        )

    def evaluate(self, rows: Array) -> Batch:
        """Score rows."""
        e = self._evaluator
        e.begin()
        outcomes = [e.evaluate(row) for row in rows]
        k = len(e.index)
        terms = np.array([o.terms + [0.0] * (k - len(o.terms)) for o in outcomes])
        reward = np.array([o.reward for o in outcomes])
        present = np.ones((len(rows), k), np.bool_)
        return Batch(reward, terms.reshape(len(rows), k), present, tuple(e.index))

    def bare(self, row: Array) -> Any:
        """Call the function alone."""
        self.scene.buffer[:] = row
        more = (self.scene.obs(),) if self.takes_obs and self.scene.obs else ()
        return self.function(self.scene.scene, self.scene.action(), *more)


def states(task: Task, program: RewardProgram, calls: int) -> dict[str, Any]:
    """Time single states in a tight loop [us]."""
    rows = recorded(task, 256)
    alone = InProcess(program, task.scene)
    result = {"task": task.id, "bare": each(lambda: alone.bare(rows[0]), calls, 1)}
    with RewardRunner(program, task.scene, allow_degraded=True) as runner:
        for n in BATCHES:
            some = rows[:n]
            ours, jailed = alone.evaluate(some), runner.evaluate(some)
            assert (ours.reward == jailed.reward).all(), "values differ"
            repeats = max(calls // n, 50)
            result[f"in process {n}"] = each(lambda s=some: alone.evaluate(s), repeats, n)
            result[f"jailed {n}"] = each(lambda s=some: runner.evaluate(s), repeats, n)
    return result


def each(call: Callable[[], object], repeats: int, n: int) -> float:
    """Return the median time of a call per state [us]."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e6 / n


def recorded(task: Task, n: int) -> Array:
    """Return rows of random steps."""
    venv = make_venv(task, n_envs=8, seed=0)
    venv.reset()
    rows: list[Array] = []
    while len(rows) < n:
        actions = np.stack([venv.action_space.sample() for _ in range(8)])
        rows += [info["scene"] for info in venv.step(actions)[3]]
    venv.close()
    return np.stack(rows[:n])


class Turns(Shaper):
    """Lets two take turns in scoring, and times the steps of each turn."""

    def __init__(self, alone: InProcess, jailed: RewardRunner) -> None:
        self.sides = (alone, jailed)
        self.steps, self.start = 0, 0.0
        self.times: dict[int, float] = {}

    def shape(self, batch: Transitions) -> Shaped:
        """Score, the one first and then the other, then the other way round."""
        turn, step = divmod(self.steps, TURN)
        now = time.perf_counter()
        if step == SETTLE:
            self.start = now
        if step == TURN - 1:
            self.times[turn] = (now - self.start) / (TURN - 1 - SETTLE)
        self.steps += 1
        assert batch.scene is not None
        scored = self.sides[jailed_in(turn)].evaluate(batch.scene)
        return Shaped(scored.reward, dict(zip(scored.names, scored.terms.T, strict=True)))

    def differences(self) -> Array:
        """Return what the jail adds to a step, in each pair of turns [us]."""
        pairs = [(t, t + 1) for t in self.times if t % 2 == 0 and t + 1 in self.times]
        times = [sorted(pair, key=jailed_in) for pair in pairs]
        return np.array([self.times[b] - self.times[a] for a, b in times]) * 1e6


def jailed_in(turn: int) -> bool:
    """Whether the worker scores in a turn."""
    return turn % 4 in (1, 2)


class Clock(BaseCallback):
    """Notes when rollouts begin."""

    def __init__(self, turns: Turns) -> None:
        super().__init__()
        self.turns, self.starts = turns, []

    def _on_rollout_start(self) -> None:
        self.starts.append((time.perf_counter(), self.num_timesteps))
        self.turns.steps += -self.turns.steps % (2 * TURN)

    def _on_step(self) -> bool:
        return True


def training(task: Task, program: RewardProgram, n_envs: int, seconds: float) -> dict[str, Any]:
    """Train for a while; return isolation's overhead over the program in process."""
    settings = preset("auto", task, "ppo")[2]
    gamma = settings.hyperparameters.get("gamma", 0.99)
    runner = RewardRunner(program, task.scene, allow_degraded=True)
    turns = Turns(InProcess(program, task.scene), runner)
    venv: Any = ShapedVecEnv(make_venv(task, n_envs=n_envs, seed=0), turns, gamma=gamma)
    venv = VecNormalize(venv, gamma=gamma, **(settings.normalize or {}))
    model = PPO(
        "MlpPolicy",
        venv,
        seed=0,
        device="cpu",
        policy_kwargs=dict(settings.policy_kwargs),
        **settings.hyperparameters,
    )
    clock, until = Clock(turns), time.perf_counter() + seconds
    while time.perf_counter() < until:
        model.learn(4 * model.n_steps * n_envs, callback=clock, reset_num_timesteps=False)
    venv.close()
    runner.close()
    step = rollout_step(clock.starts)
    extra = turns.differences()
    draws = np.random.default_rng(0).choice(extra, (2000, len(extra)))
    low, high = np.percentile(np.median(draws, axis=1), [2.5, 97.5])
    over = float(np.median(extra))
    share = np.array([over, low, high]) / n_envs / step
    return {
        "task": task.id,
        "n_envs": n_envs,
        "ppo_step_us": step,
        "overhead_us_per_call": over,
        "overhead_us_interval": [float(low), float(high)],
        "share": float(share[0]),
        "share_interval": share[1:].tolist(),
        "target": TARGETS[n_envs],
        "pairs": len(extra),
    }


def rollout_step(starts: list[tuple[float, int]]) -> float:
    """Return the median time of a step of one environment, updates included [us]."""
    pairs = itertools.pairwise(starts)
    return float(np.median([(b[0] - a[0]) / (b[1] - a[1]) for a, b in pairs if b[1] > a[1]])) * 1e6


def starts(task: Task, program: RewardProgram, repeats: int) -> dict[str, Any]:
    """Time readings, starts of workers and validations [ms]."""
    reading, ready = [], []
    RewardWorker(program.source, task.scene).close()
    for _ in range(repeats):
        start = time.perf_counter()
        read(program.source, task.scene)
        between = time.perf_counter()
        worker = RewardWorker(program.source, task.scene)
        end = time.perf_counter()
        worker.close()
        reading.append(between - start)
        ready.append(end - between - reading[-1])
    validate(program, task, allow_degraded=True)
    warm = [validate(program, task, allow_degraded=True).seconds for _ in range(5)]
    command = [sys.executable, "-W", "ignore", "-c", COLD, task.id]
    cold = [
        float(subprocess.run(command, input=program.source, capture_output=True, text=True).stdout)
        for _ in range(3)
    ]
    return {
        "task": task.id,
        "reading_ms": float(np.median(reading)) * 1e3,
        "fork_to_ready_ms": float(np.median(ready)) * 1e3,
        "validate_warm_s": float(np.median(warm)),
        "validate_cold_s": float(np.median(cold)),
    }


def show(result: dict[str, Any]) -> None:
    """Print Markdown tables."""
    print(f"load average at the start {result['load']:.1f}, {os.cpu_count()} processors\n")
    print("| µs per state | bare | in process, batch 1 / 8 / 256 | jailed, batch 1 / 8 / 256 |")
    print("|---|---|---|---|")
    for r in result["states"]:
        ours, jailed = (
            " / ".join(f"{r[f'{side} {n}']:.1f}" for n in BATCHES)
            for side in ("in process", "jailed")
        )
        print(f"| {r['task']} | {r['bare']:.1f} | {ours} | {jailed} |")
    print("\n| PPO | environments | step, µs | isolation adds, µs a call | of a step | target |")
    print("|---|---|---|---|---|---|")
    for r in result["training"]:
        low, high = r["overhead_us_interval"]
        first, last = r["share_interval"]
        print(
            f"| {r['task']} | {r['n_envs']} | {r['ppo_step_us']:.0f} "
            f"| {r['overhead_us_per_call']:.1f} [{low:.1f}, {high:.1f}] "
            f"| {r['share']:.1%} [{first:.1%}, {last:.1%}] | {r['target']:.0%} |"
        )
    print("\n| program for | static reading, ms | fork to ready, ms | validate warm / cold, s |")
    print("|---|---|---|---|")
    for r in result["starts"]:
        print(
            f"| {r['task']} | {r['reading_ms']:.1f} | {r['fork_to_ready_ms']:.1f} "
            f"| {r['validate_warm_s']:.2f} / {r['validate_cold_s']:.2f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="shorter trainings, fewer repeats")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    args = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # Gymnasium's checker about MetaWorld's own spaces
    seconds, calls, repeats = (5.0, 2000, 20) if args.quick else (30.0, 20_000, 100)
    result: dict[str, Any] = {
        "load": os.getloadavg()[0],
        "states": [],
        "training": [],
        "starts": [],
    }
    for id in TASKS:
        task = get_task(id)
        program = generate(task, coder="offline")[0]
        result["states"].append(states(task, program, calls))
        result["starts"].append(starts(task, program, repeats))
        for n_envs in TARGETS:
            result["training"].append(training(task, program, n_envs, seconds))
    print(json.dumps(result, indent=2)) if args.json else show(result)


if __name__ == "__main__":
    main()
