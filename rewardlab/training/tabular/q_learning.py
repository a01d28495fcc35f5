"""Q-learning with tables, as in ExpRD (online) and in ExploRS (episodes replayed backwards)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from rewardlab.envs.tabular.mdp import Array, TabularMDP
from rewardlab.training.tabular.curve import Curve, finite_returns, greedy_returns
from rewardlab.training.tabular.play import Episode, Step, World, play
from rewardlab.training.tabular.reinforce import MEMORY
from rewardlab.training.tabular.shaping import RunShaper, paying

TIE = 1e-6
"""Values this close to the best share its probability."""


def q_learning(
    mdp: TabularMDP,
    reward: Array | RunShaper | None = None,
    *,
    n_runs: int,
    n_episodes: int,
    step_size: float = 0.5,
    epsilon: float = 0.1,
    first: Array | None = None,
    seed: int = 0,
) -> Curve:
    """Train N runs as ExpRD does and return the exact returns of their greedy policies.

    Q <- Q + step_size (r + gamma max_a Q(s', a) - Q) after each step, by an epsilon-greedy policy
    that takes the first of equal actions. The horizon only ends an episode: its last step is an
    ordinary one. The terminal state keeps its first value, 0, so the update from it that the
    published code makes would change nothing. Points of the curve are 0 and powers of two.

    Args:
        mdp: The MDP.
        reward: What pays: a table `(S, A)` or `(N, S, A)`, or a shaper, whose `update` is not
            called, as no episode is kept; by default `mdp.R`.
        n_runs: N.
        n_episodes: Episodes of each run.
        step_size: Alpha.
        epsilon: Share of random actions.
        first: Q to begin with, broadcast to `(N, S, A)`; 0 if not given.
        seed: Run i draws from the stream `(seed, i)`.
    """
    world = World(mdp, n_runs=n_runs, seed=seed)
    shaper = paying(reward, mdp, n_runs)
    q = np.broadcast_to(0.0 if first is None else first, (n_runs, *mdp.R.shape)).copy()
    points = {0: greedy_returns(mdp, q)}
    for n in range(1, n_episodes + 1):
        _learn_online(world, q, shaper, step_size, epsilon)
        if n & (n - 1) == 0:
            points[n] = greedy_returns(mdp, q)
    return _curve(points)


def q_learning_replayed(
    mdp: TabularMDP,
    reward: Array | RunShaper | None = None,
    *,
    n_runs: int,
    n_episodes: int,
    step_size: float = 0.1,
    epsilon: float = 0.05,
    update_every: int = 2,
    batch: int = 5,
    evaluate_every: int = 100,
    seed: int = 0,
) -> Curve:
    """Train N runs as ExploRS does and return the exact returns within the horizon.

    Every `update_every` episodes the latest `batch` are replayed, each from its last step to its
    first, with the rewards that were paid when they were played. As in the published code, the
    horizon only ends an episode: its last step is bootstrapped like any other. Returns are those of
    the greedy policies, in which equal actions share.

    Args:
        mdp: The MDP.
        reward: What pays: a table `(S, A)` or `(N, S, A)`, or a shaper; by default `mdp.R`.
        n_runs: N.
        n_episodes: Episodes of each run.
        step_size: Alpha.
        epsilon: Share of random actions.
        update_every: Episodes between updates.
        batch: Episodes of an update.
        evaluate_every: Episodes between points of the curve.
        seed: Run i draws from the stream `(seed, i)`.
    """
    world = World(mdp, n_runs=n_runs, seed=seed)
    shaper = paying(reward, mdp, n_runs)
    q = np.zeros((n_runs, *mdp.R.shape))
    memory: deque[Episode] = deque(maxlen=max(MEMORY, batch))
    policy = epsilon_greedy(q, epsilon)
    points = {0: finite_returns(mdp, epsilon_greedy(q, 0.0), horizon=world.horizon)}
    for n in range(1, n_episodes + 1):
        memory.append(play(world, policy, shaper))
        shaper.update(n, memory, policy)
        if n % update_every == 0:
            replay(q, list(memory)[-batch:], step_size)
            policy = epsilon_greedy(q, epsilon)
        if n % evaluate_every == 0:
            points[n] = finite_returns(mdp, epsilon_greedy(q, 0.0), horizon=world.horizon)
    return _curve(points)


def epsilon_greedy(q: Array, epsilon: float) -> Array:
    """Return the policies `(N, S, A)` of `q (N, S, A)` in which equal actions share."""
    best = q >= q.max(axis=-1, keepdims=True) - TIE
    policy: Array = (1 - epsilon) * best / best.sum(axis=-1, keepdims=True) + epsilon / q.shape[-1]
    return policy


def replay(q: Array, episodes: Sequence[Episode], step_size: float) -> None:
    """Update `q (N, S, A)` in place by episodes, oldest first, each backwards."""
    for e in episodes:
        for t in range(int(e.valid.sum(axis=1).max()) - 1, -1, -1):
            run = np.flatnonzero(e.valid[:, t])
            s, a = e.s[run, t], e.a[run, t]
            future = q[run, e.to[run, t]].max(axis=1)  # that of the terminal state stays 0
            q[run, s, a] += step_size * (e.r_hat[run, t] + e.gamma * future - q[run, s, a])


def _learn_online(
    world: World, q: Array, shaper: RunShaper, step_size: float, epsilon: float
) -> None:
    """Play one episode in each run and update `q (N, S, A)` in place after each step."""
    mdp, numbers = world.mdp, world.numbers()
    run, s = np.arange(world.n_runs), world.start(numbers[0])
    for t in range(world.horizon):
        dice, which, fate = numbers[3 * t + 1 : 3 * t + 4, run]
        at_random = (which * mdp.n_actions).astype(np.int64)
        a = np.where(dice < epsilon, at_random, q[run, s].argmax(axis=1))
        to = world.move(s, a, fate)
        step = Step(run, s, a, to, mdp.R[s, a])
        target = shaper.shape(step) + mdp.gamma * q[run, to].max(axis=1)
        shaper.observe(step)
        q[run, s, a] += step_size * (target - q[run, s, a])
        on = to != mdp.terminal
        run, s = run[on], to[on]
        if not len(run):
            break


def _curve(points: dict[int, Array]) -> Curve:
    return Curve(np.array(list(points)), np.stack(list(points.values()), axis=1))
