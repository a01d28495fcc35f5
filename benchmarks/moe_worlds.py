"""Mixtures of tasks that disagree: the same observation asks for opposed actions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

Obs = npt.NDArray[np.float32]


class Opposed(gym.ActionWrapper[Obs, Any, Any]):
    """Turns every action into its opposite: the other direction, or the negative torque."""

    def action(self, action: Any) -> Any:
        """Return what the environment is told."""
        if isinstance(self.action_space, spaces.Discrete):
            return self.action_space.n - 1 - action
        return -action


class TaskId(gym.ObservationWrapper[Obs, Any, Obs]):
    """Appends the one-hot index of a task to observations `(n,)`.

    Args:
        env: One task.
        index: Its index.
        n_tasks: Number of tasks.
    """

    def __init__(self, env: gym.Env[Obs, Any], index: int, n_tasks: int) -> None:
        super().__init__(env)
        self.one_hot = np.eye(n_tasks, dtype=np.float32)[index]
        box = env.observation_space
        assert isinstance(box, spaces.Box)
        self.observation_space = spaces.Box(
            np.concatenate([box.low, np.zeros(n_tasks)]).astype(np.float32),
            np.concatenate([box.high, np.ones(n_tasks)]).astype(np.float32),
        )

    def observation(self, observation: Obs) -> Obs:
        """Return the observation with the task behind it."""
        return np.concatenate([observation, self.one_hot]).astype(np.float32)


class Solved(gym.Wrapper[Any, Any, Any, Any]):
    """Tells in `info["is_success"]` whether any step of the episode so far was a success."""

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        """Begin an episode, unsolved."""
        self._solved = False
        return self.env.reset(**kwargs)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step, and remember a success."""
        obs, reward, terminated, truncated, info = self.env.step(action)
        self._solved |= bool(info.get("success", False))
        return obs, reward, terminated, truncated, {**info, "is_success": self._solved}


class Mixture(NamedTuple):
    """A set of tasks with one observation and action space.

    Attributes:
        tasks: Makes each task, without its index, by its name.
        measure: What is measured of an episode: `"return"` or `"success"`.
        solved: Mean of the measure over tasks from which a mixture counts as solved.
    """

    tasks: dict[str, Callable[[], gym.Env[Any, Any]]]
    measure: str
    solved: float

    def make(self, index: int) -> gym.Env[Obs, Any]:
        """Return task `index`, which tells its index in its observations."""
        task = list(self.tasks.values())[index]
        return TaskId(task(), index, len(self.tasks))


def cart_pole(*, opposed: bool, length: float) -> gym.Env[Any, Any]:
    """Return CartPole-v1 with a pole of half-length `length` [m]."""
    env = gym.make("CartPole-v1")
    world: Any = env.unwrapped
    world.length, world.polemass_length = length, world.masspole * length
    return Opposed(env) if opposed else env


def pendulum(*, opposed: bool, gravity: float) -> gym.Env[Any, Any]:
    """Return Pendulum-v1 under a gravity [m/s²]."""
    env = gym.make("Pendulum-v1", g=gravity)
    return Opposed(env) if opposed else env


def metaworld(name: str) -> gym.Env[Any, Any]:
    """Return a MetaWorld task with its own dense reward."""
    from rewardlab.envs.tasks import task

    return Solved(task(f"metaworld/{name}").make_env())


MIXTURES = {
    "cartpole": Mixture(
        {
            f"{'opposed ' * opposed}{length:g} m": partial(
                cart_pole, opposed=opposed, length=length
            )
            for opposed in (False, True)
            for length in (0.5, 1.0)
        },
        measure="return",
        solved=475.0,
    ),
    "pendulum": Mixture(
        {
            f"{'opposed ' * opposed}{gravity:g} m/s²": partial(
                pendulum, opposed=opposed, gravity=gravity
            )
            for opposed in (False, True)
            for gravity in (10.0, 7.0)
        },
        measure="return",
        solved=-200.0,
    ),
    "metaworld": Mixture(
        {
            name: partial(metaworld, name)
            for name in ("window-close", "drawer-close", "button-press")
        },
        measure="success",
        solved=0.9,
    ),
}
