"""The learned reward of ExploRS as a table, where states and actions are integers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm

from rewardlab.shapers.base import Array, Transitions
from rewardlab.shapers.episodes import Episode, Episodes
from rewardlab.shapers.formulas import over_policy, returns_to_go
from rewardlab.shapers.steps import Steps
from rewardlab.shapers.view import PolicyView

EVERY, MEMORY = 5, 10
"""Episodes between updates (N_r) and episodes that each learns from, as in the paper."""

BOUND, Q_BOUND = 0.1, 0.01
"""Bounds of |φ| on-policy and off-policy; the latter is what the paper sets for its Q-learner."""


class PhiTable:
    """φ(s, a) and V(s), learned from whole episodes.

    Args:
        states: `Discrete`.
        actions: `Discrete`.
        gamma: Discount.
        n_envs: E.
        lr: Step size of φ.
        critic_lr: Step size of V.
        clip: Bound of |φ|; `None` is .1 on-policy, .01 off-policy.

    Attributes:
        phi: `(S, A)`.
        value: `(S,)` extrinsic values.
    """

    def __init__(
        self,
        states: gym.spaces.Discrete,
        actions: gym.spaces.Discrete,
        *,
        gamma: float,
        n_envs: int,
        lr: float,
        critic_lr: float,
        clip: float | None,
    ) -> None:
        self._states, self._actions = states, actions
        self._gamma, self._lr, self._critic_lr, self._clip = gamma, lr, critic_lr, clip
        self.phi = np.zeros((int(states.n), int(actions.n)))
        self.value = np.zeros(int(states.n))
        self._steps, self._episodes = Steps(), Episodes(n_envs)
        self._memory: list[Episode] = []
        self._n_episodes = 0

    def rewards(self, obs: Any, action: Any) -> Array:
        """Return φ(s, a) `(B,)`."""
        return np.asarray(self.phi[self._index(obs), _index(self._actions, action)])

    def begin(self, env_id: npt.NDArray[np.int64]) -> None:
        """Episodes start; what was left before its end, as when a run is stopped, is cut off."""
        if len(self._steps):
            self._steps.cut(env_id)
        else:
            self._episodes.drop(env_id)

    def observe(self, batch: Transitions) -> None:
        """Keep the step."""
        self._steps.add(batch)

    def update(self, policy: PolicyView) -> dict[str, float]:
        """Learn after every fifth episode that ended, in the order in which they did."""
        over: list[Array] = []
        for episode in self._ended(policy) if len(self._steps) else []:
            self._memory = [*self._memory, episode][-MEMORY:]
            self._n_episodes += 1
            if self._n_episodes % EVERY == 0:
                over.append(self._learn(self._bound(policy)))
        found = {"phi_norm": float(np.linalg.norm(self.phi))}
        if over:
            every = np.concatenate(over)
            found |= {"advantage": float(every.mean()), "critic_loss": float((every**2).mean())}
        return found

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must hold."""
        return {
            "phi": self.phi.copy(),
            "value": self.value.copy(),
            "n_episodes": self._n_episodes,
            "memory": [dict(episode) for episode in self._memory],
            "steps": self._steps.state_dict(),
            "episodes": self._episodes.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        self.phi, self.value = np.array(state["phi"]), np.array(state["value"])
        self._n_episodes = int(state["n_episodes"])
        self._memory = [dict(episode) for episode in state["memory"]]
        self._steps.load_state_dict(state["steps"])
        self._episodes.load_state_dict(state["episodes"])

    def _ended(self, policy: PolicyView) -> list[Episode]:
        """Return the episodes that the kept steps finish, each step with π(·|s)."""
        steps = self._steps.take()
        first = int(self._states.start)
        probs = policy.probs(first + np.arange(len(self.value)))
        shape = steps.r_ext.shape
        s = self._index(steps.obs).reshape(shape)
        columns = {
            "s": s,
            "a": _index(self._actions, steps.action).reshape(shape),
            "to": self._index(steps.next_obs).reshape(shape),
            "r_ext": steps.r_ext,
            "terminated": steps.terminated,
            "policy": probs[s],
        }
        return self._episodes.add(columns, steps.terminated | steps.truncated)

    def _learn(self, bound: float) -> Array:
        """Learn φ, then V; return what the returns were above V `(T,)`."""
        over = np.concatenate([self._over(episode) for episode in self._memory])
        s, a, policy = (np.concatenate([e[k] for e in self._memory]) for k in ("s", "a", "policy"))
        gradient = agreement(s, a, policy, over, n_states=len(self.value))
        self.phi = np.clip(self.phi + self._lr * gradient, -bound, bound)
        missing = np.bincount(s, over, len(self.value))
        self.value = self.value + self._critic_lr * missing / len(s)
        return over

    def _over(self, episode: Episode) -> Array:
        """Return Ḡ_t − V(s_t) `(L,)`; beyond a time limit Ḡ is what V foresees."""
        after = 0.0 if episode["terminated"][-1] else float(self.value[episode["to"][-1]])
        returns = returns_to_go(episode["r_ext"], gamma=self._gamma, after=after)
        return returns - self.value[episode["s"]]

    def _bound(self, policy: PolicyView) -> float:
        if self._clip is not None:
            return self._clip
        return Q_BOUND if isinstance(policy.model, OffPolicyAlgorithm) else BOUND

    def _index(self, obs: Any) -> Any:
        return _index(self._states, obs)


def agreement(s: Any, a: Any, policy: Array, advantage: Array, *, n_states: int) -> Array:
    """Return the gradient `(S, A)` by φ of Σ_t π(a|s)·A_t·[φ(s, a) − Σ_b π(b|s)·φ(s, b)].

    Args:
        s: `(T,)` states.
        a: `(T,)` actions.
        policy: `(T, A)` π(·|s) that acted.
        advantage: `(T,)` A.
        n_states: S.
    """
    t = np.arange(len(s))
    weights = np.zeros_like(policy)
    weights[t, a] = policy[t, a] * advantage
    gradient = np.zeros((n_states, policy.shape[1]))
    np.add.at(gradient, s, over_policy(weights, policy))
    return gradient


def _index(space: gym.spaces.Discrete, values: Any) -> Any:
    return np.ravel(values).astype(np.int64) - int(space.start)
