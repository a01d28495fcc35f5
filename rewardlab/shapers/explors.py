"""ExploRS: an agent that learns a reward for itself, and a bonus for what it rarely saw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from rewardlab.errors import UsageError
from rewardlab.shapers import options
from rewardlab.shapers.base import Shaped, Shaper, Transitions
from rewardlab.shapers.counts import Cells, CountBonus
from rewardlab.shapers.phi_net import PhiNet
from rewardlab.shapers.phi_table import PhiTable
from rewardlab.shapers.view import PolicyView


class ExploRS(Shaper):
    """Pay r_ext + R_φ(s, a) + B(s′): self-supervised guidance and a bonus for rare states.

    φ should make the policy that learns from the sum earn more extrinsic reward. For one gradient
    step of a softmax policy that is, to first order,

        φ ← φ + η Σ_{(s,a)} π(a|s)·A(s, a)·∇_φ[R_φ(s, a) − Σ_b π(b|s)·R_φ(s, b)],

    with A the EXTRINSIC advantage, by a critic of r_ext alone: the algorithm's own one has learned
    from what is paid (the paper prints R̂ there, its derivation and code use R̄). B is that of
    `CountBonus`. Source: *Exploration-Guided Reward Shaping for Reinforcement Learning under Sparse
    Rewards*, NeurIPS 2022. Without the bonus it is the paper's SelfRS; the bonus alone, ExploB, is
    `CountBonus`.

    With `Discrete` observations and actions φ and V are tables: every five episodes, over the
    latest ten, A = Ḡ_t − V(s_t), then V(s) += critic_lr·Σ(Ḡ − V(s)) / (number of steps), with the
    policy that acted stored for each step. Otherwise R_φ = clip·tanh of a network with one hidden
    layer of 256, and A are generalised advantages (λ = .95) of a critic network over the steps
    since the last update.

    Here it differs from the paper:

    - Updates happen after rollouts, off-policy every `update_every` steps, so that all episodes
      that ended since then are learned from in a row, and episodes that a time limit cut off are
      continued by V, as Stable-Baselines3's algorithms do. Off-policy, π is the policy of the
      update, not of each step before it.
    - The paper bounds tables for its Q-learner alone. Without a bound (`clip=inf`) φ grew to tens
      times the reward beside PPO, whose values have to follow, and slowed it.
    - Networks learn once from each step in minibatches of 256, on observations whitened by their
      running moments, instead of once from each of ten episodes.
    - Continuous actions (not in the paper): Σ_b is the mean over 8 actions of the policy, A is
      normalised per minibatch and not weighted with the density π(a|s), which has no bound.

    Off-policy the replay buffer pays today's R_φ and the bonus of the time of collection.

    Args:
        bonus: Pays B; without it this is SelfRS.
        lam: λ of the bonus.
        b_max: B_max of the bonus.
        bits: Of the bonus's hash, where observations are not discrete.
        lr: η; by default .01 for tables, 1e-3 for networks (Adam).
        critic_lr: By default .01 for tables, 5e-3 for networks (Adam).
        clip: Bound of |R_φ|; by default .1, for tables off-policy .01. Both are for rewards of
            about 1: give a tenth of the size of rewards elsewhere.
        warmup: Environment steps before R_φ is paid; it learns all the same. None by default: R_φ
            begins at 0 and is bounded, so that it grows only as it learns.
        hidden: Units of the hidden layer of both networks.
        cells: As for `CountBonus`.

    Raises:
        UsageError: A number is out of its range.
    """

    def __init__(
        self,
        *,
        bonus: bool = True,
        lam: float = 1.0,
        b_max: float = 1.0,
        bits: int = 32,
        lr: float | None = None,
        critic_lr: float | None = None,
        clip: float | None = None,
        warmup: int = 0,
        hidden: int = 256,
        cells: Cells | None = None,
    ) -> None:
        options.positive("ExploRS", lr=lr, critic_lr=critic_lr)
        options.positive("ExploRS", bounded=False, clip=clip)
        options.whole("ExploRS", least=0, warmup=warmup)
        options.whole("ExploRS", hidden=hidden)
        self._bonus = CountBonus(lam=lam, b_max=b_max, bits=bits, cells=cells) if bonus else None
        self._lr, self._critic_lr, self._clip = lr, critic_lr, clip
        self._warmup, self._hidden = warmup, hidden

    def bind(
        self,
        observation_space: gym.Space[Any],
        action_space: gym.Space[Any],
        *,
        gamma: float,
        n_envs: int,
        seed: int,
    ) -> None:
        """Build table or networks from the seed; R_φ begins at 0.

        Raises:
            UsageError: Actions are neither discrete nor continuous.
        """
        super().bind(observation_space, action_space, gamma=gamma, n_envs=n_envs, seed=seed)
        if not isinstance(action_space, gym.spaces.Discrete | gym.spaces.Box):
            raise UsageError(
                f"ExploRS needs actions in a Discrete or Box space, not {action_space}"
            )
        self._n_steps = 0
        self._phi = self._learned(observation_space, action_space, n_envs, seed)
        if self._bonus is not None:
            self._bonus.bind(observation_space, action_space, gamma=gamma, n_envs=n_envs, seed=seed)

    def begin(self, obs: Any, env_id: npt.NDArray[np.int64]) -> None:
        """Episodes start."""
        self._phi.begin(env_id)

    def shape(self, batch: Transitions) -> Shaped:
        """Add R_φ and the bonus."""
        learned = self._phi.rewards(batch.obs, batch.action)
        if self._n_steps < self._warmup:
            learned = np.zeros_like(learned)
        if self._bonus is None:
            return Shaped(batch.r_ext + learned, {"phi": learned})
        paid = self._bonus.shape(batch)
        return Shaped(paid.reward + learned, {"phi": learned, **paid.terms}, paid.extras)

    def observe(self, batch: Transitions) -> None:
        """Keep the step until the next update; count."""
        self._n_steps += len(batch.r_ext)
        self._phi.observe(batch)
        if self._bonus is not None:
            self._bonus.observe(batch)

    def update(self, policy: PolicyView) -> dict[str, float]:
        """Learn φ, and the extrinsic critic after it."""
        counted = {} if self._bonus is None else self._bonus.update(policy)
        return self._phi.update(policy) | counted

    def state_dict(self) -> dict[str, Any]:
        """Return φ, critic, counts and what is not yet learned from."""
        return {
            "n_steps": self._n_steps,
            "phi": self._phi.state_dict(),
            "bonus": None if self._bonus is None else self._bonus.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        self._n_steps = int(state["n_steps"])
        self._phi.load_state_dict(state["phi"])
        if self._bonus is not None:
            self._bonus.load_state_dict(state["bonus"])

    def _learned(
        self, states: gym.Space[Any], actions: gym.Space[Any], n_envs: int, seed: int
    ) -> PhiTable | PhiNet:
        """Return what learns R_φ."""
        gamma = float(self.gamma or 0.0)
        if isinstance(states, gym.spaces.Discrete) and isinstance(actions, gym.spaces.Discrete):
            return PhiTable(
                states,
                actions,
                gamma=gamma,
                n_envs=n_envs,
                lr=0.01 if self._lr is None else self._lr,
                critic_lr=0.01 if self._critic_lr is None else self._critic_lr,
                clip=self._clip,
            )
        return PhiNet(
            states,
            actions,
            gamma=gamma,
            seed=seed,
            lr=1e-3 if self._lr is None else self._lr,
            critic_lr=5e-3 if self._critic_lr is None else self._critic_lr,
            bound=0.1 if self._clip is None else self._clip,
            hidden=self._hidden,
        )
