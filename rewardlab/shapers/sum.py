"""Several shapers at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from rewardlab.errors import UsageError
from rewardlab.shapers.base import Array, Invariance, Mode, Shaped, Shaper, Transitions

if TYPE_CHECKING:
    from rewardlab.shapers.view import PolicyView

_STRENGTH: tuple[Invariance, ...] = ("none", "approx", "exact")


class Sum(Shaper):
    """Pays what its shapers add, on top of the extrinsic reward or of the one that replaces it.

    r̂ = r + Σ F_i, or R + Σ F_i with one shaper that replaces the reward. Invariance is the weakest
    member's. Terms and numbers are named `<class>.<name>`, with a number from the second of a class
    on (`potential`, `potential2`).

    Off-policy each member learns at its own `update_every`.

    Args:
        *shapers: The members, each an object of its own.

    Raises:
        UsageError: There are none, one is there twice, two replace the reward, or they assume
            different discounts.
    """

    def __init__(self, *shapers: Shaper) -> None:
        self.shapers = shapers
        self._check()
        self._names = _names(shapers)
        self._updated_at = 0
        self.needs = frozenset().union(*(member.needs for member in shapers))
        self.update_every = int(np.gcd.reduce([member.update_every for member in shapers]))
        assumed = (member.assumed_gamma for member in shapers)
        self.gamma = next((gamma for gamma in assumed if gamma is not None), None)

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        """`"replace"` if one member replaces the reward."""
        return "replace" if any(m.mode == "replace" for m in self.shapers) else "add"

    @property
    def invariance(self) -> Invariance:  # type: ignore[override]
        """The weakest member's."""
        return min((m.invariance for m in self.shapers), key=_STRENGTH.index)

    def members(self) -> tuple[Shaper, ...]:
        """Return its shapers, in order."""
        return self.shapers

    def bind(
        self,
        observation_space: gym.Space[Any],
        action_space: gym.Space[Any],
        *,
        gamma: float,
        n_envs: int,
        seed: int,
    ) -> None:
        """Learn about the algorithm; each member gets a seed of its own."""
        super().bind(observation_space, action_space, gamma=gamma, n_envs=n_envs, seed=seed)
        for i, member in enumerate(self.shapers):
            own = int(np.random.SeedSequence([seed, i]).generate_state(1)[0])
            member.bind(observation_space, action_space, gamma=gamma, n_envs=n_envs, seed=own)

    def start(self, policy: PolicyView) -> None:
        """Meet the policy that learns."""
        self._updated_at = policy.model.num_timesteps
        for member in self.shapers:
            member.start(policy)

    def begin(self, obs: Any, env_id: npt.NDArray[np.int64]) -> None:
        """Episodes start."""
        for member in self.shapers:
            member.begin(obs, env_id)

    def shape(self, batch: Transitions) -> Shaped:
        """Return the sum; each member sees the extrinsic reward and its own extras."""
        reward = batch.r_ext if self.mode == "add" else np.zeros_like(batch.r_ext)
        terms: dict[str, Array] = {}
        extras: dict[str, Array] = {}
        for i, (name, member) in enumerate(zip(self._names, self.shapers, strict=True)):
            shaped = member.shape(_own(batch, i))
            reward = reward + shaped.reward - (batch.r_ext if member.mode == "add" else 0.0)
            terms |= {f"{name}.{key}": values for key, values in shaped.terms.items()}
            extras |= {f"{i}_{key}": values for key, values in shaped.extras.items()}
        return Shaped(reward, terms, extras)

    def observe(self, batch: Transitions) -> None:
        """Remember a collected step."""
        for i, member in enumerate(self.shapers):
            member.observe(_own(batch, i))

    def update(self, policy: PolicyView) -> dict[str, float]:
        """Let the members learn whose time it is."""
        from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm

        before, now = self._updated_at, policy.model.num_timesteps
        self._updated_at = now
        waits = isinstance(policy.model, OffPolicyAlgorithm)
        found: dict[str, float] = {}
        for name, member in zip(self._names, self.shapers, strict=True):
            if not waits or now // member.update_every > before // member.update_every:
                found |= {f"{name}.{key}": v for key, v in member.update(policy).items()}
        return found

    def metrics(self) -> dict[str, float]:
        """Return all members' numbers."""
        members = zip(self._names, self.shapers, strict=True)
        return {f"{name}.{k}": v for name, member in members for k, v in member.metrics().items()}

    def state_dict(self) -> dict[str, Any]:
        """Return all members' states."""
        return {"members": [member.state_dict() for member in self.shapers]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        for member, saved in zip(self.shapers, state["members"], strict=True):
            member.load_state_dict(saved)

    def close(self) -> None:
        """Free what the members hold."""
        for member in self.shapers:
            member.close()

    def _check(self) -> None:
        if not self.shapers:
            raise UsageError("a sum of shapers needs one or more")
        if len({id(member) for member in self.shapers}) < len(self.shapers):
            raise UsageError("a shaper is in the sum twice; build one for each, or use Scale")
        whole = [type(member).__name__ for member in self.shapers if member.mode == "replace"]
        if len(whole) > 1:
            raise UsageError(
                f"at most one shaper of a sum may replace the reward, got {', '.join(whole)}"
            )
        gammas = {member.assumed_gamma for member in self.shapers} - {None}
        if len(gammas) > 1:
            raise UsageError(
                f"the shapers of a sum assume different discounts: {sorted(gammas)}"  # type: ignore[type-var]
            )


def _own(batch: Transitions, i: int) -> Transitions:
    """Return a batch with the extras of member i alone."""
    if batch.extras is None:
        return batch
    own = f"{i}_"
    kept = {k.removeprefix(own): v for k, v in batch.extras.items() if k.startswith(own)}
    return replace(batch, extras=kept)


def _names(shapers: tuple[Shaper, ...]) -> list[str]:
    names: list[str] = []
    kinds = [type(member).__name__.lower() for member in shapers]
    for i, kind in enumerate(kinds):
        nth = kinds[: i + 1].count(kind)
        names.append(kind if nth == 1 else f"{kind}{nth}")
    return names
