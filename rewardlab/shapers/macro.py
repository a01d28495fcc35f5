"""An MDP over cells and prototypes of actions, in macro steps, from episodes of a policy.

Steps of a control task hardly move it: single ones would mostly stay in their cell, with next to no
gap between actions. A macro step holds a prototype for h steps and follows the policy for k − h
more, discounted by γ^k; its reward is Σ_{j<k} γ^j r_j.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.shapers.abstract import Abstraction, Ids
from rewardlab.shapers.base import Array
from rewardlab.shapers.lessons import Episode
from rewardlab.shapers.tables.optimum import optimum

PRIOR = 1e-3
"""Added to the count of every cell as a successor."""


class Macro(NamedTuple):
    """An estimated MDP.

    Attributes:
        mdp: K cells, the end as last state; M actions; discount γ^k.
        counts: `(K, M)` macro steps seen.
    """

    mdp: TabularMDP
    counts: Ids

    @property
    def stays(self) -> float:
        """How often a macro step ends in the cell where it began, over the pairs seen."""
        rows = np.arange(len(self.counts))
        same = self.mdp.T[rows, rows][self.counts > 0]
        return float(np.average(same, weights=self.counts[self.counts > 0]))


class _Steps(NamedTuple):
    """Macro steps: cell, prototype, successor (K at the end), reward."""

    cell: Ids
    action: Ids
    to: Ids
    reward: Array


def estimate(
    episodes: Sequence[Episode],
    abstraction: Abstraction,
    *,
    hold: int,
    macro: int,
    gamma: float,
    least: int = 5,
    tie: float = 0.01,
) -> Macro:
    """Estimate the MDP of macro steps.

    A macro step is any window of k steps whose first h actions belong to one prototype and whose
    others are the policy's own; the episode's end may cut it short.

    A pair seen fewer than `least` times is taken to do what the worst seen action of its cell does:
    it limits nothing, and the design does not pay for what nobody tried (left out of the
    constraints it would, as the least norm gives it 0 where others get less). An action that loses
    next to nothing is taken to do what the best one does, so that noise does not decide between
    them; a cell where that is all has gap 0.

    Args:
        episodes: Episodes with prototypes held in them.
        abstraction: Cells and prototypes.
        hold: h.
        macro: k.
        gamma: Discount per step.
        least: Fewest macro steps of a pair.
        tie: Losses below this share of the spread of the values are noise.
    """
    (k, m), found = (
        abstraction.shape,
        [_windows(e, abstraction, hold, macro, gamma) for e in episodes],
    )
    steps = _Steps(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
    onward = np.zeros((k, m, k + 1))
    np.add.at(onward, (steps.cell, steps.action, steps.to), 1.0)
    paid = np.zeros((k, m))
    np.add.at(paid, (steps.cell, steps.action), steps.reward)
    counts = onward.sum(axis=2).astype(np.int64)
    _share_lost_cells(onward, paid, counts < least)
    total = onward.sum(axis=2)
    paid /= np.maximum(total, 1.0)
    onward[:, :, :k] += PRIOR
    onward /= onward.sum(axis=2, keepdims=True)
    seen = (counts >= least) | (counts < least).all(axis=1, keepdims=True)
    first = np.bincount(abstraction.cells(np.stack([e.obs[0] for e in episodes])), minlength=k + 1)
    mdp = _completed(onward, paid, seen, gamma**macro, first / first.sum(), tie)
    return Macro(mdp, counts)


def _windows(
    episode: Episode, abstraction: Abstraction, hold: int, macro: int, gamma: float
) -> _Steps:
    n = len(episode.reward)
    label, cells = abstraction.actions(episode.action), abstraction.cells(episode.obs)
    changes = np.append(np.flatnonzero(np.diff(label)) + 1, n)
    held, stop = (np.minimum(np.arange(n) + steps, n) for steps in (hold, macro))
    whole = changes[np.searchsorted(changes, np.arange(n), side="right")] >= held
    others = np.append(0, np.cumsum(~episode.own))
    whole &= others[stop] == others[held]
    whole &= (np.arange(n) + macro <= n) | episode.terminated
    at = np.flatnonzero(whole)
    paid = np.append(episode.reward, np.zeros(macro))
    reward = np.array([paid[t : t + macro] @ gamma ** np.arange(macro) for t in at])
    ends = episode.terminated & (stop[at] == n)
    to = np.where(ends, abstraction.shape[0], cells[stop[at]])
    return _Steps(cells[at], label[at], to, reward)


def _share_lost_cells(onward: Array, paid: Array, unseen: npt.NDArray[np.bool_]) -> None:
    """Where no action of a cell was seen often enough, take all together, or a stay."""
    for x in np.flatnonzero(unseen.all(axis=1)):
        together = onward[x].sum(axis=0)
        paid[x] = paid[x].sum()
        if not together.any():
            together[x] = 1.0
        onward[x] = together


def _completed(
    onward: Array,
    paid: Array,
    seen: npt.NDArray[np.bool_],
    gamma: float,
    first: Array,
    tie: float,
) -> TabularMDP:
    """Return the MDP with unseen pairs as the worst seen ones, and next to best ones as best."""
    avoided = np.where(seen, paid, paid.min() - (np.abs(paid).max() + 1.0) / (1.0 - gamma))
    best = optimum(_mdp(onward, avoided, gamma, first))
    q = best.q[:-1]
    worst = np.where(seen, q, np.inf).argmin(axis=1)
    near = seen & (q >= q.max(axis=1, keepdims=True) - tie * np.ptp(best.v[:-1]))
    like = np.where(seen, np.arange(q.shape[1]), worst[:, None])
    like = np.where(near, q.argmax(axis=1)[:, None], like)
    rows = np.arange(len(q))[:, None]
    return _mdp(onward[rows, like], paid[rows, like], gamma, first)


def _mdp(onward: Array, paid: Array, gamma: float, first: Array) -> TabularMDP:
    k, m, _ = onward.shape
    t = np.zeros((k + 1, k + 1, m))
    t[:k] = onward.transpose(0, 2, 1)
    t[k, k] = 1.0
    return TabularMDP(t, np.vstack([paid, np.zeros(m)]), gamma, first)
