"""Rewards that are a table, paid in place of the extrinsic one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import gymnasium as gym
import numpy as np

from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.envs.tabular.toy_text import from_toy_text
from rewardlab.errors import UsageError
from rewardlab.shapers.abstract import Abstraction, Numbers
from rewardlab.shapers.base import Array, Mode, Shaped, Shaper, Transitions

if TYPE_CHECKING:
    from rewardlab.envs.tasks import Task
    from rewardlab.program.program import RewardProgram


def same_gamma(asked: float | None, designed: float) -> float:
    """Return the discount of a design; raise `UsageError` if another one is asked for."""
    if asked is not None and asked != designed:
        raise UsageError(
            f"the reward was designed for gamma {designed:g}, not {asked:g}: design it for the "
            "discount of the algorithm"
        )
    return designed


class Tabled(Shaper):
    """Pays `reward[cell, action]` in place of the extrinsic reward."""

    mode: ClassVar[Mode] = "replace"

    def __init__(
        self, shape: tuple[int, int], abstraction: Abstraction | None, gamma: float | None
    ) -> None:
        if abstraction is not None and shape not in (
            abstraction.shape,
            (abstraction.shape[0] + 1, abstraction.shape[1]),
        ):
            raise UsageError(
                f"the table has (states, actions) = {shape}, the abstraction {abstraction.shape}"
            )
        self.abstraction, self.gamma, self._shape = abstraction, gamma, shape
        self.reward: Array = np.zeros(shape)
        if abstraction is None:
            self.needs = frozenset({"discrete_obs", "discrete_actions"})

    def bind(
        self,
        observation_space: gym.Space[Any],
        action_space: gym.Space[Any],
        *,
        gamma: float,
        n_envs: int,
        seed: int,
    ) -> None:
        """Learn about the algorithm; the table must fit its spaces.

        Raises:
            UsageError: It does not.
        """
        super().bind(observation_space, action_space, gamma=gamma, n_envs=n_envs, seed=seed)
        if self.abstraction is None:
            self.abstraction = _numbers(self._shape, observation_space, action_space)
        self.abstraction.fit_spaces(observation_space, action_space)

    def shape(self, batch: Transitions) -> Shaped:
        """Return R(s, a) `(B,)`."""
        assert self.abstraction is not None
        rows, columns = self.abstraction.cells(batch.obs), self.abstraction.actions(batch.action)
        return Shaped(self.reward[rows, columns], {})

    def rules(self) -> str:
        """Return the table as text: one line per cell of a tree, with what it pays.

        Raises:
            UsageError: It was not designed on a tree.
        """
        from rewardlab.shapers.rules import rule_table

        return rule_table(self.abstraction, self.reward)

    def program(self, task: Task) -> RewardProgram:
        """Return a reward program for a task that pays what the table pays.

        Raises:
            UsageError: It was not designed on a tree, the task does not show its observation to
                programs, or the tree has more cells than a program may.
        """
        from rewardlab.shapers.rules import program

        return program(self.abstraction, self.reward, task)

    def state_dict(self) -> dict[str, Any]:
        """Return the table."""
        return {"reward": self.reward.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        if np.shape(state["reward"]) != self._shape:
            raise UsageError(
                f"the saved table has shape {np.shape(state['reward'])}, this design "
                f"{self._shape}: continue with the design that the run began with"
            )
        self.reward = np.array(state["reward"])


def mdp_of(env: gym.Env[Any, Any], *, gamma: float | None = None) -> TabularMDP:
    """Return the MDP that an environment exposes: a published one, or Gymnasium's toy text.

    Args:
        env: The environment.
        gamma: Discount; the published one by default, .99 for toy text.

    Raises:
        UsageError: It exposes none.
    """
    known = getattr(env.unwrapped, "mdp", None)
    if not isinstance(known, TabularMDP) or not isinstance(
        env.observation_space, gym.spaces.Discrete
    ):
        return from_toy_text(env, gamma=0.99 if gamma is None else gamma)
    return known if gamma is None else replace(known, gamma=gamma)


def task_mdp(task: Task, gamma: float | None) -> TabularMDP:
    """Return the MDP that a task's environment exposes, with another discount if one is given.

    Raises:
        UsageError: It exposes none.
    """
    env = task.make(seed=0, render_mode=None, native_reward=True)
    try:
        return mdp_of(env, gamma=gamma)
    except UsageError as error:
        raise UsageError(
            f"{task.id} has no exact table of transitions: name a tabular/… task, or design from a "
            "trained policy with rewardlab.shapers.teacher.Teacher"
        ) from error
    finally:
        env.close()


def _numbers(
    shape: tuple[int, int], observation: gym.Space[Any], action: gym.Space[Any]
) -> Abstraction:
    """Return rows and columns of integers, or say why a table (S, A) does not fit them."""
    for name, space in (("observations", observation), ("actions", action)):
        if not isinstance(space, gym.spaces.Discrete):
            raise UsageError(
                f"a designed table needs integers as {name}, not {space}; on others design from a "
                "trained policy with rewardlab.shapers.teacher.Teacher"
            )
    n_states, n_actions = int(observation.n), int(action.n)  # type: ignore[attr-defined]
    if shape not in ((n_states, n_actions), (n_states + 1, n_actions)):
        raise UsageError(
            f"the table has (states, actions) = {shape}, the environment {(n_states, n_actions)}"
        )
    first = int(observation.start)  # type: ignore[attr-defined]
    return Abstraction(
        Numbers(n_states, first),
        Numbers(n_actions, int(action.start)),  # type: ignore[attr-defined]
        np.arange(first, first + n_states),
    )
