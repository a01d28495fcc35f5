"""Suites whose tasks stand in a table: what is the same in all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Protocol

import gymnasium as gym

from rewardlab.envs import simulator
from rewardlab.envs.recording import SceneRecorder
from rewardlab.envs.tasks import Task, TaskEntry
from rewardlab.program.schema import Schema


class Row(Protocol):
    """A task in a table."""

    @property
    def goal(self) -> str:
        """What is to be done."""

    @property
    def success(self) -> str:
        """When it is."""

    @property
    def schema(self) -> Schema:
        """The scene."""


class Start(Protocol):
    """Builds an environment that has `read`, which fills in its scene."""

    def __call__(self, *, render_mode: str | None, native_reward: bool) -> Any:
        """Build it."""
        ...


def entries_of(suite: str, rows: Mapping[str, Row]) -> Iterator[TaskEntry]:
    """Yield the tasks of a table."""
    for name, row in rows.items():
        yield TaskEntry(f"{suite}/{name}", suite, row.goal, success=True)


def listed(
    id: str,
    row: Row,
    start: Start,
    *,
    horizon: int,
    usual: int,
    options: Mapping[str, Any] | None = None,
    **facts: Any,
) -> Task:
    """Return the task of a row.

    Args:
        id: `<suite>/<name>`.
        row: The row.
        start: Builds its environment.
        horizon: Steps per episode.
        usual: Steps per episode if nothing is said.
        options: Further options that the task was built with.
        **facts: The other fields of `Task`.
    """
    return Task(
        id=id,
        suite=id.partition("/")[0],
        goal=row.goal,
        scene=row.schema,
        success=row.success,
        horizon=horizon,
        make=partial(recorded, start, row.schema, horizon),
        options={**({} if horizon == usual else {"horizon": horizon}), **(options or {})},
        **facts,
    )


def recorded(
    start: Start,
    scene: Schema,
    horizon: int,
    *,
    seed: int | None,
    render_mode: str | None,
    native_reward: bool,
) -> gym.Env[Any, Any]:
    """Build an environment as seeded episodes that record their scene."""
    env = start(render_mode=render_mode, native_reward=native_reward)
    episode = simulator.Episode(env, horizon=horizon, seed=seed, native_reward=native_reward)
    return SceneRecorder(episode, scene, env.read)
