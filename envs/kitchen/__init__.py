"""The Franka kitchen of gymnasium-robotics, one task for each of its subtasks: `kitchen/<subtask>`.

Success is the environment's own criterion for that subtask alone. It has no dense reward: the
oracle is ours, and so are the goal sentences.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import TYPE_CHECKING

from rewardlab.envs import simulator
from rewardlab.envs.kitchen.table import TASKS, TIPS
from rewardlab.envs.listed import entries_of, listed
from rewardlab.envs.tasks import Task, TaskEntry, horizon_of

if TYPE_CHECKING:
    from rewardlab.envs.kitchen.env import KitchenEpisode

HORIZON = 280
ORACLE = (
    "ours, as the environment has none that is dense: closeness of the tool to the handle, and "
    "part of the way done; 0 to 6 per step"
)


def entries() -> Iterator[TaskEntry]:
    """Yield the tasks."""
    return entries_of("kitchen", TASKS)


def build(name: str, *, horizon: int | None = None) -> Task:
    """Return a task.

    Args:
        name: E.g. `"microwave"`.
        horizon: Steps per episode; by default 280, as theirs.

    Raises:
        ConfigError: The horizon is not positive.
    """
    return _build(name, horizon_of(horizon, HORIZON))


@cache
def _build(name: str, horizon: int) -> Task:
    row = TASKS[name]
    return listed(
        f"kitchen/{name}",
        row,
        partial(start, name),
        horizon=horizon,
        usual=HORIZON,
        oracle=ORACLE,
        env_id="FrankaKitchen-v1",
        tips=(row.tip, *TIPS),
        published=False,
    )


def start(name: str, *, render_mode: str | None, native_reward: bool) -> KitchenEpisode:
    """Build the environment of `kitchen/<name>`."""
    simulator.prepare(render_mode)
    from rewardlab.envs.kitchen.env import KitchenEpisode
    from rewardlab.envs.robotics import load

    row = TASKS[name]
    kitchen = load("franka_kitchen.kitchen_env", "KitchenEnv")(
        tasks_to_complete=[row.name],
        terminate_on_tasks_completed=False,
        remove_task_when_completed=False,
        render_mode=render_mode,
    )
    return KitchenEpisode(kitchen, row, native_reward=native_reward)
