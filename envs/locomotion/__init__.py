"""Gymnasium's MuJoCo robots with typed scenes and behaviours that are measured.

Six of them are Text2Reward's, which judged them by eye: what counts as done is ours, in numbers
that options of the task may change.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import gymnasium as gym

from rewardlab.envs import simulator
from rewardlab.envs.locomotion.behaviours import BEHAVIOURS, Behaviour
from rewardlab.envs.locomotion.oracles import Paid
from rewardlab.envs.locomotion.predicates import Judged, Rule, adjusted
from rewardlab.envs.recording import SceneRecorder
from rewardlab.envs.tasks import Task, TaskEntry, horizon_of

_BY_NAME = {behaviour.name: behaviour for behaviour in BEHAVIOURS}


def behaviour_of(name: str) -> Behaviour:
    """Return a behaviour by its name."""
    return _BY_NAME[name]


def entries() -> Iterator[TaskEntry]:
    """Yield the behaviours."""
    for behaviour in BEHAVIOURS:
        goal = behaviour.goal(behaviour.rule)
        yield TaskEntry(f"locomotion/{behaviour.name}", "locomotion", goal, success=True)


def build(name: str, *, horizon: int | None = None, **thresholds: Any) -> Task:
    """Return a task.

    Args:
        name: A behaviour, e.g. `"hopper-forward"`.
        horizon: Steps per episode; the behaviour's own if not given.
        **thresholds: What counts as done, e.g. `speed=1.0`: see the behaviour's rule.

    Raises:
        ConfigError: The horizon is not positive, or a threshold is unknown or out of range.
    """
    behaviour = _BY_NAME[name]
    steps = horizon_of(horizon, behaviour.horizon)
    where = f"options of locomotion/{name}"
    rule = adjusted(behaviour.rule, thresholds, where, others=("horizon",))
    return _build(name, steps, rule, tuple(sorted(thresholds.items())))


@cache
def _build(name: str, horizon: int, rule: Rule, thresholds: tuple[tuple[str, Any], ...]) -> Task:
    behaviour = _BY_NAME[name]
    robot = behaviour.robot
    return Task(
        id=f"locomotion/{name}",
        suite="locomotion",
        goal=behaviour.goal(rule),
        scene=robot.schema,
        success=str(rule),
        oracle=behaviour.oracle_text,
        env_id=robot.env_id,
        horizon=horizon,
        make=partial(make, behaviour, rule, horizon),
        tips=behaviour.tips,
        published=behaviour.published,
        options=({} if horizon == behaviour.horizon else {"horizon": horizon}) | dict(thresholds),
    )


def make(
    behaviour: Behaviour,
    rule: Rule,
    horizon: int,
    *,
    seed: int | None,
    render_mode: str | None,
    native_reward: bool,
) -> gym.Env[Any, Any]:
    """Build the environment of a behaviour."""
    simulator.prepare(render_mode)
    robot = behaviour.robot
    env: Any = gym.make(robot.env_id, render_mode=render_mode, **behaviour.options).unwrapped
    simulator.fast_rendering(env)
    if not native_reward or behaviour.oracle:
        env._get_rew = lambda x_velocity, action: (0.0, {})
    episode = simulator.Episode(env, horizon=horizon, seed=seed)
    return record(episode, env, behaviour, rule, native_reward=native_reward)


def record(
    episode: gym.Env[Any, Any],
    simulated: Any,
    behaviour: Behaviour,
    rule: Rule,
    *,
    native_reward: bool,
) -> gym.Env[Any, Any]:
    """Record the scene of an episode of `simulated`, pay its oracle and judge it."""
    schema = behaviour.robot.schema
    env: gym.Env[Any, Any] = SceneRecorder(episode, schema, behaviour.robot.reader(simulated))
    if native_reward and behaviour.oracle:
        env = Paid(env, behaviour.oracle.make(rule, schema))
    return Judged(env, schema, rule(schema))
