"""A shaper that pays no more than so much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rewardlab.errors import UsageError
from rewardlab.shapers.base import Array, Invariance, Shaper, Transitions
from rewardlab.shapers.wrapper import Wrapper


class Clip(Wrapper):
    """Pays F, or a replaced reward R, within ±limit.

    What is cut off no longer cancels along an episode, so nothing is left of an invariance; see how
    often that happens in the metric `clip_rate`.

    Args:
        shaper: The shaper.
        limit: The bound of each step's pay.

    Raises:
        UsageError: The limit is not positive.
    """

    def __init__(self, shaper: Shaper, limit: float) -> None:
        super().__init__(shaper)
        if not limit > 0:
            raise UsageError(f"rewards are clipped at a positive limit, got {limit}")
        self.limit = float(limit)
        self._clipped = self._n = 0

    @property
    def invariance(self) -> Invariance:  # type: ignore[override]
        """None."""
        return "none"

    def factor(self, pay: Array) -> Array | float:
        """Return limit/|pay| where that is below 1."""
        found: Array = self.limit / np.maximum(np.abs(pay), self.limit)
        return found

    def observe(self, batch: Transitions) -> None:
        """Count what is clipped."""
        pay, _ = self.pay(batch)
        self._clipped += int((np.abs(pay) > self.limit).sum())
        self._n += len(pay)
        super().observe(batch)

    def metrics(self) -> dict[str, float]:
        """Return `clip_rate`, of all steps so far, beside the shaper's numbers."""
        return {**super().metrics(), "clip_rate": self._clipped / max(self._n, 1)}

    def state_dict(self) -> dict[str, Any]:
        """Return the counts and the shaper's state."""
        return {**super().state_dict(), "clipped": self._clipped, "n": self._n}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        super().load_state_dict(state)
        self._clipped, self._n = int(state["clipped"]), int(state["n"])
