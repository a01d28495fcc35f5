"""Manipulation on a table and with a mobile base, `tabletop/<name>`, on MuJoCo.

Scenes of our own with a Franka Panda stand in for ManiSkill2's: same members, control modes, goal
sentences and success rules; objects are made of boxes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import gymnasium as gym

from rewardlab.envs import simulator
from rewardlab.envs.recording import SceneRecorder
from rewardlab.envs.tabletop.table import TASKS
from rewardlab.envs.tasks import Task, TaskEntry, horizon_of


def entries() -> Iterator[TaskEntry]:
    """Yield the tasks."""
    for name, row in TASKS.items():
        yield TaskEntry(f"tabletop/{name}", "tabletop", row.goal, success=True)


def build(name: str, *, horizon: int | None = None) -> Task:
    """Return a task.

    Args:
        name: E.g. `"lift-cube"`.
        horizon: Steps per episode; by default as published, 100 or 200.

    Raises:
        ConfigError: The horizon is not positive.
    """
    return _build(name, horizon_of(horizon, TASKS[name].horizon))


@cache
def _build(name: str, horizon: int) -> Task:
    row = TASKS[name]
    return Task(
        id=f"tabletop/{name}",
        suite="tabletop",
        goal=row.goal,
        scene=row.schema,
        success=row.success,
        oracle=row.oracle,
        env_id=row.env.__name__,
        horizon=horizon,
        make=partial(make, name, horizon),
        tips=row.tips,
        options={} if horizon == row.horizon else {"horizon": horizon},
    )


def make(
    name: str,
    horizon: int,
    *,
    seed: int | None,
    render_mode: str | None,
    native_reward: bool,
) -> gym.Env[Any, Any]:
    """Build the environment of `tabletop/<name>`."""
    simulator.prepare(render_mode)
    row = TASKS[name]
    env = row.env(render_mode=render_mode, native_reward=native_reward)
    episode = simulator.Episode(env, horizon=horizon, seed=seed)
    return SceneRecorder(episode, row.schema, env.read)
