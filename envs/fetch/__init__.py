"""The Fetch tasks of gymnasium-robotics, `fetch/<name>`: reach, push, slide, pick and place.

Success is the environment's own flag, the oracle its own dense reward; the goal sentences are ours.
Scenes have the names of the Panda's cube tasks (`envs/tabletop`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import TYPE_CHECKING

from rewardlab.envs import simulator
from rewardlab.envs.fetch.table import TASKS
from rewardlab.envs.listed import entries_of, listed
from rewardlab.envs.tasks import Task, TaskEntry, horizon_of

if TYPE_CHECKING:
    from rewardlab.envs.fetch.env import FetchEpisode

HORIZON = 50
ORACLE = (
    "the environment's own dense reward, minus the distance to the goal: of the hand in reach, "
    "else of what is moved; about -1 to 0 per step"
)


def entries() -> Iterator[TaskEntry]:
    """Yield the tasks."""
    return entries_of("fetch", TASKS)


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
    return listed(
        f"fetch/{name}",
        row,
        partial(start, name),
        horizon=horizon,
        usual=HORIZON,
        oracle=ORACLE,
        env_id=row.env_id,
        tips=row.tips,
        published=False,
    )


def start(name: str, *, render_mode: str | None, native_reward: bool) -> FetchEpisode:
    """Build the environment of `fetch/<name>`, which always computes its reward."""
    simulator.prepare(render_mode)
    from rewardlab.envs.fetch.env import FetchEpisode
    from rewardlab.envs.robotics import load

    row = TASKS[name]
    return FetchEpisode(load(*row.source)(reward_type="dense", render_mode=render_mode), row.schema)
