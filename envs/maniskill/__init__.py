"""ManiSkill3's own environments as an optional suite, `maniskill/<EnvId>`.

They need the extra `maniskill` and Vulkan. `tabletop/` has the same scenes without either; what
runs there is what this project tests and trains.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import gymnasium as gym

from rewardlab.envs import simulator
from rewardlab.envs.maniskill.table import NO_VISUALS, TASKS
from rewardlab.envs.recording import SceneRecorder
from rewardlab.envs.tasks import Task, TaskEntry, horizon_of
from rewardlab.errors import ConfigError

HORIZON = 50


def entries() -> Iterator[TaskEntry]:
    """Yield the tasks."""
    for name, row in TASKS.items():
        yield TaskEntry(f"maniskill/{name}", "maniskill", row.goal, success=True)


def build(name: str, *, horizon: int | None = None, visuals: bool = True) -> Task:
    """Return a task.

    Args:
        name: Its id in ManiSkill, e.g. `"PickCube-v1"`.
        horizon: Steps per episode; by default 50, as theirs.
        visuals: False leaves out what would be drawn, so that Vulkan is not needed: to describe
            and validate only.

    Raises:
        ConfigError: The horizon is not positive, or `visuals` is no truth value.
    """
    if not isinstance(visuals, bool):
        raise ConfigError(f"visuals={visuals!r}: give True or False")
    return _build(name, horizon_of(horizon, HORIZON), visuals)


@cache
def _build(name: str, horizon: int, visuals: bool) -> Task:
    row = TASKS[name]
    asked: dict[str, Any] = {} if horizon == HORIZON else {"horizon": horizon}
    return Task(
        id=f"maniskill/{name}",
        suite="maniskill",
        goal=row.goal,
        scene=row.schema,
        success=row.success,
        oracle=f"ManiSkill's own dense reward, up to {row.best} per step",
        env_id=name,
        horizon=horizon,
        make=partial(make, name, horizon, visuals),
        tips=row.tips if visuals else (NO_VISUALS, *row.tips),
        published=row.published,
        options=asked if visuals else {**asked, "visuals": False},
    )


def make(
    name: str,
    horizon: int,
    visuals: bool,
    *,
    seed: int | None,
    render_mode: str | None,
    native_reward: bool,
) -> gym.Env[Any, Any]:
    """Build the environment of `maniskill/<name>`."""
    from rewardlab.envs.maniskill.env import ManiSkillEpisode
    from rewardlab.envs.maniskill.env import build as build_env

    row = TASKS[name]
    theirs = build_env(name, horizon, visuals=visuals, render_mode=render_mode)
    env = ManiSkillEpisode(theirs, row)
    episode = simulator.Episode(env, horizon=horizon, seed=seed, native_reward=native_reward)
    return SceneRecorder(episode, row.schema, env.read)
