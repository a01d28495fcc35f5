"""What does a C++ engine save, and what would another backend for gradient steps?

Vector environments as training uses them, under random actions, resets and scene recording
included, without and with the environment's own reward, in steps per second of processor time; two
of EnvPool's Gymnasium environments beside our tasks on the same robot. Then gradient steps of SB3's
SAC and of sbx's (JAX; left out where sbx is not installed) at equal settings, compiling apart.

    python benchmarks/engines.py [--steps 8000] [--updates 200] [--json]
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import argparse
import json
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import gymnasium as gym
import numpy as np

from rewardlab.envs.metaworld.pool import EQUAL
from rewardlab.envs.tasks import task
from rewardlab.training.recipes import RECIPES, TEXT2REWARD
from rewardlab.training.venv import make_venv

TASKS = tuple(id for id in TEXT2REWARD if id.partition("/")[2] in EQUAL)
GYMNASIUM = {"HalfCheetah-v5": "half-cheetah-forward", "Ant-v5": "ant-forward"}
N_ENVS = 16
NETS = {"2 x 128, batch 256": ([128] * 2, 256), "3 x 256, batch 512": ([256] * 3, 512)}
"""Ours and the paper's."""

Stepper = Callable[[np.ndarray], Any]


def rate(step: Stepper, shape: tuple[int, ...], steps: int) -> float:
    """Return steps per second of processor time; a tenth as many go before, uncounted."""
    actions = np.random.default_rng(0).uniform(-1.0, 1.0, (64, *shape)).astype(np.float32)
    n = steps // shape[0]
    for i in range(n // 10):
        step(actions[i % 64])
    start = time.process_time()
    for i in range(n):
        step(actions[i % 64])
    return n * shape[0] / (time.process_time() - start)


def metaworld(id: str, steps: int) -> dict[str, float]:
    """Return the rates of a task, with the horizon of the recipe `fast`."""
    recipe = RECIPES["fast"](id)
    found = {}
    for engine in ("envpool", "python"):
        for native in (False, True):
            made = task(id, horizon=recipe.horizon if recipe else None)
            venv = make_venv(made, n_envs=N_ENVS, seed=0, engine=engine, native_reward=native)
            venv.reset()
            name = f"{engine}, with reward" if native else engine
            found[name] = rate(venv.step, (N_ENVS, 4), steps)
            venv.close()
    return found


def mujoco(id: str, steps: int) -> dict[str, float]:
    """Return the rates of EnvPool's environment and of our task on Gymnasium's."""
    import envpool

    venv = make_venv(
        task(f"locomotion/{GYMNASIUM[id]}"), n_envs=N_ENVS, seed=0, native_reward=False
    )
    shape = (N_ENVS, *(venv.action_space.shape or ()))
    pool = envpool.make_gymnasium(id, num_envs=N_ENVS, seed=0, num_threads=1)
    venv.reset()
    pool.reset()
    found = {"envpool": rate(pool.step, shape, steps), "python": rate(venv.step, shape, steps)}
    venv.close()
    pool.close()
    return found


def updates(n: int) -> dict[str, dict[str, float]]:
    """Return gradient steps per second of processor time, by network and library."""
    from stable_baselines3 import SAC

    makers: dict[str, Any] = {"sb3": SAC}
    if find_spec("sbx") is not None:
        makers["sbx"] = import_module("sbx").SAC
    return {
        name: {library: _updates(maker, net, size, n) for library, maker in makers.items()}
        for name, (net, size) in NETS.items()
    }


def _updates(maker: Any, net: list[int], batch_size: int, n: int) -> float:
    env = gym.wrappers.TimeLimit(_Still(), 100)
    model = maker(
        *("MlpPolicy", env),
        policy_kwargs={"net_arch": net},
        batch_size=batch_size,
        learning_starts=2 * batch_size,
        train_freq=2 * batch_size,
        gradient_steps=n,
        seed=0,
    )
    model.learn(2 * batch_size + 1)  # fills the buffer; the first updates compile
    spent = []
    train = model.train

    def timed(*args: Any, **kwargs: Any) -> None:
        start = time.process_time()
        train(*args, **kwargs)
        spent.append(time.process_time() - start)

    model.train = timed
    model.learn(4 * batch_size, reset_num_timesteps=False)
    return n / min(spent)


class _Still(gym.Env[Any, Any]):
    """Spaces of a MetaWorld task, and nothing in them that costs time."""

    observation_space = gym.spaces.Box(-1.0, 1.0, (39,), np.float32)
    action_space = gym.spaces.Box(-1.0, 1.0, (4,), np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """Return an observation."""
        super().reset(seed=seed)
        return self.np_random.uniform(-1.0, 1.0, 39).astype(np.float32), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Return another."""
        obs = self.np_random.uniform(-1.0, 1.0, 39).astype(np.float32)
        return obs, float(action[0]), False, False, {}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=8_000)
    parser.add_argument("--updates", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = {
        "steps per cpu s": {
            **{id: metaworld(id, args.steps) for id in TASKS},
            **{id: mujoco(id, args.steps) for id in GYMNASIUM},
        },
        "updates per cpu s": updates(args.updates),
    }
    print(json.dumps(found, indent=1) if args.json else _text(found))


def _text(found: dict[str, dict[str, dict[str, float]]]) -> str:
    lines = []
    for unit, rows in found.items():
        for name, rates in rows.items():
            cells = ", ".join(f"{what} {value:,.0f}" for what, value in rates.items())
            lines.append(f"{unit}  {name:<30} {cells}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
