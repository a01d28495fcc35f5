"""ManiSkill3's own environments as an optional suite, `maniskill/<EnvId>`.

They need the extra `maniskill` and Vulkan. `tabletop/` has the same scenes without either; what
runs there is what this project tests and trains.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import TYPE_CHECKING

from rewardlab.envs.listed import entries_of, listed
from rewardlab.envs.maniskill.table import NO_VISUALS, TASKS
from rewardlab.envs.tasks import Task, TaskEntry, horizon_of
from rewardlab.errors import ConfigError

if TYPE_CHECKING:
    from rewardlab.envs.maniskill.env import ManiSkillEpisode

HORIZON = 50


def entries() -> Iterator[TaskEntry]:
    """Yield the tasks."""
    return entries_of("maniskill", TASKS)


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
    return listed(
        f"maniskill/{name}",
        row,
        partial(start, name, horizon, visuals),
        horizon=horizon,
        usual=HORIZON,
        options={} if visuals else {"visuals": False},
        oracle=f"ManiSkill's own dense reward, up to {row.best} per step",
        env_id=name,
        tips=row.tips if visuals else (NO_VISUALS, *row.tips),
        published=row.published,
    )


def start(
    name: str, horizon: int, visuals: bool, *, render_mode: str | None, native_reward: bool
) -> ManiSkillEpisode:
    """Build the environment of `maniskill/<name>`, which always computes its reward."""
    from rewardlab.envs.maniskill.env import ManiSkillEpisode
    from rewardlab.envs.maniskill.env import build as build_env

    theirs = build_env(name, horizon, visuals=visuals, render_mode=render_mode)
    return ManiSkillEpisode(theirs, TASKS[name])
