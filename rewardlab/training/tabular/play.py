"""Playing one episode in each of N runs, in lockstep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from rewardlab.envs.tabular.env import Sampler
from rewardlab.envs.tabular.mdp import Array, TabularMDP
from rewardlab.errors import ConfigError

if TYPE_CHECKING:
    from rewardlab.training.tabular.shaping import RunShaper

Index = npt.NDArray[np.int64]


class Step(NamedTuple):
    """One step of the B runs whose episode still goes on.

    Attributes:
        run: `(B,)` which runs.
        s: `(B,)` states.
        a: `(B,)` actions.
        to: `(B,)` successors.
        r_ext: `(B,)` extrinsic rewards.
    """

    run: Index
    s: Index
    a: Index
    to: Index
    r_ext: Array


@dataclass(frozen=True, eq=False)
class Episode:
    """An episode of each of N runs, of at most H steps; later entries are 0 and not `valid`.

    Attributes:
        s: `(N, H)` states.
        a: `(N, H)` actions.
        to: `(N, H)` successors.
        r_ext: `(N, H)` extrinsic rewards.
        r_hat: `(N, H)` rewards to learn from.
        valid: `(N, H)` whether the step was taken.
        policy: `(N, S, A)` that took the actions.
        gamma: Discount of its returns.
    """

    s: Index
    a: Index
    to: Index
    r_ext: Array
    r_hat: Array
    valid: npt.NDArray[np.bool_]
    policy: Array
    gamma: float

    @cached_property
    def shaped_return(self) -> Array:
        """`(N, H)` discounted sum of `r_hat` from each step on."""
        return discounted(self.r_hat, self.gamma)

    @cached_property
    def extrinsic_return(self) -> Array:
        """`(N, H)` discounted sum of `r_ext` from each step on."""
        return discounted(self.r_ext, self.gamma)


def discounted(reward: Array, gamma: float) -> Array:
    """Return the discounted sums `(N, H)` of `reward (N, H)` from each step to the last."""
    total: Array = lfilter([1.0], [1.0, -gamma], reward[:, ::-1], axis=1)[:, ::-1]
    return total


class World:
    """What N runs act in: the MDP, its samplers and a stream of random numbers for each run.

    Args:
        mdp: The MDP.
        n_runs: N.
        seed: Run i draws from the stream `(seed, i)`.

    Raises:
        ConfigError: The MDP has no horizon.
    """

    def __init__(self, mdp: TabularMDP, *, n_runs: int, seed: int) -> None:
        if mdp.horizon is None:
            raise ConfigError(
                f"{mdp.name or 'this MDP'} has no horizon, so that an episode may never end: give "
                "it one, e.g. dataclasses.replace(mdp, horizon=100)"
            )
        self.mdp, self.n_runs, self.horizon = mdp, n_runs, mdp.horizon
        self._onward = Sampler(mdp.T.transpose(0, 2, 1).reshape(mdp.R.size, -1))
        self._first = Sampler(mdp.initial[None])
        self._streams = [np.random.default_rng([seed, i]) for i in range(n_runs)]

    def numbers(self) -> Array:
        """Return uniform numbers for an episode: `(3H + 1, N)`."""
        per_run = 3 * self.horizon + 1
        return np.stack([stream.random(per_run) for stream in self._streams], axis=1)

    def start(self, uniform: Array) -> Index:
        """Return the first states `(N,)`."""
        states: Index = self._first.draw(np.zeros(len(uniform), int), uniform)
        return states

    def move(self, s: Index, a: Index, uniform: Array) -> Index:
        """Return the successors `(B,)` of states and actions `(B,)`."""
        successors: Index = self._onward.draw(s * self.mdp.n_actions + a, uniform)
        return successors


def play(world: World, policy: Array, shaper: RunShaper) -> Episode:
    """Play an episode in each run.

    Args:
        world: Where.
        policy: `(N, S, A)` probabilities of actions.
        shaper: Pays.
    """
    n, mdp = world.n_runs, world.mdp
    numbers = world.numbers()
    upto = policy.cumsum(axis=2)
    upto /= upto[:, :, -1:]
    s, a, to = (np.zeros((n, world.horizon), np.int64) for _ in range(3))
    r_ext, r_hat = (np.zeros((n, world.horizon)) for _ in range(2))
    valid = np.zeros((n, world.horizon), bool)
    run, state = np.arange(n), world.start(numbers[0])
    for t in range(world.horizon):
        action = (upto[run, state] > numbers[3 * t + 1, run, None]).argmax(axis=1)
        after = world.move(state, action, numbers[3 * t + 2, run])
        step = Step(run, state, action, after, mdp.R[state, action])
        s[run, t], a[run, t], to[run, t], valid[run, t] = state, action, after, True
        r_ext[run, t], r_hat[run, t] = step.r_ext, shaper.shape(step)
        shaper.observe(step)
        on = after != mdp.terminal
        run, state = run[on], after[on]
        if not len(run):
            break
    return Episode(s, a, to, r_ext, r_hat, valid, policy, mdp.gamma)


def scattered(
    episodes: Sequence[Episode], weights: Sequence[Array], shape: tuple[int, ...]
) -> Array:
    """Return the sums `(N, S, A)` of weights `(N, H)` over the visits of states and actions."""
    n_runs, n_states, n_actions = shape
    run = np.arange(n_runs)[:, None] * n_states
    where = [((run + e.s) * n_actions + e.a)[e.valid] for e in episodes]
    values = [w[e.valid] for e, w in zip(episodes, weights, strict=True)]
    size = n_runs * n_states * n_actions
    total = np.bincount(np.concatenate(where), np.concatenate(values), size)
    return total.reshape(shape).astype(np.float64, copy=False)
