"""Walking bodies, moved like puppets.

A movement is a function of time that returns `qpos`; scenes are read by the suite's own readers.
`solved` and `still` are trajectories of `scripted.locomotion`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from scripted.locomotion import trajectory
from scripted.puppet import DOWNWARDS, hop, place

from playback.film import Array, Bank, rows
from rewardlab.envs.locomotion.robots import ANT, HALF_CHEETAH, HOPPER, WALKER, Robot
from rewardlab.envs.locomotion.waving import LEGS
from rewardlab.envs.tasks import Task

Movement: TypeAlias = Callable[[float], Array]

SECONDS = 4.0
HOP = 0.6
"""How long a hop takes [s]."""

SPEEDS = {"forward": 1.5, "backward": -1.5, "slow": 0.4, "fast": 4.0}
"""Forward speeds [m/s]."""


OWN = {
    "hopper-front-flip": "front-flip",
    "hopper-back-flip": "back-flip",
    "ant-lie-down": "lie",
    "ant-wave-leg": "wave-front-right",
}
"""Which trajectory is a behaviour's own; otherwise `forward`."""


def own(task: Task) -> str:
    """Return the name of the trajectory that the task itself asks for."""
    return OWN.get(task.id.partition("/")[2], "forward")


def bank(task: Task) -> Bank:
    """Play all trajectories of a locomotion task."""
    env = task.make_env(seed=0, native_reward=False)
    env.reset()
    robot = next(r for r in (ANT, HALF_CHEETAH, HOPPER, WALKER) if r.env_id == task.env_id)
    groups = _ant() if robot is ANT else _planar(robot)
    played = {
        group: {name: _play(env.unwrapped, task, robot, move) for name, move in moves.items()}
        for group, moves in groups.items()
    }
    env.close()
    name = task.id.partition("/")[2]
    real = {"solved": trajectory(name, "goal").rows, "still": trajectory(name, "nothing").rows}
    return {**played, "own": real}


def _play(env: Any, task: Task, robot: Robot, move: Movement) -> Array:
    read, dt = robot.reader(env), task.scene.dt
    blocks, actions = [], []
    for step in range(round(SECONDS / dt) + 1):
        block = np.zeros(task.scene.size)
        read(place(env, move(step * dt), move(max(step - 1, 0) * dt)), block)
        blocks.append(block)
        busy = 0.3 * math.sin(10.0 * step * dt) if np.any(env.data.qvel) else 0.0
        actions.append(np.full(task.scene.action.size, busy))
    return rows(task.scene, blocks, actions[1:])


def _planar(robot: Robot) -> Mapping[str, Mapping[str, Movement]]:
    """Robots in the vertical plane: `qpos` is x, z, pitch, then hinges."""
    n_hinges = {"Hopper-v5": 3, "HalfCheetah-v5": 6, "Walker2d-v5": 6}[robot.env_id]
    z0 = 0.0 if robot is HALF_CHEETAH else 1.25
    ground = 0.45 if robot is HALF_CHEETAH else 1.0

    def pose(x: float = 0.0, z: float = 0.0, pitch: float = 0.0, swing: float = 0.0) -> Array:
        return np.array([x, z0 + z, pitch, *(swing * (-1.0) ** i for i in range(n_hinges))])

    def gait(speed: float) -> Movement:
        return lambda t: pose(speed * t, 0.02 * math.sin(12 * t), 0.0, 0.2 * math.sin(12 * t))

    def flip(turns: float) -> Movement:
        return lambda t: pose(0.0, hop(min(t, 1.0), 0.6), turns * math.tau * min(t, 1.0))

    def fall(t: float) -> Array:
        return pose(0.2 * min(t, 1.0), -ground * min(t, 1.0), 1.5 * min(t, 1.0))

    moves: dict[str, Movement] = {name: gait(speed) for name, speed in SPEEDS.items()}
    moves |= {
        "idle": lambda t: pose(),
        "fall": fall,
        "jump": lambda t: pose(0.0, hop(t % HOP / HOP, 0.4)),
    }
    if robot is HOPPER:
        moves |= {"front-flip": flip(1.0), "back-flip": flip(-1.0)}
    return {"standing": moves}


HIPS = [leg.replace("_", "-") for leg in LEGS]
STAND, FLAT = (0.55, 1.1), (0.37, 0.52)
"""Height of the ant's torso [m] and bend of its ankles [rad], standing and lying."""


def _ant() -> Mapping[str, Mapping[str, Movement]]:
    def pose(
        x: float = 0.0, y: float = 0.0, z: float = STAND[0], bend: float = STAND[1], hips: Any = 0.0
    ) -> Array:
        joints = np.zeros(8)
        joints[0::2], joints[1::2] = hips, bend * DOWNWARDS
        return np.array([x, y, z, 1.0, 0.0, 0.0, 0.0, *joints])

    def gait(speed: float) -> Movement:
        return lambda t: pose(speed * t, z=0.56, hips=0.3 * math.sin(8 * t) * DOWNWARDS)

    def wave(leg: str) -> Movement:
        which = HIPS.index(leg)

        def move(t: float) -> Array:
            up = min(2.0 * t, 1.0)
            posed = pose(hips=np.eye(4)[which] * up * 0.4 * math.sin(2 * math.tau * t))
            posed[8 + 2 * which] = DOWNWARDS[which] * (STAND[1] + up * (FLAT[1] - STAND[1]))
            return posed

        return move

    def between(start: tuple[float, float], end: tuple[float, float]) -> Movement:
        return lambda t: pose(
            z=start[0] + min(t, 1.0) * (end[0] - start[0]),
            bend=start[1] + min(t, 1.0) * (end[1] - start[1]),
        )

    standing: dict[str, Movement] = {name: gait(speed) for name, speed in SPEEDS.items()}
    standing |= {
        "idle": lambda t: pose(),
        "sideways": lambda t: pose(0.0, 1.5 * t, 0.56, hips=0.3 * math.sin(8 * t) * DOWNWARDS),
        "jump": lambda t: pose(z=STAND[0] + hop(t % HOP / HOP, 0.4)),
        "lie": between(STAND, FLAT),
        **{f"wave-{leg}": wave(leg) for leg in HIPS},
    }
    return {
        "standing": standing,
        "down": {"rise": between(FLAT, STAND), "stay-down": between(FLAT, FLAT)},
    }
