"""What shapers that change another one's rewards have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from rewardlab.shapers.base import Array, Invariance, Mode, Shaped, Shaper, Transitions

if TYPE_CHECKING:
    from rewardlab.shapers.view import PolicyView


class Wrapper(Shaper):
    """Forwards everything to one shaper; a subclass says by which `factor` it pays less or more.

    What a shaper pays is F = r̂ − r if it adds to the extrinsic reward r, else r̂.

    Args:
        shaper: The shaper.
    """

    def __init__(self, shaper: Shaper) -> None:
        self.shaper = shaper
        self.needs = shaper.needs
        self.update_every = shaper.update_every
        self.gamma = shaper.assumed_gamma

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        """The shaper's."""
        return self.shaper.mode

    @property
    def invariance(self) -> Invariance:  # type: ignore[override]
        """The shaper's, where what it pays changes by a constant factor."""
        return self.shaper.invariance

    @abstractmethod
    def factor(self, pay: Array) -> Array | float:
        """Return by what each pay `(B,)` is multiplied; pure."""

    def kept(self) -> float:
        """Return the share of the extrinsic reward that is paid beside it; pure."""
        return float(self.mode == "add")

    def pay(self, batch: Transitions) -> tuple[Array, Shaped]:
        """Return what the shaper itself pays `(B,)`, and all that it says."""
        shaped = self.shaper.shape(batch)
        return shaped.reward - batch.r_ext if self.mode == "add" else shaped.reward, shaped

    def members(self) -> tuple[Shaper, ...]:
        """Return the one shaper."""
        return (self.shaper,)

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
        self.shaper.bind(observation_space, action_space, gamma=gamma, n_envs=n_envs, seed=seed)

    def start(self, policy: PolicyView) -> None:
        """Meet the policy that learns."""
        self.shaper.start(policy)

    def begin(self, obs: Any, env_id: npt.NDArray[np.int64]) -> None:
        """Episodes start."""
        self.shaper.begin(obs, env_id)

    def shape(self, batch: Transitions) -> Shaped:
        """Return the changed reward; terms change by the same factor."""
        pay, shaped = self.pay(batch)
        factor = self.factor(pay)
        terms = {name: values * factor for name, values in shaped.terms.items()}
        return Shaped(pay * factor + self.kept() * batch.r_ext, terms, shaped.extras)

    def observe(self, batch: Transitions) -> None:
        """Remember a collected step."""
        self.shaper.observe(batch)

    def update(self, policy: PolicyView) -> dict[str, float]:
        """Let the shaper learn."""
        return self.shaper.update(policy)

    def metrics(self) -> dict[str, float]:
        """Return the shaper's numbers."""
        return self.shaper.metrics()

    def state_dict(self) -> dict[str, Any]:
        """Return the shaper's state."""
        return {"shaper": self.shaper.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        self.shaper.load_state_dict(state["shaper"])

    def close(self) -> None:
        """Free what the shaper holds."""
        self.shaper.close()
