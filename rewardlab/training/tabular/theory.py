"""The theory of ExploRS on a chain, where the steps to learn are known in closed form.

States x_-n2 … x_n1, start x_0, no noise and no horizon. Right at x_n1 pays 1 and ends the episode,
left at x_-n2 ends it. Steps until the optimum is learned: without anything at least 2^n1 - 1
(expected); with the bonus n1 (n1 + n2 + 2); self-supervised at least 2^(n1 - 1) (expected); with
both at most n1 + n2 + 2.

Source: *Exploration-Guided Reward Shaping for Reinforcement Learning under Sparse Rewards*,
NeurIPS 2022.
"""

from __future__ import annotations

import numpy as np

from rewardlab.envs.tabular.mdp import Array

RIGHT = 1


def steps_to_learn(
    n1: int,
    n2: int,
    *,
    bonus: bool,
    self_supervised: bool,
    decay: float = 0.5,
    gamma: float = 0.9,
    rng: np.random.Generator | None = None,
) -> int:
    """Return the steps to the end of the episode in which the optimum is learned.

    It is learned when the greedy action without the bonus is right, strictly, on x_0 … x_n1.

    Args:
        n1: Steps from the start to the right end.
        n2: Steps from the start to the left end.
        bonus: Pay B(s'), which begins at 1, at the terminal states too, and falls by a factor at
            every arrival.
        self_supervised: After an episode that was paid, pay gamma phi(s') - phi(s), where phi are
            the returns along it.
        decay: That factor.
        gamma: Discount.
        rng: Breaks ties; without it the left action is taken.
    """
    learner = _Learner(n1, n2, bonus=bonus, decay=decay, gamma=gamma)
    n_steps = 0
    while not learner.knows():
        path = learner.episode(rng)
        n_steps += len(path)
        if self_supervised and learner.paid:
            learner.supervise(path)
    return n_steps


class _Learner:
    """One-step learning of V, greedy for reward, bonus and value of the successor.

    States are numbered from the left; the first and the last are terminal.
    """

    def __init__(self, n1: int, n2: int, *, bonus: bool, decay: float, gamma: float) -> None:
        self.start, self.goal = n2 + 1, n1 + n2 + 1
        self.value, self.phi = np.zeros(self.goal + 2), np.zeros(self.goal + 2)
        self.bonus = np.full(self.goal + 2, float(bonus))
        self.decay, self.gamma = decay, gamma
        self.paid = False

    def episode(self, rng: np.random.Generator | None) -> list[int]:
        """Play an episode and return the states from which it moved."""
        s, path = self.start, []
        self.bonus[s] *= self.decay
        while 0 < s <= self.goal:
            worth = self.worth(s)
            q = worth + self.bonus[[s - 1, s + 1]]
            best = np.flatnonzero(q == q.max())
            a = int(best[0] if rng is None else rng.choice(best))
            self.value[s] = worth[a]
            path.append(s)
            s += 1 if a == RIGHT else -1
            self.bonus[s] *= self.decay
        self.paid = s > self.goal
        return path

    def worth(self, s: int) -> Array:
        """Return reward and value of the successor, for left and right: `(2,)`."""
        to = np.array([s - 1, s + 1])
        shaping = self.gamma * self.phi[to] - self.phi[s]
        worth: Array = (to > self.goal) + shaping + self.gamma * self.value[to]
        return worth

    def supervise(self, path: list[int]) -> None:
        """Take the returns along an episode that was paid as the potential, and forget V."""
        self.phi[:] = self.value[:] = 0.0
        for k, s in enumerate(path):
            self.phi[s] = self.gamma ** (len(path) - 1 - k)

    def knows(self) -> bool:
        """Whether right is strictly better without the bonus from the start to the goal."""
        worth = [self.worth(s) for s in range(self.start, self.goal + 1)]
        return all(right > left for left, right in worth)
