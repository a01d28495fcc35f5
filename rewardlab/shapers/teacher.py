"""A teacher from a trained policy: designed rewards for tasks that are no tables.

A new construction after *Explicable Reward Design* (NeurIPS 2021), whose abstraction of states it
carries over to continuous control; no published numbers exist for it. Values and actions of the
policy partition observations into cells, its and random actions give prototypes, episodes in which
prototypes are held give an MDP over both (`rewardlab.shapers.macro`), and rewards designed there
are paid by cell and prototype. They keep what is optimal on that MDP, in the task itself only
approximately; a potential keeps it exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import gymnasium as gym
import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from rewardlab.errors import UsageError
from rewardlab.shapers import exprd
from rewardlab.shapers.abstract import Abstraction, Numbers, Prototypes, Tree
from rewardlab.shapers.base import Array
from rewardlab.shapers.designed import ExpRD
from rewardlab.shapers.lessons import Episode, Lessons
from rewardlab.shapers.macro import Macro, estimate
from rewardlab.shapers.potential import Potential
from rewardlab.shapers.redesigned import ExpAdaRD
from rewardlab.shapers.view import PolicyView

MOST_PAIRS = 1_500
"""Cells times prototypes: designs solve dense problems of that size."""
SHARES = (0.0, 0.5, 0.8, 1.0)
"""Chances of a held prototype, episode by episode: the expert's own, noised ones, random ones."""
EXAMPLES = 16
"""Observations per cell where a learner is asked what it does."""


@dataclass(frozen=True)
class Teacher:
    """What a trained policy can teach.

    Attributes:
        view: The policy.
        gamma: Its discount.
        steps: k, steps of a macro step.
        returned: Mean episode return of the policy.
        random: That of random actions.
        calibration: Correlation of its critic's values with returns, on held-out episodes.
        abstraction: Cells and prototypes.
        macro: The MDP of macro steps over them.
        values: `(K,)` mean value of each cell.
    """

    view: PolicyView
    gamma: float
    steps: int
    returned: float
    random: float
    calibration: float
    abstraction: Abstraction
    macro: Macro
    values: Array

    @classmethod
    def from_model(
        cls,
        model: BaseAlgorithm,
        env: gym.Env[Any, Any],
        *,
        n_cells: int = 48,
        n_prototypes: int = 5,
        hold: int = 5,
        macro: int = 5,
        n_steps: int = 40_000,
        episodes: int = 20,
        seed: int = 0,
    ) -> Teacher:
        """Make a teacher of a Stable-Baselines3 model.

        ```python
        teacher = Teacher.from_model(PPO.load("expert.zip"), gym.make("CartPole-v1"))
        model.learn(10_000, callback=attach(model, teacher.exprd()))
        ```

        Args:
            model: PPO, A2C, SAC, TD3, DDPG or DQN, trained.
            env: One environment as the model knows it, before any `VecNormalize`.
            n_cells: K, most leaves of the tree.
            n_prototypes: M, of continuous actions; discrete ones are their own.
            hold: h, steps for which a prototype is held.
            macro: k >= h, steps after which the next one is; the policy acts in between.
            n_steps: Steps from which the MDP is estimated, at least.
            episodes: Episodes in which the policy is compared with random actions, 2 or more;
                twice as many for its critic.
            seed: Of everything that is drawn; the same gives the same teacher.

        Raises:
            UsageError: The policy is not better than random actions, its critic's values do not
                correlate with returns, its spaces are not supported, or K·M is too large.
            MissingExtra: scikit-learn is not installed.
        """
        _check(env, n_cells, n_prototypes, hold, macro)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return cls._learned(
                PolicyView(model),
                env,
                n_cells=n_cells,
                n_prototypes=n_prototypes,
                hold=hold,
                macro=macro,
                n_steps=n_steps,
                episodes=episodes,
                seed=seed,
            )

    @classmethod
    def _learned(
        cls,
        view: PolicyView,
        env: gym.Env[Any, Any],
        *,
        n_cells: int,
        n_prototypes: int,
        hold: int,
        macro: int,
        n_steps: int,
        episodes: int,
        seed: int,
    ) -> Teacher:
        model = view.model
        gamma = float(getattr(model, "gamma", 0.99))
        lessons = Lessons(view, env, gamma=gamma, seed=seed)
        taught, random = lessons.compared(episodes)
        calibration = lessons.calibration(
            2 * episodes, int(np.mean([len(episode.reward) for episode in random]))
        )
        actions = prototypes(env.action_space, [*taught, *random], n_prototypes, seed)
        shown = lessons.shown(actions, n_steps=n_steps, hold=hold, macro=macro, shares=SHARES)
        abstraction, values = partition(lessons, actions, shown, n_cells, seed)
        return cls(
            view,
            gamma,
            macro,
            float(np.mean([episode.reward.sum() for episode in taught])),
            float(np.mean([episode.reward.sum() for episode in random])),
            calibration,
            abstraction,
            estimate(shown, abstraction, hold=hold, macro=macro, gamma=gamma),
            values,
        )

    @property
    def scale(self) -> float:
        """What a step pays of a macro step's reward: k steps of it sum to that reward."""
        return (1.0 - self.gamma) / (1.0 - self.gamma**self.steps)

    def exprd(self, *, budget: int | None = None, **options: Any) -> ExpRD:
        """Return the reward that is learned fastest, see `rewardlab.shapers.exprd.design`.

        Raises:
            InfeasibleDesign: No such reward exists.
        """
        design = exprd.design(self.macro.mdp, budget=budget, **options)
        return ExpRD(design, abstraction=self.abstraction, gamma=self.gamma, scale=self.scale)

    def expadard(self, *, averaging: float = 0.5, **options: Any) -> ExpAdaRD:
        """Return the reward that follows the learner; options as for `ExpAdaRD`."""
        return ExpAdaRD(
            self.macro.mdp,
            abstraction=self.abstraction,
            averaging=averaging,
            gamma=self.gamma,
            scale=self.scale,
            **options,
        )

    def potential(self, of: Literal["critic", "cells"] = "critic") -> Potential:
        """Return a potential, which cannot change what is optimal.

        Args:
            of: `"critic"`: Φ = V of the policy's critic as it is now. `"cells"`: its mean over
                each cell, which is explicable.
        """
        if of == "critic":
            return Potential.from_model(self.view.model)
        cells, values = self.abstraction.cells, self.values
        return Potential(lambda obs: values[cells(obs)])


