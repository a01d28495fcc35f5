"""Potential-based shaping: guidance that cannot change which policies are optimal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from rewardlab.errors import ShaperFault, UsageError
from rewardlab.shapers.base import Array, Invariance, Need, Shaped, Shaper, Transitions
from rewardlab.shapers.tables.potentials import difference

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

Phi: TypeAlias = Callable[[Any], npt.ArrayLike]
"""Φ: raw observations `(B, …)`, or a dict of them, to potentials `(B,)`."""


class Potential(Shaper):
    """Adds F = γΦ(s') − Φ(s), with Φ(s') = 0 where s' is terminal (Ng, Harada, Russell 1999).

    Q' = Q − Φ, V' = V − Φ and A' = A: the optimal policies stay what they are, whatever Φ is. Where
    an episode is cut off by a time limit Φ(s') is kept, as the algorithm bootstraps there.

    ```python
    model.learn(10_000, callback=attach(model, Potential(lambda obs: -abs(obs[:, 0]))))
    ```

    Args:
        phi: Φ: a function of raw observations `(B, …)` to `(B,)`, or, where observations are
            integers, a table `(S,)`.

    Raises:
        UsageError: A table is no finite vector; later, it does not fit the observations.
    """

    invariance: ClassVar[Invariance] = "exact"

    def __init__(self, phi: Phi | npt.ArrayLike) -> None:
        self.phi: Phi = phi if callable(phi) else Table(phi)
        if isinstance(self.phi, Table):
            self.needs: frozenset[Need] = frozenset({"discrete_obs"})

    @classmethod
    def from_model(cls, model: BaseAlgorithm) -> Potential:
        """Return the potential Φ = V of a trained algorithm, which stays as it is now.

        V is that of its critic, see `rewardlab.shapers.model_value.ModelValue`; observations are
        normalised as they were in its training, and V is in the unit of the rewards before that.

        Raises:
            UsageError: Its critic is not known.
        """
        from rewardlab.shapers.model_value import ModelValue

        return cls(ModelValue.of(model).frozen())

    def bind(
        self,
        observation_space: gym.Space[Any],
        action_space: gym.Space[Any],
        *,
        gamma: float,
        n_envs: int,
        seed: int,
    ) -> None:
        """Learn about the algorithm; a table must fit the observations."""
        super().bind(observation_space, action_space, gamma=gamma, n_envs=n_envs, seed=seed)
        if isinstance(self.phi, Table):
            self.phi.fit(observation_space)

    def shape(self, batch: Transitions) -> Shaped:
        """Return r + F `(B,)`; the term `potential` is F."""
        assert self.gamma is not None
        f = difference(
            potential(self.phi, batch.obs, len(batch.r_ext)),
            potential(self.phi, batch.next_obs, len(batch.r_ext)),
            gamma=self.gamma,
            terminated=batch.terminated,
        )
        return Shaped(batch.r_ext + f, {"potential": f})


class Table:
    """Potentials of integer observations.

    Args:
        values: `(S,)`, one for each observation, in order.

    Raises:
        UsageError: They are no finite vector.
    """

    def __init__(self, values: npt.ArrayLike) -> None:
        try:
            self.values = np.array(values, np.float64)
        except (TypeError, ValueError):
            raise UsageError(f"a potential is a function or a table, got {values!r:.80}") from None
        self.start = 0
        if self.values.ndim != 1:
            raise UsageError(
                f"a table of potentials has one number per state, got shape {self.values.shape}"
            )
        if not np.isfinite(self.values).all():
            at = int(np.flatnonzero(~np.isfinite(self.values))[0])
            raise UsageError(f"the potential is {self.values[at]} at state {at}; it must be finite")

    def fit(self, space: gym.Space[Any]) -> None:
        """Take the observations' first number; raise `UsageError` if they are others."""
        if not isinstance(space, gym.spaces.Discrete):
            raise UsageError(
                f"a table of potentials needs discrete observations, not {space}; give a function"
            )
        if len(self.values) != space.n:
            raise UsageError(
                f"the table of potentials has {len(self.values)} states, the environment "
                f"{space.n}: give one number for each"
            )
        self.start = int(space.start)

    def __call__(self, obs: npt.NDArray[Any]) -> Array:
        """Return Φ `(B,)` of observations `(B,)`."""
        found: Array = self.values[obs - self.start if self.start else obs]
        return found


def potential(phi: Phi, obs: Any, n: int) -> Array:
    """Return Φ `(n,)` of n observations.

    Raises:
        ShaperFault: Φ returned something else.
    """
    values = np.asarray(phi(obs), np.float64)
    if values.shape != (n,):
        raise ShaperFault(
            f"a potential must return {n} numbers for {n} observations; got shape {values.shape}"
        )
    return values
