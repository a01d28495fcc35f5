"""The Fetch tasks of gymnasium-robotics, `fetch/<name>`: reach, push, slide, pick and place.

Success is the environment's own flag, the oracle its own dense reward; the goal sentences are ours.
Scenes have the names of the Panda's cube tasks (`envs/tabletop`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import gymnasium as gym

from rewardlab.envs import simulator
from rewardlab.envs.fetch.table import TASKS
from rewardlab.envs.recording import SceneRecorder
from rewardlab.envs.tasks import Task, TaskEntry, horizon_of

HORIZON = 50
ORACLE = (
    "the environment's own dense reward, minus the distance to the goal: of the hand in reach, "
    "else of what is moved; about -1 to 0 per step"
)


def entries() -> Iterator[TaskEntry]:
    """Yield the tasks."""
    for name, row in TASKS.items():
        yield TaskEntry(f"fetch/{name}", "fetch", row.goal, success=True)


def build(name: str, *, horizon: int | None = None) -> Task:
    """Return a task.

    Args:
        name: E.g. `"push"`.
        horizon: Steps per episode; by default 50, as theirs.

    Raises:
        ConfigError: The horizon is not positive.
    """
    return _build(name, horizon_of(horizon, HORIZON))


@cache
def _build(name: str, horizon: int) -> Task:
    row = TASKS[name]
    return Task(
        id=f"fetch/{name}",
        suite="fetch",
        goal=row.goal,
        scene=row.schema,
        success=row.success,
        oracle=ORACLE,
        env_id=row.env_id,
        horizon=horizon,
        make=partial(make, name, horizon),
        tips=row.tips,
        published=False,
        options={} if horizon == HORIZON else {"horizon": horizon},
    )


def make(
    name: str,
    horizon: int,
    *,
    seed: int | None,
    render_mode: str | None,
    native_reward: bool,
) -> gym.Env[Any, Any]:
    """Build the environment of `fetch/<name>`."""
    simulator.prepare(render_mode)
    from rewardlab.envs.fetch.env import FetchEpisode
    from rewardlab.envs.robotics import load

    row = TASKS[name]
    fetch = load(*row.source)(reward_type="dense", render_mode=render_mode)
    env = FetchEpisode(fetch, row.schema)
    episode = simulator.Episode(env, horizon=horizon, seed=seed, native_reward=native_reward)
    return SceneRecorder(episode, row.schema, env.read)
