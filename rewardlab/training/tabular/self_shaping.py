"""Rewards that tabular learners shape for themselves: ExploRS, SelfRS and SORS."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rewardlab.envs.tabular.mdp import Array, TabularMDP
from rewardlab.shapers.formulas import over_policy
from rewardlab.training.tabular.play import Episode, Step, scattered
from rewardlab.training.tabular.shaping import CountBonus, RunShaper, Table

EVERY = 5
"""Episodes between updates of a reward."""


class TabularExploRS:
    """ExploRS: r + phi(s, a) + B(s'), with phi learned from the extrinsic advantage.

    Every five episodes, over the latest ten, w_t = pi(a|s) (G_t - V(s)) with the policy that acted
    and G_t the discounted extrinsic return from t on; then phi += phi_step · g, where g(s, a) sums
    w_t at the pairs that were taken and -pi(.|s) w_t over all actions of their states. V follows:
    V(s) += value_step · sum_t (G_t - V(s)) / (number of steps). The critic V is extrinsic: the
    paper prints R-hat in its displayed update, its derivation and code use R.

    Source: *Exploration-Guided Reward Shaping for Reinforcement Learning under Sparse Rewards*,
    NeurIPS 2022.

    Args:
        mdp: The MDP.
        n_runs: N.
        bonus: Pays r + B(s'); a `Table` of `mdp.R` instead makes it SelfRS. By default counts with
            b_max = lam = 1.
        phi_step: Step size of phi.
        value_step: Step size of V.
        clip: Bound of |phi|; .01 for Q-learning, none for REINFORCE.

    Attributes:
        phi: `(N, S, A)` learned rewards.
        value: `(N, S)` extrinsic values.
    """

    def __init__(
        self,
        mdp: TabularMDP,
        *,
        n_runs: int,
        bonus: RunShaper | None = None,
        phi_step: float = 0.01,
        value_step: float = 0.01,
        clip: float = np.inf,
    ) -> None:
        self.phi = np.zeros((n_runs, *mdp.R.shape))
        self.value = np.zeros((n_runs, mdp.n_states))
        self._paid = bonus or CountBonus(mdp, n_runs=n_runs)
        self._phi_step, self._value_step, self._clip = phi_step, value_step, clip

    def shape(self, step: Step) -> Array:
        """Return the rewards with what is learned."""
        return self._paid.shape(step) + self.phi[step.run, step.s, step.a]

    def observe(self, step: Step) -> None:
        """Count."""
        self._paid.observe(step)

    def update(self, n_episodes: int, memory: Sequence[Episode], policy: Array) -> None:
        """Learn phi, then V."""
        self._paid.update(n_episodes, memory, policy)
        if n_episodes % EVERY:
            return
        over = [self._over(e) for e in memory]
        gradient = advantage_gradient(memory, over)
        self.phi = np.clip(self.phi + self._phi_step * gradient, -self._clip, self._clip)
        missing = scattered(memory, over, self.phi.shape).sum(axis=2)
        n_steps = np.sum([e.valid.sum(axis=1) for e in memory], axis=0)
        self.value += self._value_step * missing / n_steps[:, None]

    def _over(self, episode: Episode) -> Array:
        """Return by how much returns exceed the values, (N, H)."""
        over: Array = episode.extrinsic_return - np.take_along_axis(self.value, episode.s, axis=1)
        return over


def advantage_gradient(memory: Sequence[Episode], advantage: Sequence[Array]) -> Array:
    """Return the gradient `(N, S, A)` of the agreement of phi with an advantage.

    That is sum_t pi(a|s) A_t [phi(s, a) - sum_b pi(b|s) phi(s, b)], with the policy that acted.

    Args:
        memory: The episodes.
        advantage: A_t `(N, H)` of each.
    """
    total = np.zeros_like(memory[-1].policy)
    for e, over in zip(memory, advantage, strict=True):
        run = np.arange(len(e.s))[:, None]
        taken = scattered([e], [over * e.policy[run, e.s, e.a]], total.shape)
        total += over_policy(taken, e.policy)
    return total


class TabularSORS:
    """SORS: r + phi(s, a), with phi learned to rank episodes as their extrinsic returns do.

    Every five episodes, for pairs of the latest ten whose extrinsic returns differ (ten of them,
    drawn with replacement, if there are more), phi follows the mean gradient of
    log sigma(G_phi(better) - G_phi(worse)), where G_phi = sum_t gamma^t phi(s_t, a_t).

    Source: Memarian et al., *Self-Supervised Online Reward Shaping in Sparse-Reward Environments*,
    2021, as the tabular baseline of ExploRS.

    Args:
        mdp: The MDP.
        n_runs: N.
        phi_step: Step size.
        n_pairs: Most pairs of an update.
        seed: Draws pairs, for run i from the stream `(seed, i)`.

    Attributes:
        phi: `(N, S, A)` learned rewards.
    """

    def __init__(
        self,
        mdp: TabularMDP,
        *,
        n_runs: int,
        phi_step: float = 0.01,
        n_pairs: int = 10,
        seed: int = 0,
    ) -> None:
        self.phi = np.zeros((n_runs, *mdp.R.shape))
        self._paid = Table(mdp.R, n_runs=n_runs)
        self._phi_step, self._n_pairs = phi_step, n_pairs
        self._streams = [np.random.default_rng([seed, i]) for i in range(n_runs)]

    def shape(self, step: Step) -> Array:
        """Return the rewards with what is learned."""
        return self._paid.shape(step) + self.phi[step.run, step.s, step.a]

    def observe(self, step: Step) -> None:
        """Remember nothing beyond the episodes."""

    def update(self, n_episodes: int, memory: Sequence[Episode], policy: Array) -> None:
        """Learn phi."""
        if n_episodes % EVERY:
            return
        pairs = self._pairs(np.stack([e.extrinsic_return[:, 0] for e in memory], axis=1))
        self.phi += self._phi_step * ranking_gradient(memory, self.phi, pairs)

    def _pairs(self, returns: Array) -> Array:
        """Return the weights `(N, K, K)` of pairs (better, worse): they sum to 1 if there are any.

        Args:
            returns: `(N, K)` of the episodes.
        """
        weights = (returns[:, :, None] > returns[:, None, :]).astype(np.float64)
        for i in np.flatnonzero(weights.sum(axis=(1, 2)) > self._n_pairs):
            found = np.flatnonzero(weights[i])
            drawn = self._streams[i].choice(found, self._n_pairs)
            weights[i] = np.bincount(drawn, minlength=weights[i].size).reshape(weights[i].shape)
        weights /= np.maximum(weights.sum(axis=(1, 2), keepdims=True), 1.0)
        return weights


def ranking_gradient(memory: Sequence[Episode], phi: Array, pairs: Array) -> Array:
    """Return the gradient `(N, S, A)` by phi of sum over pairs of w log sigma(G_phi(i) - G_phi(j)).

    Args:
        memory: K episodes.
        phi: `(N, S, A)` learned rewards.
        pairs: `(N, K, K)` weights w of pairs (i, j).
    """
    run = np.arange(len(phi))[:, None]
    discounts = [e.valid * e.gamma ** np.arange(e.s.shape[1]) for e in memory]
    found = [(d * phi[run, e.s, e.a]).sum(axis=1) for e, d in zip(memory, discounts, strict=True)]
    returns = np.stack(found, axis=1)
    margin = returns[:, :, None] - returns[:, None, :]
    push = pairs * np.exp(-np.logaddexp(0.0, margin))
    up = push.sum(axis=2) - push.sum(axis=1)
    return scattered(memory, [up[:, [k]] * d for k, d in enumerate(discounts)], phi.shape)
