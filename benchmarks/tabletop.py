"""How fast the tabletop scenes step, where the time goes, and how often they can be solved.

Steps per second of processor time on one core, without pictures, with scene recording and without
the environment's own reward, as in training. Two runs of each scene: random actions, and those of
the hand-written policy that solves it, in which hands touch things. Its own time does not count:
actions are recorded first, and a seed makes the environment meet them again. Below each, the parts
of a step in microseconds, each repeated on the states of the second run. Last, of how many episodes
that policy solves.

    python benchmarks/tabletop.py [NAME ...] [--steps 2000] [--episodes 30] [--json]
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import time
from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
from scripted import scripted

from rewardlab.envs.tabletop.env import N_SUBSTEPS
from rewardlab.envs.tabletop.table import TASKS
from rewardlab.envs.tasks import task

TARGET = 800
"""Steps per second that single-arm scenes must make on a core."""

EVERY = 10
"""Steps between states on which parts are timed."""

REPEAT = 10
"""How often each part runs on such a state; physics goes on from it."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", default=list(TASKS))
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--episodes", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = {name: measure(name, options.steps, options.episodes) for name in options.names}
    print(json.dumps(found, indent=2) if options.json else _text(found))


def measure(name: str, steps: int, episodes: int) -> dict[str, Any]:
    """Return steps per second of one scene, its parts [us] and episodes solved."""
    env = task(f"tabletop/{name}").make_env(seed=0, native_reward=False)
    solving = _record(name, steps)
    rng = np.random.default_rng(0)
    random = rng.uniform(-1.0, 1.0, (steps, *env.action_space.shape))
    return {
        "random": _speed(env, random),
        "solving": _speed(env, solving),
        "parts": _parts(env, solving[: steps // 4]),
        "solved": sum(_solved(name, seed) for seed in range(episodes)),
        "episodes": episodes,
    }


def _record(name: str, steps: int) -> np.ndarray:
    """Return the actions `(steps, n)` of the hand-written policy, episode after episode."""
    env = task(f"tabletop/{name}").make_env(native_reward=False)
    env.reset(seed=1)
    policy, actions = scripted(f"tabletop/{name}", env), []
    for _ in range(steps):
        actions.append(policy())
        if env.step(actions[-1])[3]:
            env.reset()
            policy = scripted(f"tabletop/{name}", env)
    return np.array(actions)


def _solved(name: str, seed: int) -> bool:
    """Whether the hand-written policy solves an episode."""
    env = task(f"tabletop/{name}").make_env(seed=seed, native_reward=False)
    env.reset()
    policy, over = scripted(f"tabletop/{name}", env), False
    while not over:
        *_, over, info = env.step(policy())
        if info["success"]:
            return True
    return False


def _speed(env: Any, actions: np.ndarray) -> float:
    """Return steps per second of processor time, resets included."""
    env.reset(seed=1)
    start = time.process_time()
    for action in actions:
        if env.step(action)[3]:
            env.reset()
    return len(actions) / (time.process_time() - start)


def _parts(env: Any, actions: np.ndarray) -> dict[str, float]:
    """Return the mean time of each part of a step [us]."""
    env.reset(seed=1)
    spent: dict[str, float] = {}
    for i, action in enumerate(actions):
        obs, _, _, truncated, _ = env.step(action)
        if i % EVERY == 0:
            for part, call in _calls(env.unwrapped, action, obs).items():
                spent[part] = spent.get(part, 0.0) + _time(call)
        if truncated:
            env.reset()
    n = len(range(0, len(actions), EVERY))
    return {part: 1e6 * seconds / n for part, seconds in spent.items()}


def _calls(env: Any, action: np.ndarray, obs: np.ndarray) -> dict[str, Callable[[], Any]]:
    """Return the parts of a step as calls that can be repeated: physics on a copy of the state."""
    mj, model, data = env._mujoco, env.model, env.data
    twin, out = copy(data), np.zeros(_size(env))

    def kinematics() -> None:
        mj.mj_kinematics(model, data)
        mj.mj_comPos(model, data)
        mj.mj_comVel(model, data)

    return {
        "physics": lambda: mj.mj_step(model, twin, nstep=N_SUBSTEPS),
        "control": lambda: env._act(action),
        "kinematics": kinematics,
        "contacts": env._look,
        "observation, success": lambda: (env._observe(), env._solved()),
        "scene": lambda: env.read(obs, out),
    }


def _size(env: Any) -> int:
    """Return the size of a scene block."""
    return max(at.stop for at in env._at.values())


def _time(call: Callable[[], Any]) -> float:
    start = time.process_time()
    for _ in range(REPEAT):
        call()
    return (time.process_time() - start) / REPEAT


def _text(found: dict[str, Any]) -> str:
    lines = [f"steps/s of one core's processor time (single-arm scenes: at least {TARGET})"]
    for name, row in found.items():
        lines.append(f"{name:22} random {row['random']:6.0f}   solving {row['solving']:6.0f}")
        parts = ", ".join(f"{part} {us:.0f}" for part, us in row["parts"].items())
        lines.append(f"    us: {parts}")
        lines.append(f"    solved: {row['solved']} of {row['episodes']} episodes")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
