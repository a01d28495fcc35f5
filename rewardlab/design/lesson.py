"""What a teacher shows, recorded once: no program takes part, and any can be judged by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from rewardlab.envs.experts import Expert, expert_of
from rewardlab.envs.metaworld.snapshots import restore, snapshot
from rewardlab.envs.scene import Array

if TYPE_CHECKING:
    from rewardlab.envs.tasks import Task

NOISE = (0.0, 0.1, 0.3, 0.6, 1.0)
"""Shares of uniform noise in the expert's actions; the last is a random policy."""
Index = npt.NDArray[np.int64]


class Episode(NamedTuple):
    """An episode of the ladder.

    Attributes:
        noise: Share of noise in its actions.
        rows: `(T,)` which rows of the lesson it is.
        success: Whether it was solved.
    """

    noise: float
    rows: Index
    success: bool


class Prefix(NamedTuple):
    """A step of an expert's episode, taken again with other actions.

    Attributes:
        step: Its number.
        expert: `(h,)` rows of the expert's action, held for `h` steps.
        others: `(M, h)` rows of random ones.
    """

    step: int
    expert: Index
    others: Index


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a teacher shows.

    Attributes:
        rows: `(N, D)` recorded rows.
        episodes: Of the ladder, by noise.
        prefixes: Of one expert's episode.
    """

    rows: Array
    episodes: tuple[Episode, ...]
    prefixes: tuple[Prefix, ...]


def record_lesson(
    task: Task,
    *,
    seed: int = 0,
    episodes: int = 5,
    steps: int = 200,
    prefixes: int = 24,
    actions: int = 16,
    hold: int = 1,
) -> Lesson | None:
    """Record a lesson; `None` if the task has no expert.

    Args:
        task: The task.
        seed: Fixes everything.
        episodes: Episodes at each level of noise.
        steps: Steps of each.
        prefixes: Steps of the expert's first episode at which other actions are tried.
        actions: Random actions tried at each.
        hold: Steps for which an action is held there, 1 to 10: one may be too short to tell.
    """
    expert = expert_of(task)
    if expert is None:
        return None
    rng = np.random.default_rng(seed)
    recorder = _Recorder(task, expert, rng)
    steps = min(steps, task.horizon)
    try:
        ladder = tuple(
            recorder.episode(noise, steps, seed + i) for noise in NOISE for i in range(episodes)
        )
        at = np.unique(np.linspace(0, steps - 1 - hold, prefixes).astype(int))
        tried = recorder.prefixes(set(at.tolist()), steps, actions, hold, seed)
    finally:
        recorder.env.close()
    return Lesson(np.array(recorder.rows), ladder, tried)


class _Recorder:
    """Collects rows."""

    def __init__(self, task: Task, expert: Expert, rng: np.random.Generator) -> None:
        self.env = task.make_env(seed=0, native_reward=False)
        self.rows: list[Array] = []
        self._expert, self._rng = expert, rng
        assert isinstance(self.env.action_space, gym.spaces.Box)
        self._space = self.env.action_space

    def episode(self, noise: float, steps: int, seed: int) -> Episode:
        obs, _ = self.env.reset(seed=seed)
        first, success = len(self.rows), False
        for _ in range(steps):
            mixed = (1.0 - noise) * self._expert(obs) + noise * self._random()
            obs, solved = self._step(mixed)
            success |= solved
        return Episode(noise, np.arange(first, len(self.rows)), success)

    def prefixes(
        self, at: set[int], steps: int, actions: int, hold: int, seed: int
    ) -> tuple[Prefix, ...]:
        obs, _ = self.env.reset(seed=seed)
        found = []
        for step in range(steps):
            action = self._expert(obs)
            if step in at:
                found.append(self._prefix(step, action, actions, hold))
            obs = self.env.step(action)[0]
        return tuple(found)

    def _prefix(self, step: int, action: Array, n: int, hold: int) -> Prefix:
        moment = snapshot(self.env)
        tried = [action, *(self._random() for _ in range(n))]
        rows = np.array([self._held(one, hold, moment) for one in tried])
        restore(self.env, moment)
        return Prefix(step, rows[0], rows[1:])

    def _held(self, action: Array, hold: int, moment: Any) -> Index:
        restore(self.env, moment)
        first = len(self.rows)
        for _ in range(hold):
            self._step(action)
        return np.arange(first, len(self.rows))

    def _step(self, action: Array) -> tuple[Array, bool]:
        obs, _, _, _, info = self.env.step(action)
        self.rows.append(info["scene"])
        return obs, bool(info.get("success", False))

    def _random(self) -> Array:
        return self._rng.uniform(self._space.low, self._space.high)
