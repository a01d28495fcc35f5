"""The steps that were collected since a shaper last learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rewardlab.shapers.base import Array, Transitions


class Collected(NamedTuple):
    """T steps of E environments, in the order in which they were taken.

    Attributes:
        obs: `(T·E, …)`, time first: row t·E + e.
        action: `(T·E, …)`.
        r_ext: `(T, E)`.
        next_obs: `(T·E, …)`.
        terminated: `(T, E)`.
        truncated: `(T, E)`.
    """

    obs: Any
    action: npt.NDArray[Any]
    r_ext: Array
    next_obs: Any
    terminated: npt.NDArray[np.bool_]
    truncated: npt.NDArray[np.bool_]

    def last(self, n: int) -> Collected:
        """Return the last n steps."""
        n_steps, n_envs = self.r_ext.shape
        flat = slice((n_steps - n) * n_envs, None)
        parts = {name: _part(getattr(self, name), flat) for name in ("obs", "action", "next_obs")}
        whole = ("r_ext", "terminated", "truncated")
        return Collected(**parts, **{name: getattr(self, name)[n_steps - n :] for name in whole})


class Steps:
    """Keeps steps until they are taken."""

    def __init__(self) -> None:
        self._kept: list[Collected] = []

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, batch: Transitions) -> None:
        """Keep a step of all environments."""
        kept = Collected(*(getattr(batch, name) for name in Collected._fields))
        self._kept.append(kept._replace(next_obs=_copied(kept.next_obs)))  # may be reused below

    def cut(self, env_id: npt.NDArray[np.int64]) -> None:
        """Episodes start: what was kept of these environments does not go on.

        Those that ended have said so; others are left when a run is checkpointed.
        """
        if self._kept:
            last = self._kept[-1]
            left = np.isin(np.arange(len(last.r_ext)), env_id) & ~last.terminated
            self._kept[-1] = last._replace(truncated=last.truncated | left)

    def take(self) -> Collected:
        """Return what was kept, one step at least, and forget it."""
        found = self._joined()
        self._kept = []
        return found

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must hold."""
        return self._joined()._asdict() if self._kept else {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        self._kept = []
        if state:
            n_steps, n_envs = state["r_ext"].shape
            for t in range(n_steps):
                rows = slice(t * n_envs, (t + 1) * n_envs)
                parts = {key: _part(state[key], rows) for key in ("obs", "action", "next_obs")}
                flags = {key: state[key][t] for key in ("r_ext", "terminated", "truncated")}
                self._kept.append(Collected(**parts, **flags))

    def _joined(self) -> Collected:
        columns = {name: [getattr(s, name) for s in self._kept] for name in Collected._fields}
        whole = ("r_ext", "terminated", "truncated")
        return Collected(
            **{k: np.stack(v) if k in whole else _concatenated(v) for k, v in columns.items()}
        )


def _copied(obs: Any) -> Any:
    if isinstance(obs, Mapping):
        return {key: np.array(part) for key, part in obs.items()}
    return np.array(obs)


def _concatenated(parts: list[Any]) -> Any:
    if isinstance(parts[0], Mapping):
        return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    return np.concatenate(parts)


def _part(obs: Any, rows: slice) -> Any:
    if isinstance(obs, Mapping):
        return {key: value[rows] for key, value in obs.items()}
    return obs[rows]
