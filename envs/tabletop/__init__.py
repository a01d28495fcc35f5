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
from rewardlab.envs.listed import entries_of, listed
from rewardlab.envs.tabletop.table import TASKS
from rewardlab.envs.tasks import Task, TaskEntry, horizon_of


def entries() -> Iterator[TaskEntry]:
    """Yield the tasks."""
    return entries_of("tabletop", TASKS)


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
    return listed(
        f"tabletop/{name}",
        row,
        partial(start, name),
        horizon=horizon,
        usual=row.horizon,
        oracle=row.oracle,
        env_id=row.env.__name__,
        tips=row.tips,
    )


def start(name: str, *, render_mode: str | None, native_reward: bool) -> gym.Env[Any, Any]:
    """Build the environment of `tabletop/<name>`."""
    simulator.prepare(render_mode)
    return TASKS[name].env(render_mode=render_mode, native_reward=native_reward)
