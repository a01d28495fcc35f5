"""Scripted trajectories of every behaviour: its goal reached, the opposite, and nothing.

The robots are led along a path of poses (no forces, no control): scene, contacts and success are
read by the same code as in a simulated episode. So a reward program can be judged without training
a policy: of one for `locomotion/hopper-front-flip` the return on `"goal"` should be the highest.

```python
from scripted.locomotion import OUTCOMES, trajectory
done = trajectory("hopper-front-flip", "goal")      # rows (T, D) of the task's scene, success (T,)
```

| behaviour | goal | opposite | nothing |
|---|---|---|---|
| `*-forward` | moves forward | moves backward | stands |
| `hopper-front-flip`, `hopper-back-flip` | jumps and turns once | turns the other way | stands |
| `ant-lie-down` | stretches its legs | stands up higher | stands |
| `ant-wave-leg` | waves the leg on the other three | waves the leg across | stands |
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from rewardlab.envs import simulator
from rewardlab.envs.locomotion import behaviour_of, record
from rewardlab.envs.locomotion.predicates import adjusted
from rewardlab.envs.locomotion.waving import LEGS
from rewardlab.envs.scene import Array
from scripted.puppet import DOWNWARDS, hop, place

Outcome: TypeAlias = Literal["goal", "opposite", "nothing"]
OUTCOMES: tuple[Outcome, ...] = ("goal", "opposite", "nothing")

_SIGN = {"goal": 1.0, "opposite": -1.0, "nothing": 0.0}


class Trajectory(NamedTuple):
    """A played episode.

    Attributes:
        rows: `(T, D)` recorded rows, that of the reset first; actions are 0.
        success: `(T,)` the task's signal at each of them.
        facts: What the predicate measured at the end.
    """

    rows: Array
    success: npt.NDArray[np.bool_]
    facts: dict[str, float]


def trajectory(name: str, outcome: Outcome, **thresholds: Any) -> Trajectory:
    """Play a behaviour of `locomotion/` and return what was recorded.

    Args:
        name: The behaviour, e.g. `"ant-wave-leg"`.
        outcome: Whether its goal is reached, the opposite, or nothing is done.
        **thresholds: Options of its task, e.g. `leg="back_left"`.
    """
    env = playback(name, outcome, **thresholds)
    _, info = env.reset()
    rows, success = [info["scene"]], [False]
    over = False
    while not over:
        _, _, _, over, info = env.step(np.zeros(env.action_space.shape or ()))
        rows.append(info["scene"])
        success.append(info["success"])
    env.close()
    return Trajectory(np.array(rows), np.array(success), info["facts"])


def playback(name: str, outcome: Outcome, **thresholds: Any) -> gym.Env[Any, Any]:
    """Return an environment that follows the path, whatever the action, and records and judges."""
    simulator.prepare()
    behaviour = behaviour_of(name)
    rule = adjusted(behaviour.rule, thresholds, f"options of locomotion/{name}")
    robot = behaviour.robot
    env: Any = gym.make(robot.env_id, **behaviour.options).unwrapped
    path = _path(name, _Body(env), outcome, getattr(rule, "leg", ""))
    return record(_Playback(env, path), env, behaviour, rule, native_reward=False)


class _Playback(gym.Wrapper[Any, Any, Any, Any]):
    """Lead a MuJoCo robot along poses `(T, nq)`, one per control step."""

    def __init__(self, env: Any, path: Array) -> None:
        super().__init__(env)
        self._robot, self._path, self._t = env, path, 0

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        _, info = self.env.reset(**kwargs)
        self._t = 0
        return self._place(), info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self._t += 1
        return self._place(), 0.0, False, self._t == len(self._path) - 1, {}

    def _place(self) -> Any:
        return place(self._robot, self._path[self._t], self._path[max(0, self._t - 1)])


class _Body:
    """What paths need to know of a robot."""

    def __init__(self, env: Any) -> None:
        self._env = env
        self.dt: float = env.dt
        ant = env.model.nq == 15
        self.height = 2 if ant else 1
        start = env.init_qpos.copy()
        if ant:
            start[8::2] = BENT * DOWNWARDS
        self.start: Array = self.grounded(start)

    def grounded(self, qpos: Array) -> Array:
        """Return a pose moved up or down until its lowest point presses on the floor."""
        env = self._env
        env.set_state(qpos, np.zeros(env.model.nv))
        moved = qpos.copy()
        moved[self.height] -= min(self._lowest(i) for i in range(1, env.model.ngeom)) + PRESS
        return moved

    def _lowest(self, geom: int) -> float:
        """Return how far a sphere or capsule reaches down; the floor is geom 0."""
        model, data = self._env.model, self._env.data
        radius, half_length = model.geom_size[geom, :2]
        along = abs(data.geom_xmat[geom, 8]) * half_length
        return float(data.geom_xpos[geom, 2] - along - radius)


PRESS = 1e-3
"""How deep a foot that stands is in the floor, so that it touches it [m]."""

BENT = 1.0
"""How far the Ant's ankles are bent down as it stands; their range is 0.52 to 1.22 [rad]."""


