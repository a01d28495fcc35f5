"""Potentials that change while an algorithm learns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from rewardlab.errors import UsageError
from rewardlab.shapers.base import Invariance, Shaped, Shaper, Transitions
from rewardlab.shapers.potential import Phi, potential
from rewardlab.shapers.tables.potentials import difference

if TYPE_CHECKING:
    from rewardlab.shapers.view import PolicyView


class DynamicPotential(Shaper):
    """Adds F = γΦ_t'(s') − Φ_t(s), each potential as it was when its state was entered.

    Devlin, Kudenko, *Dynamic Potential-Based Reward Shaping*, AAMAS 2012 (formula reconstructed).
    An episode's return changes by −Φ(s₀) of its beginning alone, however Φ changes on the way;
    with Φ(s) computed again when s is left it would not. F is therefore kept as it was when a step
    was taken: replay buffers hand it back. `Potential` with a function that changes asks it again
    instead, on both sides.

    With goals that are relabelled in hindsight (HER) F stays that of the goal of then.

    Args:
        phi: Φ of now: raw observations `(B, …)` to `(B,)`. It may change between steps. If it has
            the methods `update(policy) -> dict[str, float]`, `state_dict()` and
            `load_state_dict(state)`, they are called as those of a shaper are.

    Raises:
        UsageError: Φ is no function.
    """

    invariance: ClassVar[Invariance] = "exact"

    def __init__(self, phi: Phi) -> None:
        if not callable(phi):
            raise UsageError(
                f"DynamicPotential asks a function of observations, got {phi!r:.80}; a table that "
                "stays as it is goes into Potential"
            )
        self.phi = phi
        self._entered = np.zeros(0)

    def bind(
        self,
        observation_space: gym.Space[Any],
        action_space: gym.Space[Any],
        *,
        gamma: float,
        n_envs: int,
        seed: int,
    ) -> None:
        """Learn about the algorithm."""
        super().bind(observation_space, action_space, gamma=gamma, n_envs=n_envs, seed=seed)
        self._entered = np.zeros(n_envs)

    def begin(self, obs: Any, env_id: npt.NDArray[np.int64]) -> None:
        """Keep the potentials of first states."""
        self._entered[env_id] = potential(self.phi, obs, len(env_id))

    def shape(self, batch: Transitions) -> Shaped:
        """Return r + F `(B,)`; the term and the extra `potential` are F."""
        if batch.extras is not None:
            f = batch.extras["potential"]
        else:
            assert self.gamma is not None
            f = difference(
                self._entered[batch.env_id],
                potential(self.phi, batch.next_obs, len(batch.r_ext)),
                gamma=self.gamma,
                terminated=batch.terminated,
            )
        return Shaped(batch.r_ext + f, {"potential": f}, {"potential": f})

    def observe(self, batch: Transitions) -> None:
        """Keep the potentials of the states that were entered."""
        self._entered[batch.env_id] = potential(self.phi, batch.next_obs, len(batch.r_ext))

    def update(self, policy: PolicyView) -> dict[str, float]:
        """Let Φ learn, if it does."""
        learn = getattr(self.phi, "update", None)
        return {} if learn is None else learn(policy)

    def state_dict(self) -> dict[str, Any]:
        """Return the potentials of the current states, and Φ's own state if it has one."""
        own = getattr(self.phi, "state_dict", None)
        return {"entered": self._entered.copy(), "phi": {} if own is None else own()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        self._entered = np.array(state["entered"])
        restore = getattr(self.phi, "load_state_dict", None)
        if restore is not None:
            restore(state["phi"])
