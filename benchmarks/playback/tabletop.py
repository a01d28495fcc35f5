"""Tabletop scenes, played by editing: things go their way, and what holds them goes along.

Each trajectory begins with the scene of a real reset, in which the thing is put in between: a cube
in the hand above the table, a joint half-way to its target. The arm's own joints are left alone.
`solved` is what the scripted policy does, with all physics.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from scripted import scripted

from playback.film import HOLD, MOVE, Array, Bank, ramp, rows
from rewardlab.envs.tasks import Task

Edit: TypeAlias = Callable[["Set", int], None]

STEPS = MOVE + HOLD
HELD, FREE = (1.0, 1.0, 5.0, 5.0), (0.0, 0.0, 180.0, 180.0)
"""Contact of both fingers: impulses [N s], angles [deg]."""

SEAT = 0.45
"""Height at which a chair is pushed [m]."""


class Set:
    """A scene block that is edited by path, e.g. `"cubeA.pose"`."""

    def __init__(self, task: Task, block: Array) -> None:
        self.schema, self.block = task.scene, block.copy()

    def get(self, path: str) -> Array:
        """Return a view of a field's numbers."""
        slot = self.schema.layout[path]
        return self.block[slot.start : slot.stop]

    def put(self, path: str, value: Any, start: int = 0) -> None:
        """Set a field's numbers from `start` on, if the scene has it."""
        if path in self.schema.layout:
            flat = np.ravel(value)
            self.get(path)[start : start + len(flat)] = flat

    def move(self, thing: str, place: Any) -> None:
        """Put a thing somewhere; its velocity follows."""
        before = self.get(f"{thing}.pose")[:3].copy()
        self.put(f"{thing}.pose", place)
        self.put(f"{thing}.velocity", (np.asarray(place) - before) / self.schema.dt)

    def hand(self, place: Any, openness: float) -> None:
        """Put the point between the fingertips somewhere."""
        place = np.asarray(place)
        for path, aside in (("lfinger", 0.02), ("rfinger", -0.02)):
            self.put(f"robot.{path}.pose", np.add(place, (0.0, aside * (1.0 + openness), 0.0)))
        mobile = "robot._ee_coords" in self.schema.layout
        self.put("robot.ee_pose", np.add(place, (0.0, 0.0, 0.1)) if mobile else place)
        if mobile:
            n = len(self.get("robot._ee_coords")) // 3
            self.put("robot._ee_coords", place + 0.02 * np.arange(n)[:, None] * (0.0, 1.0, 0.0))
        self.put("robot.gripper_openness", openness)


def bank(task: Task) -> Bank:
    """Play all trajectories of a tabletop task."""
    env = task.make_env(seed=0, native_reward=False)
    block = env.reset()[1]["scene"][: task.scene.size]
    env.close()
    scripts = SCRIPTS[task.id.partition("/")[2]](Set(task, block))
    played = {
        group: {name: film(task, block, edit) for name, edit in edits.items()}
        for group, edits in scripts.items()
    }
    own = {"solved": solve(task), "still": film(task, block, _idle)}
    return {**played, "own": own}


def solve(task: Task) -> Array:
    """Return the first rows that solve a task by its scripted policy, in full physics."""
    for seed in range(5):
        env = task.make_env(seed=seed, native_reward=False)
        env.reset()
        act, seen, solved, over = scripted(task.id, env), [], False, False
        while not over:
            *_, over, info = env.step(act())
            seen.append(info["scene"])
            solved = solved or info["success"]
        env.close()
        if solved:
            return np.array(seen)
    raise AssertionError(f"{task.id}: its scripted policy fails")


def film(task: Task, block: Array, edit: Edit) -> Array:
    """Return the rows of a scene that is edited step by step."""
    stage, blocks = Set(task, block), []
    for step in range(STEPS + 1):
        edit(stage, step)
        blocks.append(stage.block.copy())
    return rows(task.scene, blocks, np.zeros((STEPS, task.scene.action.size)))


def course(start: Any, end: Any) -> Array:
    """Return a way from start to end `(STEPS + 1, …)`."""
    start = np.asarray(start, dtype=float)
    return np.concatenate((start[None], ramp(start, end)))


def carry(cube: str, start: Any, end: Any, *, release: bool = False) -> Edit:
    """Carry a cube in the hand; at the end, perhaps, open the hand and leave."""
    way = course(start, end)

    def edit(stage: Set, step: int) -> None:
        let_go = release and step > MOVE
        stage.move(cube, way[step])
        away = (0.0, 0.0, 0.1 * min((step - MOVE) / 10, 1.0)) if let_go else (0.0, 0.0, 0.0)
        stage.hand(way[step] + away, 1.0 if let_go else 0.5)
        stage.put(f"{cube}._grasp", FREE if let_go else HELD)

    return edit


def _idle(stage: Set, step: int) -> None:
    """Do nothing."""


