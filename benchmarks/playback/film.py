"""From scenes, one after the other, to recorded rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rewardlab.program.schema import Schema

Array: TypeAlias = npt.NDArray[np.float64]
Bank: TypeAlias = dict[str, dict[str, Array]]

MOVE, HOLD = 50, 50
"""Steps in which things go their way, and in which they stay where they are then."""


def rows(schema: Schema, blocks: Sequence[Array], actions: Sequence[Array]) -> Array:
    """Return the rows `[current | previous | initial | time | action]` of an episode.

    Args:
        schema: Its scene.
        blocks: Scene blocks `(T + 1, size)`, the first is the initial one.
        actions: Normalised actions `(T, n_action)`.
    """
    scenes, deeds = np.array(blocks), np.array(actions)
    n = len(deeds)
    first = np.repeat(scenes[:1], n, axis=0)
    time = (np.arange(n)[:, None] + 1.0) * schema.dt
    return np.hstack((scenes[1:], scenes[:-1], first, time, deeds))


def ramp(start: Array, end: Array) -> Array:
    """Return a smooth way `(MOVE + HOLD, …)` from start to end that then stays there."""
    share = np.clip(np.arange(1, MOVE + HOLD + 1) / MOVE, 0.0, 1.0)
    smooth = share * share * (3.0 - 2.0 * share)
    return start + smooth.reshape(-1, *[1] * np.ndim(start)) * (np.asarray(end) - start)
