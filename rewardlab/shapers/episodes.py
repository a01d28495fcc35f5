"""Whole episodes out of steps that were collected in several environments at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Episode: TypeAlias = dict[str, npt.NDArray[Any]]
"""Columns `(L, …)` of the L steps of an episode."""


class Episodes:
    """Cuts steps into episodes, keeping those that still go on.

    What never ends is kept for ever and never returned: environments need a time limit.

    Args:
        n_envs: E.
    """

    def __init__(self, n_envs: int) -> None:
        self._open: list[Episode] = [{} for _ in range(n_envs)]

    def add(
        self, columns: Mapping[str, npt.NDArray[Any]], ended: npt.NDArray[np.bool_]
    ) -> list[Episode]:
        """Return the episodes that these steps finish, in the order in which they ended.

        Args:
            columns: `(T, E, …)` each, what is to be known of every step.
            ended: `(T, E)` the episode ended with the step.
        """
        found: list[tuple[int, int, Episode]] = []
        for e, still_open in enumerate(self._open):
            start, before = 0, still_open
            for end in np.flatnonzero(ended[:, e]).tolist():
                piece = {key: column[start : end + 1, e] for key, column in columns.items()}
                found.append((end, e, _joined(before, piece)))
                start, before = end + 1, {}
            rest = {key: column[start:, e] for key, column in columns.items()}
            self._open[e] = _joined(before, rest)
        return [episode for _, _, episode in sorted(found, key=lambda item: item[:2])]

    def drop(self, env_id: npt.NDArray[np.int64]) -> None:
        """Forget what still goes on in some environments: it was left without an end."""
        for e in env_id.tolist():
            self._open[e] = {}

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must hold."""
        return {"open": [dict(episode) for episode in self._open]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        self._open = [dict(episode) for episode in state["open"]]


def _joined(first: Episode, second: Episode) -> Episode:
    if not first:
        return {key: part.copy() for key, part in second.items()}
    return {key: np.concatenate([first[key], second[key]]) for key in second}