def _path(name: str, body: _Body, outcome: Outcome, leg: str) -> Array:
    sign = _SIGN[outcome]
    makers: dict[str, Callable[[], Array]] = {
        "hopper-front-flip": lambda: _flip(body, sign),
        "hopper-back-flip": lambda: _flip(body, -sign),
        "ant-lie-down": lambda: _sink(body, sign),
        "ant-wave-leg": lambda: _wave(body, leg, outcome),
    }
    return makers.get(name, lambda: _travel(body, 1.5 * sign))()


def _times(seconds: float, body: _Body) -> list[float]:
    return [i * body.dt for i in range(round(seconds / body.dt) + 1)]


def _travel(body: _Body, speed: float) -> Array:
    """Move along x with a bounce, for longer than any predicate asks; at speed 0 stand."""

    def pose(t: float) -> Array:
        qpos = body.start.copy()
        qpos[0] += speed * t
        qpos[body.height] += 0.05 * abs(math.sin(6.0 * t)) * (speed != 0.0)
        return qpos

    return np.array([pose(t) for t in _times(11.0, body)])


def _flip(body: _Body, sign: float) -> Array:
    """Stand, jump 0.6 m high with one turn about the pitch axis, stand again."""
    begin, flight = 0.3, 0.7

    def pose(t: float) -> Array:
        qpos = body.start.copy()
        share = min(max((t - begin) / flight, 0.0), 1.0)
        qpos[1] += hop(share, 0.6) * abs(sign)
        qpos[2] += sign * 2 * math.pi * share
        return qpos

    return np.array([pose(t) for t in _times(1.6, body)])


def _bent(body: _Body, hips: Sequence[float], ankles: Sequence[float]) -> Array:
    """Return the Ant on the floor with hip angles and with ankles so far down [rad]."""
    qpos = body.start.copy()
    qpos[7::2] = hips
    qpos[8::2] = ankles * DOWNWARDS
    return body.grounded(qpos)


def _sink(body: _Body, sign: float) -> Array:
    """Stretch the legs within a second (sign 1), or stand up on them (sign -1), and stay."""

    def pose(t: float) -> Array:
        share = min(t, 1.0)
        target = {1.0: 0.52, 0.0: BENT, -1.0: 1.22}[sign]
        return _bent(body, [0.0] * 4, [BENT + share * (target - BENT)] * 4)

    return np.array([pose(t) for t in _times(3.0, body)])


def _wave(body: _Body, leg: str, outcome: Outcome) -> Array:
    """Raise a leg and swing its hip once a second; the opposite is to do so with the leg across."""
    which = LEGS.index(leg)
    if outcome == "opposite":
        which = (which + 2) % 4
    waves = outcome != "nothing"

    def pose(t: float) -> Array:
        hips, ankles = [0.0] * 4, [BENT] * 4
        if waves:
            hips[which] = 0.4 * math.sin(2 * math.pi * t)
            ankles[which] -= 0.48 * min(2 * t, 1.0)
        return _bent(body, hips, ankles)

    return np.array([pose(t) for t in _times(6.0, body)])