def _check(env: gym.Env[Any, Any], n_cells: int, n_prototypes: int, hold: int, macro: int) -> None:
    space = env.action_space
    if not isinstance(space, gym.spaces.Box | gym.spaces.Discrete):
        raise UsageError(f"a teacher needs Box or Discrete actions, not {space}")
    m = int(space.n) if isinstance(space, gym.spaces.Discrete) else n_prototypes
    if n_cells < 2 or m < 2 or not 1 <= hold <= macro:
        raise UsageError(
            f"n_cells={n_cells}, n_prototypes={m}, hold={hold}, macro={macro}: give at least 2, 2, "
            "1 and as many steps as one is held"
        )
    if n_cells * m > MOST_PAIRS:
        raise UsageError(
            f"{n_cells} cells with {m} actions make {n_cells * m} pairs; at most {MOST_PAIRS} can "
            "be designed for: give fewer cells or prototypes"
        )


def prototypes(
    space: gym.Space[Any], episodes: list[Episode], n: int, seed: int
) -> Prototypes | Numbers:
    """Return at most n prototypes of the actions of episodes; discrete ones are their own."""
    if isinstance(space, gym.spaces.Discrete):
        return Numbers(int(space.n), int(space.start))
    assert isinstance(space, gym.spaces.Box)
    actions = np.concatenate([episode.action for episode in episodes])
    return Prototypes.fit(actions, space, n=n, seed=seed)


def partition(
    lessons: Lessons,
    actions: Prototypes | Numbers,
    episodes: list[Episode],
    n_cells: int,
    seed: int,
) -> tuple[Abstraction, Array]:
    """Return cells in which the policy does and expects much the same, and their mean values."""
    obs = np.concatenate([episode.obs[:-1] for episode in episodes])
    value = lessons.view.value(obs)
    done = _actions(lessons.view, obs, actions)
    targets = np.column_stack([_standardised(value[:, None]), _standardised(done)])
    least = max(5, len(obs) // (10 * n_cells))
    tree = Tree.fit(obs, targets, n_cells=n_cells, least=least, seed=seed)
    cells, order = tree(obs), np.random.default_rng(seed).permutation(len(obs))
    examples = np.sort(np.concatenate([order[cells[order] == x][:EXAMPLES] for x in range(tree.n)]))
    values = np.bincount(cells, weights=value) / np.bincount(cells)
    return Abstraction(tree, actions, obs[examples]), values


def _actions(view: PolicyView, obs: Any, actions: Prototypes | Numbers) -> Array:
    if isinstance(actions, Numbers):
        return view.probs(obs)
    return np.asarray(view.best(obs), np.float64).reshape(len(obs), -1)


def _standardised(columns: Array) -> Array:
    """Return columns that together have variance 1."""
    spread = np.sqrt(columns.var(axis=0).sum())
    return np.asarray((columns - columns.mean(axis=0)) / max(spread, 1e-12))
