"""REINFORCE with a tabular softmax, as in ExploRS and ExpAdaRD."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from rewardlab.envs.tabular.mdp import Array, TabularMDP
from rewardlab.training.tabular.curve import Curve, finite_returns
from rewardlab.training.tabular.play import Episode, World, play, scattered
from rewardlab.training.tabular.shaping import RunShaper, paying

MEMORY = 10
"""Episodes that shapers learn from."""


def reinforce(
    mdp: TabularMDP,
    reward: Array | RunShaper | None = None,
    *,
    n_runs: int,
    n_episodes: int,
    learning_rate: float = 0.01,
    theta: Array | None = None,
    update_every: int = 2,
    batch: int = 5,
    evaluate_every: int = 100,
    seed: int = 0,
) -> Curve:
    """Train N runs and return the exact returns of their policies within the horizon.

    Every `update_every` episodes, over the latest `batch`:
    theta += learning_rate · sum_t G_t grad log pi(a_t | s_t) / (number of steps), with G_t the
    discounted shaped return from t to the end of the episode: nothing is added where the horizon
    cuts it. There is no baseline.

    Args:
        mdp: The MDP.
        reward: What pays: a table `(S, A)` or `(N, S, A)`, or a shaper; by default `mdp.R`.
        n_runs: N.
        n_episodes: Episodes of each run.
        learning_rate: .01 in ExpAdaRD, .1 in ExploRS.
        theta: First logits, broadcast to `(N, S, A)`; 0 if not given.
        update_every: Episodes between updates.
        batch: Episodes of an update.
        evaluate_every: Episodes between points of the curve.
        seed: Run i draws from the stream `(seed, i)`.
    """
    world = World(mdp, n_runs=n_runs, seed=seed)
    shaper = paying(reward, mdp, n_runs)
    shape = (n_runs, *mdp.R.shape)
    logits = np.broadcast_to(0.0 if theta is None else theta, shape).copy()
    policy = softmax(logits)
    memory: deque[Episode] = deque(maxlen=max(MEMORY, batch))
    points = {0: finite_returns(mdp, policy, horizon=world.horizon)}
    for n in range(1, n_episodes + 1):
        memory.append(play(world, policy, shaper))
        shaper.update(n, memory, policy)
        if n % update_every == 0:
            logits += learning_rate * gradient(list(memory)[-batch:], policy)
            policy = softmax(logits)
        if n % evaluate_every == 0:
            points[n] = finite_returns(mdp, policy, horizon=world.horizon)
    return Curve(np.array(list(points)), np.stack(list(points.values()), axis=1))


def gradient(episodes: Sequence[Episode], policy: Array) -> Array:
    """Return the mean over steps of G_t grad log pi(a_t | s_t), for each run: `(N, S, A)`."""
    paid = scattered(episodes, [e.shaped_return for e in episodes], policy.shape)
    n_steps = np.sum([e.valid.sum(axis=1) for e in episodes], axis=0)
    centred = paid - policy * paid.sum(axis=2, keepdims=True)
    mean: Array = centred / n_steps[:, None, None]
    return mean


def softmax(logits: Array) -> Array:
    """Return the policies `(…, A)` of logits `(…, A)`."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    policy: Array = weights / weights.sum(axis=-1, keepdims=True)
    return policy
