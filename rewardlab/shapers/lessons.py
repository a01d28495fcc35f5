"""Episodes of a trained policy: how good it is, how well its critic knows it, what it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from rewardlab.errors import UsageError
from rewardlab.shapers import options
from rewardlab.shapers.abstract import Numbers, Prototypes
from rewardlab.shapers.base import Array
from rewardlab.shapers.formulas import returns_to_go
from rewardlab.shapers.view import PolicyView

LONGEST = 1_000
"""Steps after which an episode of an environment without a limit of its own is cut off."""
COUNTED = 50
"""Steps of an episode that count for a critic."""
CALIBRATED = 0.9
"""The least correlation of a critic's values with returns."""

Choice: TypeAlias = Callable[[Any, int], Any]
"""Observation and step to action."""


class Episode(NamedTuple):
    """One episode of T steps.

    Attributes:
        obs: `(T + 1, …)`.
        action: `(T, …)`.
        reward: `(T,)`.
        own: `(T,)` whether the action was the policy's own.
        terminated: Whether it ended by itself, not by a limit.
    """

    obs: npt.NDArray[Any]
    action: npt.NDArray[Any]
    reward: Array
    own: npt.NDArray[np.bool_]
    terminated: bool


class Lessons:
    """Lets a trained policy act, and others for comparison, in one environment.

    Args:
        view: The policy.
        env: The environment.
        gamma: Discount.
        seed: Of everything that is drawn.
    """

    def __init__(self, view: PolicyView, env: gym.Env[Any, Any], *, gamma: float, seed: int):
        if not isinstance(env.observation_space, gym.spaces.Box):
            raise UsageError(
                f"a teacher needs observations that are one array of numbers, not "
                f"{env.observation_space}; for integers use ExpRD.from_env"
            )
        self.view, self.env, self.gamma = view, env, gamma
        self._rng = np.random.default_rng(seed)
        env.action_space.seed(seed)

    def expert(self, obs: Any) -> Any:
        """Return what the policy does."""
        return self.view.best(obs[None])[0]

    def behaviour(self, obs: Any, t: int) -> Any:
        """Return what the policy does, drawn as its critic assumes."""
        if isinstance(self.view.model, OnPolicyAlgorithm):
            return self.view.sample(obs[None], 1)[0, 0]
        return self.expert(obs)

    def random(self, obs: Any, t: int) -> Any:
        """Return any action."""
        return self.env.action_space.sample()

    def play(self, choose: Choice) -> Episode:
        """Play one episode; an action that is no choice (`None`) is left to the policy."""
        obs, _ = self.env.reset(seed=int(self._rng.integers(2**31)))
        seen, paid, terminated, truncated = [obs], [], False, False
        taken: list[Any] = []
        own: list[bool] = []
        while not (terminated or truncated):
            chosen = choose(obs, len(taken))
            own.append(chosen is None)
            action = self.expert(obs) if chosen is None else chosen
            obs, reward, terminated, truncated, _ = self.env.step(action)
            seen.append(obs)
            taken.append(action)
            paid.append(float(reward))
            truncated = truncated or len(taken) == LONGEST
        return Episode(
            np.array(seen), np.array(taken), np.array(paid), np.array(own), bool(terminated)
        )

    def compared(self, n: int) -> tuple[list[Episode], list[Episode]]:
        """Return n episodes of the policy and n of random actions.

        Raises:
            UsageError: The policy is not better, by two standard errors of the difference, or n is
                too small to know them.
        """
        options.whole("Teacher.from_model", least=2, episodes=n)
        taught, random = ([self.play(c) for _ in range(n)] for c in (_nothing, self.random))
        a, b = (np.array([episode.reward.sum() for episode in each]) for each in (taught, random))
        error = float(np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / n))
        if not a.mean() - b.mean() > 2 * error:
            raise UsageError(
                f"the teacher is not better than random: its mean episode return is {a.mean():.4g},"
                f" that of random actions {b.mean():.4g} (±{error:.2g}, {n} episodes each); train "
                "it longer"
            )
        return taught, random

    def calibration(self, n: int, longest: int) -> float:
        """Return the correlation of the critic's values with the returns that followed.

        Each of n episodes begins with random actions, at most `longest` of them, so that good and
        bad states are held out; at most 50 steps of each count, evenly spaced, so that long ones do
        not hide short ones. A return that a limit cut off is completed by the critic's value there
        and counted in the first half alone.

        Raises:
            UsageError: It is less than .9.
        """
        values, returns = [], []
        for _ in range(n):
            start = int(self._rng.integers(longest + 1))
            episode = self.play(self._late(start))
            stop = len(episode.reward)
            value = self.view.value(episode.obs)
            after = 0.0 if episode.terminated else value[-1]
            found = returns_to_go(episode.reward, gamma=self.gamma, after=after)
            stop = stop if episode.terminated else (start + stop) // 2
            at = np.arange(start, stop, 1 + max(stop - start - 1, 0) // COUNTED)
            values.append(value[at])
            returns.append(found[at])
        return _correlation(np.concatenate(values), np.concatenate(returns))

    def _late(self, start: int) -> Choice:
        """Return random actions up to a step, the policy's from then on."""
        return lambda obs, t: (self.random if t < start else self.behaviour)(obs, t)

    def shown(
        self,
        actions: Prototypes | Numbers,
        *,
        n_steps: int,
        hold: int,
        macro: int,
        shares: Iterable[float],
    ) -> list[Episode]:
        """Return episodes in which prototypes are held among the policy's own actions.

        Args:
            actions: The prototypes.
            n_steps: Steps in all, at least.
            hold: Steps for which a prototype is held.
            macro: Every so many steps it is drawn whether one is.
            shares: Chances of that, taken in turn.
        """
        found: list[Episode] = []
        turn = list(shares)
        while sum(len(episode.reward) for episode in found) < n_steps:
            found.append(self.play(self._held(actions, hold, macro, turn[len(found) % len(turn)])))
        return found

    def _held(self, actions: Prototypes | Numbers, hold: int, macro: int, share: float) -> Choice:
        held: list[Any] = [None]

        def choose(obs: Any, t: int) -> Any:
            if t % macro == 0:
                drawn = self._rng.random() < share
                held[0] = actions.raw(int(self._rng.integers(actions.n))) if drawn else None
            return held[0] if t % macro < hold else None

        return choose


def _nothing(obs: Any, t: int) -> None:
    """Leave the choice to the policy."""


def _correlation(values: Array, returns: Array) -> float:
    flat = values.std() == 0 or returns.std() == 0
    found = 0.0 if flat else float(np.corrcoef(values, returns)[0, 1])
    if not found >= CALIBRATED:
        raise UsageError(
            f"the teacher's critic does not know its returns: over {len(values)} held-out steps "
            f"their correlation is {found:.3f}, and {CALIBRATED:g} is needed; train it longer"
        )
    return found