def _lift(stage: Set) -> Mapping[str, Mapping[str, Edit]]:
    x, y = stage.get("cubeA.pose")[:2]
    start, half = (x, y, 0.1), 0.02
    return {
        "air": {
            "goal": carry("cubeA", start, (x, y, 0.2 + half + 0.01)),
            "opposite": carry("cubeA", start, (x, y, half), release=True),
            "idle": carry("cubeA", start, start),
        }
    }


def _pick(stage: Set) -> Mapping[str, Mapping[str, Edit]]:
    goal = stage.get("goal_position").copy()
    start = np.add(goal, (0.08, -0.08, 0.05))
    return {
        "air": {
            "goal": carry("cubeA", start, goal),
            "opposite": carry("cubeA", start, (*start[:2], 0.02), release=True),
            "idle": carry("cubeA", start, start),
        }
    }


def _stack(stage: Set) -> Mapping[str, Mapping[str, Edit]]:
    a, b = (stage.get(f"{cube}.pose")[:3].copy() for cube in ("cubeA", "cubeB"))
    up, air = np.array((0.0, 0.0, 0.04)), np.add(b, (0.06, 0.06, 0.1))
    return {
        "air": {
            "goal": carry("cubeA", air, b + up, release=True),
            "opposite": carry("cubeA", air, (*air[:2], 0.02), release=True),
            "idle": carry("cubeA", air, air),
        },
        "table": {
            "swapped": carry("cubeB", b, a + up, release=True),
            "stacked": carry("cubeA", a, b + up, release=True),
            "nothing": _idle,
        },
    }


def _turn(thing: str) -> Callable[[Set], Mapping[str, Mapping[str, Edit]]]:
    """Return the script of something with a handle and a joint."""

    def script(stage: Set) -> Mapping[str, Mapping[str, Edit]]:
        target = float(stage.get(f"{thing}.handle.target_qpos")[0])
        half = 0.5 * target
        ends = {"goal": 1.05 * target, "opposite": 0.0, "idle": half}
        return {"between": {name: _joint(thing, half, end) for name, end in ends.items()}}

    return script


def _joint(thing: str, start: float, end: float) -> Edit:
    way = course(start, end)

    def edit(stage: Set, step: int) -> None:
        before = float(stage.get(f"{thing}.handle.qpos")[0])
        stage.put(f"{thing}.handle.qpos", way[step])
        stage.put(f"{thing}.qpos", way[step])
        stage.put(f"{thing}.handle.qvel", (way[step] - before) / stage.schema.dt)
        if step:
            stage.move(f"{thing}.handle", _led(stage, thing, way[step] - before))
        stage.hand(stage.get(f"{thing}.handle.pose")[:3], 0.3)
        stage.put(f"{thing}.handle._grasp", HELD)

    return edit


def _led(stage: Set, thing: str, by: float) -> Array:
    """Return where a handle is after its joint went on: drawers on a line, others on circles."""
    handle = stage.get(f"{thing}.handle.pose")[:3].copy()
    slot = stage.schema.layout[f"{thing}.handle.qpos"]
    if slot.field.unit == "m":
        return np.subtract(handle, (by, 0.0, 0.0))
    aside = handle - stage.get(f"{thing}.pose")[:3]
    c, s = math.cos(by), math.sin(by)
    turned = (c * aside[0] - s * aside[1], s * aside[0] + c * aside[1], aside[2])
    return stage.get(f"{thing}.pose")[:3] + turned


def _chair(stage: Set) -> Mapping[str, Mapping[str, Edit]]:
    start = stage.get("chair.pose")[:2].copy()
    target = stage.get("target_xy").copy()
    ends = {"goal": target, "opposite": 1.8 * start - 0.8 * target, "idle": start}
    return {
        "away": {
            **{name: _push(course(start, end), 0.0) for name, end in ends.items()},
            "tipped": _push(course(start, start), 1.4),
        }
    }


def _push(way: Array, tilt: float) -> Edit:
    tilts = course(0.0, tilt)

    def edit(stage: Set, step: int) -> None:
        by = way[step] - stage.get("chair.pose")[:2]
        stage.move("chair", (*way[step], stage.get("chair.pose")[2]))
        a = tilts[step] / 2
        stage.put("chair.pose", (math.cos(a), math.sin(a), 0.0, 0.0), start=3)
        stage.get("chair._links").reshape(-1, 7)[:, :2] += by
        stage.hand((*way[step] - (0.0, 0.2), SEAT), 0.0)

    return edit


SCRIPTS: Mapping[str, Callable[[Set], Mapping[str, Mapping[str, Edit]]]] = {
    "lift-cube": _lift,
    "pick-cube": _pick,
    "stack-cube": _stack,
    "turn-faucet": _turn("faucet"),
    "open-cabinet-door": _turn("cabinet"),
    "open-cabinet-drawer": _turn("cabinet"),
    "push-chair": _chair,
}
