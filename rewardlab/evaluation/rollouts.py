"""Running a policy for a fixed set of episodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rewardlab.envs.seeding import child_seed
from rewardlab.evaluation.statistics import Interval, wilson

if TYPE_CHECKING:
    from stable_baselines3.common.vec_env import VecEnv


class Predicts(Protocol):
    """Anything that maps raw observations to actions."""

    def predict(self, obs: Any) -> npt.NDArray[Any]:
        """Return actions `(n, …)` for observations `(n, …)`."""
        ...


class Episodes(NamedTuple):
    """What happened in n episodes, in the order of their seeds.

    Attributes:
        success: `(n,)` bool: any step of the episode succeeded; `None` without a signal.
        returns: `(n,)` sums of the rewards that the environments gave.
        lengths: `(n,)` steps.
    """

    success: npt.NDArray[np.bool_] | None
    returns: npt.NDArray[np.float64]
    lengths: npt.NDArray[np.int64]

    @property
    def success_rate(self) -> float | None:
        """Share of the episodes that succeeded; `None` without a signal."""
        return None if self.success is None else float(self.success.mean())

    @property
    def success_ci(self) -> Interval | None:
        """Wilson's 95 % interval of it."""
        return None if self.success is None else wilson(int(self.success.sum()), len(self.success))


def rollout(
    policy: Predicts,
    venv: VecEnv,
    *,
    episodes: int,
    seed: int,
    on_episode: Callable[[int], None] | None = None,
) -> Episodes:
    """Run a policy for exactly `episodes` seeded episodes, each to its end.

    The set of episodes is fixed beforehand and each that starts is counted, so short episodes are
    not preferred, as they are where the first n to finish are taken; and how many environments
    share the work does not change which episodes these are.

    Args:
        policy: Maps raw observations to actions.
        venv: Environments that give their native reward, with random goals set by the reset seed.
        episodes: How many, at least 1.
        seed: Episode `i` is reset with `child_seed(seed, i)`.
        on_episode: Called with the count of finished episodes after each of them.
    """
    tally = _Tally(episodes)
    running = np.full(venv.num_envs, -1)
    obs = venv.reset()
    for env in range(min(venv.num_envs, episodes)):
        running[env] = tally.start()
        put(obs, env, restart(venv, env, child_seed(seed, env)))
    while (running >= 0).any():
        obs, rewards, dones, infos = venv.step(policy.predict(obs))
        tally.add(running, rewards, infos)
        for env in map(int, np.flatnonzero(dones & (running >= 0))):
            running[env] = tally.start()
            if running[env] >= 0:
                put(obs, env, restart(venv, env, child_seed(seed, running[env])))
            if on_episode:
                on_episode(tally.started - int((running >= 0).sum()))
    return tally.episodes()


def restart(venv: VecEnv, env: int, seed: int) -> Any:
    """Reset one environment with a seed and return its first observation."""
    obs, _ = venv.env_method("reset", seed=seed, indices=[env])[0]
    return obs


def put(batch: Any, env: int, obs: Any) -> None:
    """Write one environment's observation into a batch of them, in place."""
    if isinstance(batch, dict):
        for key, values in batch.items():
            values[env] = obs[key]
    else:
        batch[env] = obs


class _Tally:
    """Counts of episodes 0 … n-1 while they run."""

    def __init__(self, n: int) -> None:
        if n < 1:
            raise ValueError(f"episodes must be at least 1, got {n}")
        self.n, self.started, self.signal = n, 0, False
        self._success = np.zeros(n, np.bool_)
        self._returns = np.zeros(n)
        self._lengths = np.zeros(n, np.int64)

    def start(self) -> int:
        """Return the next episode's index, or -1 when there is none left."""
        if self.started == self.n:
            return -1
        self.started += 1
        return self.started - 1

    def add(
        self, running: npt.NDArray[Any], rewards: npt.NDArray[Any], infos: list[dict[str, Any]]
    ) -> None:
        """Add a step of each environment to the episode it runs."""
        for episode, reward, info in zip(running, rewards, infos, strict=True):
            if episode >= 0:
                self._returns[episode] += reward
                self._lengths[episode] += 1
                self._success[episode] |= bool(info.get("success", False))
                self.signal |= "success" in info

    def episodes(self) -> Episodes:
        """Return what was counted."""
        return Episodes(self._success if self.signal else None, self._returns, self._lengths)
