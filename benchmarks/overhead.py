"""What rewardlab costs beside a bare Stable-Baselines3 script.

Training: environment steps per second of `train` with a program by the offline composer, against
SB3 alone on the environment as its package makes it, with the same algorithm, settings,
normalisation, loggers and thread count. Both take turns; SB3's own `time/fps` is read on both
sides, so neither start-up nor the last update counts. The ratio is that of each pair of turns.

Parts: microseconds per environment step of what the platform adds at 8 environments, and their
share of a step of the bare environment. What a program itself computes is told apart by a program
that returns as many constants.

    python benchmarks/overhead.py [--algos ppo sac] [--quick] [--json]
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import csv
import json
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch

from rewardlab.design.generate import generate
from rewardlab.envs.recording import SceneRecorder
from rewardlab.envs.tasks import Task
from rewardlab.envs.tasks import task as get_task
from rewardlab.program.program import RewardProgram
from rewardlab.sandbox.runner import RewardRunner
from rewardlab.shapers.base import Shaped, Shaper
from rewardlab.training.settings import preset
from rewardlab.training.shaped import ShapedVecEnv
from rewardlab.training.train import train
from rewardlab.training.venv import SuccessVecEnv, make_venv

TASKS = ("metaworld/drawer-close", "locomotion/half-cheetah-forward")
N_ENVS = 8

TEN_OPERATIONS = {
    "metaworld/drawer-close": """
import numpy as np
def compute_dense_reward(self, action):
    hand, thing, goal = self.robot.ee_position, self.obj1.position, self.goal_position
    near = 1.0 - np.tanh(5.0 * np.linalg.norm(hand - thing))
    done = 1.0 - np.tanh(5.0 * np.linalg.norm(thing - goal))
    return near + 2.0 * done, {"near": near, "done": done}
""",
    "locomotion/half-cheetah-forward": """
import numpy as np
def compute_dense_reward(self, action):
    body = self.cheetah
    run = np.tanh(body.top.velocity_x / 2.0)
    up = np.clip(body.torso.up_vector[2], 0.0, 1.0)
    effort = -0.1 * np.square(action).mean()
    return run + 0.5 * up + effort, {"run": run, "up": up}
""",
}


def bare_env(task: str, horizon: int) -> gym.Env[Any, Any]:
    """Build the environment as a script without rewardlab would."""
    if task.startswith("locomotion/"):
        return gym.make("HalfCheetah-v5")
    import metaworld  # noqa: F401

    name = task.partition("/")[2]
    return gym.make("Meta-World/MT1", env_name=f"{name}-v3", max_episode_steps=horizon)


def bare_sb3(task: Task, algo: str, n_timesteps: int, seed: int) -> float:
    """Train with SB3 alone; return its steps per second."""
    from stable_baselines3 import PPO, SAC
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.logger import configure
    from stable_baselines3.common.vec_env import VecNormalize

    settings = preset("auto", task, algo)[2]
    with tempfile.TemporaryDirectory() as folder:
        venv = make_vec_env(lambda: bare_env(task.id, task.horizon), n_envs=N_ENVS, seed=seed)
        if settings.normalize is not None:
            gamma = settings.hyperparameters.get("gamma", 0.99)
            venv = VecNormalize(venv, gamma=gamma, **settings.normalize)
        model = {"ppo": PPO, "sac": SAC}[algo](
            "MlpPolicy",
            venv,
            seed=seed,
            device="cpu",
            policy_kwargs=dict(settings.policy_kwargs),
            **settings.hyperparameters,
        )
        model.set_logger(configure(folder, ["csv", "tensorboard"]))
        model.learn(n_timesteps, log_interval=1 if algo == "ppo" else 2 * N_ENVS)
        venv.close()
        return steps_per_second(Path(folder))


def ours(task: Task, program: RewardProgram, algo: str, n_timesteps: int, seed: int) -> float:
    """Train with rewardlab; return SB3's steps per second."""
    with tempfile.TemporaryDirectory() as folder:
        run = train(
            task,
            program,
            algo=algo,
            n_timesteps=n_timesteps,
            n_envs=N_ENVS,
            seed=seed,
            eval_freq=0,
            checkpoint_freq=0,
            out=folder,
        )
        return steps_per_second(run.path)


def steps_per_second(folder: Path) -> float:
    """Return the last rate that SB3 logged over the whole of a training."""
    with (folder / "progress.csv").open() as file:
        return [float(row["time/fps"]) for row in csv.DictReader(file) if row["time/fps"]][-1]


