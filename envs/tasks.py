"""Tasks by id: `task("metaworld/drawer-open")`, and the list of those that are known by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.util import find_spec
from inspect import signature
from typing import TYPE_CHECKING, Any, Protocol

import gymnasium as gym

from rewardlab.config import check_keys
from rewardlab.errors import ConfigError, MissingExtra, UnknownName
from rewardlab.program.program import RewardProgram
from rewardlab.program.schema import Schema

if TYPE_CHECKING:
    from rewardlab.envs.batch import PoolMaker


class EnvMaker(Protocol):
    """Builds the environment of a task, wrapped so that it records scenes and success."""

    def __call__(
        self, *, seed: int | None, render_mode: str | None, native_reward: bool
    ) -> gym.Env[Any, Any]:
        """Build it."""
        ...


@dataclass(frozen=True, eq=False)
class Task:
    """A robot task: its environment, its scene and its own measure of success.

    Attributes:
        id: `<suite>/<name>`.
        suite: What comes before the slash.
        goal: What is to be done, as a person would say it.
        scene: What a reward program may see.
        success: When an episode counts as solved, in words; `None` if the task has no such signal.
        oracle: What the environment's own dense reward is; `None` if it has none.
        env_id: Name of the environment underneath.
        horizon: Steps after which an episode is truncated.
        make: Builds the environment.
        make_pool: Builds many of them in a faster engine that was shown to do the same; `None` if
            there is none.
        success_program: A predicate given by the user, evaluated in the jail, instead of a signal
            of the environment.
        tips: Facts about this task that a writer of rewards should know, a sentence each.
        published: Whether the goal sentence is that of a publication rather than our own.
        options: What `task` was called with, so that `task(id, **options)` builds it again.
    """

    id: str
    suite: str
    goal: str
    scene: Schema
    success: str | None
    oracle: str | None
    env_id: str
    horizon: int
    make: EnvMaker
    make_pool: PoolMaker | None = None
    success_program: RewardProgram | None = None
    tips: tuple[str, ...] = ()
    published: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)

    def make_env(
        self,
        *,
        seed: int | None = None,
        render_mode: str | None = None,
        native_reward: bool = True,
    ) -> gym.Env[Any, Any]:
        """Build the environment.

        Each `info` carries `scene (row_size,)` and, where the environment itself knows,
        `success: bool`, the signal at that step; an episode is solved if any of its steps is.

        Args:
            seed: Fixes the sequence of resets, goals included.
            render_mode: `"rgb_array"` for video.
            native_reward: Compute the environment's own reward; without it rewards are 0.
        """
        return self.make(seed=seed, render_mode=render_mode, native_reward=native_reward)

    def describe(self) -> str:
        """Return the scene description that a coder sees."""
        from rewardlab.envs.describe import describe

        return describe(self)


@dataclass(frozen=True)
class TaskEntry:
    """What `rewardlab tasks` shows without building anything.

    Attributes:
        id: `<suite>/<name>`.
        suite: What comes before the slash.
        goal: Its sentence.
        success: Whether it tells when it is solved.
        available: Whether the suite's package is installed.
        extra: The extra that brings that package, where it is missing.
        published: Whether it is one of the 24 of Text2Reward (`Task.published` is about the words).
    """

    id: str
    suite: str
    goal: str
    success: bool
    available: bool = True
    extra: str | None = None
    published: bool = False


@dataclass(frozen=True)
class Suite:
    """Where the tasks of one prefix come from.

    Attributes:
        module: Has `entries() -> Iterable[TaskEntry]` and `build(name, **options) -> Task`.
        requires: Import name of the package it needs.
        extra: The extra that brings that package.
    """

    module: str
    requires: str = "mujoco"
    extra: str | None = None

    @property
    def available(self) -> bool:
        """Whether its package is installed."""
        return find_spec(self.requires) is not None


SUITES: dict[str, Suite] = {
    "metaworld": Suite("rewardlab.envs.metaworld", "metaworld", "metaworld"),
    "locomotion": Suite("rewardlab.envs.locomotion"),
    "tabletop": Suite("rewardlab.envs.tabletop", "gymnasium_robotics", "robotics"),
    "fetch": Suite("rewardlab.envs.fetch", "gymnasium_robotics", "robotics"),
    "kitchen": Suite("rewardlab.envs.kitchen", "gymnasium_robotics", "robotics"),
    "maniskill": Suite("rewardlab.envs.maniskill", "mani_skill", "maniskill"),
    "tabular": Suite("rewardlab.envs.tabular", "gymnasium"),
    "gym": Suite("rewardlab.envs.anygym", "gymnasium"),
}


_PUBLISHED = {
    "metaworld": "window-open window-close door-close drawer-open drawer-close door-unlock "
    "sweep-into button-press handle-press handle-press-side handle-pull",
    "tabletop": "lift-cube pick-cube stack-cube turn-faucet open-cabinet-door open-cabinet-drawer "
    "push-chair",
    "locomotion": "hopper-forward hopper-front-flip hopper-back-flip ant-forward ant-lie-down "
    "ant-wave-leg",
}
PUBLISHED = frozenset(
    f"{suite}/{name}" for suite in _PUBLISHED for name in _PUBLISHED[suite].split()
)
"""The 24 tasks of Text2Reward: 17 of manipulation, stack-cube, six behaviours."""


def tasks() -> Iterator[TaskEntry]:
    """Yield all tasks known by name, suite by suite (`gym/<EnvId>` takes any registered id)."""
    for suite in SUITES.values():
        yield from _entries(suite)


def task(id: str, **options: Any) -> Task:
    """Return a task by id.

    Args:
        id: `<suite>/<name>`, see `rewardlab tasks`; `gym/<EnvId>` for any registered environment.
        **options: Options of the suite, e.g. `horizon=500`.

    Raises:
        UnknownName: No such suite or task; the message lists the closest ids.
        MissingExtra: The suite's package is not installed.
        ConfigError: The suite has no such option, or refuses its value.
    """
    prefix, _, name = id.partition("/")
    suite = SUITES.get(prefix)
    if suite is None or not name:
        raise UnknownName("task", id, [e.id for e in tasks()], "See: rewardlab tasks")
    known = [e.id for e in _entries(suite)]
    if prefix != "gym" and id not in known:
        raise UnknownName("task", id, known, "See: rewardlab tasks")
    if not suite.available:
        raise MissingExtra(f"{prefix} tasks", suite.extra or suite.requires)
    build: Callable[..., Task] = import_module(suite.module).build
    parameters = signature(build).parameters
    if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        # a suite whose options depend on the task checks them itself
        check_keys(options, [p for p in parameters if p != "name"], f"options of {prefix} tasks")
    return build(name, **options)


def horizon_of(asked: int | None, default: int) -> int:
    """Return the steps per episode: what is asked for, else the default.

    Raises:
        ConfigError: What is asked for is no number of steps.
    """
    if asked is not None and not (isinstance(asked, int) and asked >= 1):
        raise ConfigError(f"horizon={asked!r}: give a number of steps, at least 1")
    return default if asked is None else asked


def scene_of(id: str) -> Schema | None:
    """Return the scene of a task known by name, `None` if it is none or cannot be built here.

    Other tasks, which files of libraries may name, are not built: `gym/<module>:<EnvId>` would
    import a stranger's module.
    """
    known = any(entry.id == id and entry.available for entry in tasks())
    return task(id).scene if known else None


def _entries(suite: Suite) -> Iterator[TaskEntry]:
    for entry in import_module(suite.module).entries():
        entry = replace(entry, published=entry.id in PUBLISHED)
        yield entry if suite.available else replace(entry, available=False, extra=suite.extra)
