"""Gymnasium's MuJoCo robots with typed scenes and behaviours that are measured."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import gymnasium as gym

from rewardlab.envs import simulator
from rewardlab.envs.locomotion.behaviours import BEHAVIOURS, Behaviour
from rewardlab.envs.locomotion.predicates import Judged
from rewardlab.envs.recording import SceneRecorder
from rewardlab.envs.tasks import Task, TaskEntry
from rewardlab.errors import ConfigError

_BY_NAME = {behaviour.name: behaviour for behaviour in BEHAVIOURS}


def entries() -> Iterator[TaskEntry]:
    """Yield the behaviours."""
    for behaviour in BEHAVIOURS:
        yield TaskEntry(f"locomotion/{behaviour.name}", "locomotion", behaviour.goal, success=True)


def build(name: str, *, horizon: int = 1000) -> Task:
    """Return a task.

    Args:
        name: A behaviour, e.g. `"hopper-forward"`.
        horizon: Steps per episode.

    Raises:
        ConfigError: The horizon is not positive.
    """
    if not (isinstance(horizon, int) and horizon >= 1):
        raise ConfigError(f"horizon={horizon!r}: give a number of steps, at least 1")
    return _build(name, horizon)


@cache
def _build(name: str, horizon: int) -> Task:
    behaviour = _BY_NAME[name]
    robot = behaviour.robot
    return Task(
        id=f"locomotion/{name}",
        suite="locomotion",
        goal=behaviour.goal,
        scene=robot.schema,
        success=str(behaviour.success),
        oracle=f"the reward of {robot.env_id}",
        env_id=robot.env_id,
        horizon=horizon,
        make=partial(make, name, horizon),
        tips=(*robot.tips, "The goal sentence is our own, none was published for this task."),
        options={} if horizon == 1000 else {"horizon": horizon},
    )


def make(
    name: str,
    horizon: int,
    *,
    seed: int | None,
    render_mode: str | None,
    native_reward: bool,
) -> gym.Env[Any, Any]:
    """Build the environment of `locomotion/<name>`."""
    simulator.prepare(render_mode)
    behaviour: Behaviour = _BY_NAME[name]
    robot = behaviour.robot
    options = {**robot.options, **behaviour.options}
    env: Any = gym.make(robot.env_id, render_mode=render_mode, **options).unwrapped
    simulator.fast_rendering(env)
    if not native_reward:
        env._get_rew = lambda x_velocity, action: (0.0, {})
    episode = simulator.Episode(env, horizon=horizon, seed=seed)
    recorder = SceneRecorder(episode, robot.schema, robot.reader(env))
    return Judged(recorder, robot.schema, behaviour.success(robot.schema))