def compare(
    task: Task, program: RewardProgram, algo: str, n_timesteps: int, turns: int
) -> dict[str, Any]:
    """Let both train in turn, the first one alternating."""
    rates: dict[str, list[float]] = {"bare": [], "rewardlab": []}
    for turn in range(turns):
        pair: list[tuple[str, Callable[[], float]]] = [
            ("bare", lambda seed=turn: bare_sb3(task, algo, n_timesteps, seed)),
            ("rewardlab", lambda seed=turn: ours(task, program, algo, n_timesteps, seed)),
        ]
        for name, measure in pair if turn % 2 else reversed(pair):
            rates[name].append(measure())
    ratios = np.array(rates["rewardlab"]) / np.array(rates["bare"])
    return {
        "task": task.id,
        "algo": algo,
        "bare_steps_per_s": float(np.median(rates["bare"])),
        "rewardlab_steps_per_s": float(np.median(rates["rewardlab"])),
        "ratio": float(np.median(ratios)),
        "ratio_of_best": max(rates["rewardlab"]) / max(rates["bare"]),
        "ratio_min": float(ratios.min()),
        "ratio_max": float(ratios.max()),
        "turns": turns,
        "n_timesteps": n_timesteps,
    }


class Still(gym.Wrapper):
    """Answers every step with the last one, so that what stands above it can be timed."""

    def __init__(self, env: gym.Env[Any, Any], answer: tuple[Any, ...]) -> None:
        super().__init__(env)
        self.answer = answer

    def step(self, action: Any) -> Any:
        """Answer."""
        *rest, info = self.answer
        return (*rest, dict(info))


class Constant(Shaper):
    """Answers with constants, as many as a program has terms."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.shaped = Shaped(np.zeros(N_ENVS), {name: np.zeros(N_ENVS) for name in names})

    def shape(self, batch: Any) -> Shaped:
        """Answer."""
        return self.shaped


def parts(task: Task, program: RewardProgram, repeats: int) -> dict[str, Any]:
    """Time what the platform adds to a step."""
    names, jailed = scored(task, program, repeats)
    terms = ", ".join(f'"{name}": 0.0' for name in names)
    empty = f"def compute_dense_reward(self, action):\n    return 0.0, {{{terms}}}\n"
    _, transport = scored(task, RewardProgram(empty), repeats)
    _, alone = scored(task, RewardProgram(empty), repeats, between=False)
    scene = scene_read(task, repeats)
    book = bookkeeping(task, names, repeats)
    step = bare_step(task, max(repeats // 20, 50))
    platform = scene + transport + book
    return {
        "task": task.id,
        "terms": len(names),
        "env_step_us": step,
        "scene_us": scene,
        "transport_us": transport,
        "transport_alone_us": alone,
        "bookkeeping_us": book,
        "program_us": jailed - transport,
        "platform_us": platform,
        "platform_share": platform / step,
        "platform_share_alone": (scene + alone + book) / step,
        "isolated_share": (scene + transport) / step,
        "program_share": (jailed - transport) / step,
    }


def scored(
    task: Task, program: RewardProgram, repeats: int, *, between: bool = True
) -> tuple[tuple[str, ...], float]:
    """Return a program's terms and the median time that scoring a state takes.

    Measured between real environment steps, where the worker's processor has gone idle and the
    caches hold other things: several times what the same call costs when nothing comes between,
    which `between=False` measures.
    """
    venv = make_venv(task, n_envs=N_ENVS, seed=0)
    venv.reset()
    times = []
    rows = np.zeros((N_ENVS, task.scene.row_size))
    with RewardRunner(program, task.scene) as runner:
        for i in range(max(repeats // N_ENVS, 50)):
            if between or i == 0:
                actions = np.stack([venv.action_space.sample() for _ in range(N_ENVS)])
                rows = np.stack([info["scene"] for info in venv.step(actions)[3]])
            start = time.perf_counter()
            names = runner.evaluate(rows).names
            times.append(time.perf_counter() - start)
    venv.close()
    return names, float(np.median(times)) * 1e6 / N_ENVS


def scene_read(task: Task, repeats: int) -> float:
    """Return the cost of recording one scene, over an environment that stands still."""
    env: Any = task.make_env(seed=0)
    env.reset()
    action = env.action_space.sample()
    env.step(action)
    recorder = env
    while not isinstance(recorder, SceneRecorder):
        recorder = recorder.env
    recorder.env = Still(recorder.env, recorder.env.step(action))
    below = microseconds(lambda: recorder.env.step(action), repeats)
    return microseconds(lambda: recorder.step(action), repeats) - below


def bookkeeping(task: Task, names: tuple[str, ...], repeats: int) -> float:
    """Return the cost per environment of gathering rows, and of writing terms into infos."""
    venv: Any = make_venv(task, n_envs=N_ENVS, seed=0)
    lowest = venv.venv if isinstance(venv, SuccessVecEnv) else venv
    shaped = ShapedVecEnv(venv, Constant(names), gamma=0.99)
    shaped.reset()
    actions = np.stack([venv.action_space.sample() for _ in range(N_ENVS)])
    obs, rewards, dones, infos = lowest.step(actions)
    lowest.step_async = lambda actions: None
    lowest.step_wait = lambda: (obs, rewards, dones, [dict(info) for info in infos])
    below = microseconds(lambda: lowest.step(actions), repeats)
    above = microseconds(lambda: shaped.step(actions), repeats)
    shaped.close()
    return (above - below) / N_ENVS


def bare_step(task: Task, repeats: int) -> float:
    """Return the cost of a step of the environment as SB3's vectorisation runs it."""
    from stable_baselines3.common.env_util import make_vec_env

    venv = make_vec_env(lambda: bare_env(task.id, task.horizon), n_envs=N_ENVS, seed=0)
    venv.reset()
    actions = np.stack([venv.action_space.sample() for _ in range(N_ENVS)])
    cost = microseconds(lambda: venv.step(actions), repeats, blocks=20) / N_ENVS
    venv.close()
    return cost


