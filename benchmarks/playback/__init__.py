"""Trajectories that are played, not learned: what programs of the composer are scored on.

`bank(task)` returns the trajectories of a task as recorded rows, in groups that begin in the same
state: `{group: {name: rows (T, D)}}`. Names are those of `composer_goals.yaml`; `solved` and
`still` are a real solution and no motion at all, from the task's own reset.
"""

from __future__ import annotations

from playback import fetch, sawyer, tabletop, walkers
from playback.film import Bank
from rewardlab.envs.tasks import Task

SUITES = {"metaworld": sawyer, "locomotion": walkers, "tabletop": tabletop, "fetch": fetch}


def bank(task: Task) -> Bank:
    """Play all trajectories of a task."""
    return SUITES[task.suite].bank(task)


def own(task: Task) -> str:
    """Return the name of the trajectory that the task itself asks for."""
    return walkers.own(task) if task.suite == "locomotion" else "goal"
