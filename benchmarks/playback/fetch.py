"""Fetch, played by editing like the tabletop: the hand, and the block or puck that goes along."""

from __future__ import annotations

import numpy as np

from playback.film import Array, Bank
from playback.tabletop import Edit, Set, carry, course, film, solve
from rewardlab.envs.tasks import Task

TABLE = 0.4
"""Height of the table [m]."""


def bank(task: Task) -> Bank:
    """Play all trajectories of a Fetch task."""
    block = _begin(task)
    goal = Set(task, block).get("goal_position").copy()
    start = np.add(goal, (-0.08, 0.06, 0.1))
    if task.id in ("fetch/push", "fetch/slide"):
        start[2] = goal[2]
    ends = {"goal": goal, "opposite": 2.0 * start - goal, "idle": start}
    if task.id == "fetch/pick-and-place":
        ends["opposite"] = np.array((*start[:2], TABLE + 0.025))
        start[2] = max(start[2], TABLE + 0.1)
        ends["idle"] = start
    between = {name: film(task, block, _edit(task, start, end)) for name, end in ends.items()}
    own = {"solved": solve(task), "still": film(task, block, lambda stage, step: None)}
    return {"between": between, "own": own}


def _begin(task: Task) -> Array:
    """Return the scene of a reset; where a block may be held, with a goal well above the table."""
    env = task.make_env(seed=0, native_reward=False)
    above = TABLE + 0.15 if task.id == "fetch/pick-and-place" else 0.0
    while True:
        block: Array = env.reset()[1]["scene"][: task.scene.size]
        if Set(task, block).get("goal_position")[2] > above:
            env.close()
            return block


def _edit(task: Task, start: Array, end: Array) -> Edit:
    if task.id == "fetch/pick-and-place":
        return carry("cubeA", start, end, release=end[2] < TABLE + 0.03)
    way = course(start, end)

    def edit(stage: Set, step: int) -> None:
        stage.hand(way[step], 0.0)
        if "cubeA.pose" in stage.schema.layout:
            stage.move("cubeA", way[step])

    return edit