def microseconds(call: Callable[[], object], repeats: int, blocks: int = 30) -> float:
    """Return the time of a call in the least disturbed of many blocks [us]."""
    times = []
    for _ in range(blocks):
        start = time.perf_counter()
        for _ in range(max(repeats // blocks, 1)):
            call()
        times.append((time.perf_counter() - start) / max(repeats // blocks, 1))
    return min(times) * 1e6


_COLUMNS = (
    "env_step_us",
    "scene_us",
    "transport_us",
    "transport_alone_us",
    "bookkeeping_us",
    "program_us",
    "platform_us",
)


def show(result: dict[str, Any]) -> None:
    """Print both tables."""
    print("\nTraining, environment steps per second (median), 8 environments, 1 thread")
    print(
        f"{'task':34}{'algo':5}{'bare SB3':>10}{'rewardlab':>11}{'ratio':>8}"
        "   [least, most] of the turns; of the fastest"
    )
    for r in result["training"]:
        print(
            f"{r['task']:34}{r['algo']:5}{r['bare_steps_per_s']:10,.0f}{r['rewardlab_steps_per_s']:11,.0f}"
            f"{r['ratio']:8.3f}   [{r['ratio_min']:.3f}, {r['ratio_max']:.3f}] of {r['turns']}; "
            f"{r['ratio_of_best']:.3f}"
        )
    print("\nWhat is added to a step, microseconds per environment at 8 environments")
    heads = (
        "env step",
        "scene",
        "transport",
        "(alone)",
        "shaping",
        "program",
        "platform",
        "share",
        "(alone)",
    )
    print(f"{'task, program':46}" + "".join(f"{h:>10}" for h in heads))
    for r in result["parts"]:
        numbers = "".join(f"{r[key]:10.1f}" for key in _COLUMNS)
        label = f"{r['task']}, {r['program']}"
        print(f"{label:46}{numbers}{r['platform_share']:10.1%}{r['platform_share_alone']:10.1%}")
    print(
        "platform = scene + transport with isolation + shaping (gathering rows, infos, sums);\n"
        "transport is measured between environment steps; (alone) when nothing comes between;\n"
        "share = platform of a step of the bare environment; program = its own arithmetic"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter turns")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--turns", type=int, default=0, help="pairs of trainings per task")
    parser.add_argument("--algos", nargs="+", choices=("ppo", "sac"), default=["ppo", "sac"])
    args = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # Gymnasium's checker about MetaWorld's own spaces
    turns = args.turns or (2 if args.quick else 7)
    n = 16_384 if args.quick else 24_576  # SAC logs after 16 episodes of 1,000 steps
    result: dict[str, Any] = {"training": [], "parts": []}
    for id in TASKS:
        task = get_task(id)
        composed = generate(task, coder="offline")[0]
        for name, program in (
            ("ten operations", RewardProgram(TEN_OPERATIONS[id])),
            ("composed", composed),
        ):
            measured = parts(task, program, 600 if args.quick else 6_000)
            result["parts"].append({**measured, "program": name})
        for algo in args.algos:
            result["training"].append(compare(task, composed, algo, n, turns))
    print(json.dumps(result, indent=2)) if args.json else show(result)


if __name__ == "__main__":
    main()
