"""A shaper with a weight."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rewardlab.errors import UsageError
from rewardlab.shapers.base import Array, Invariance, Shaper
from rewardlab.shapers.wrapper import Wrapper


class Scale(Wrapper):
    """Pays a constant multiple: r̂ = r + w·F, or w·R where the shaper replaces the reward.

    Invariance stays: wF is that of the potential wΦ. A replaced reward needs w > 0 for it.

    Args:
        shaper: The shaper.
        weight: w.

    Raises:
        UsageError: The weight is not finite.
    """

    def __init__(self, shaper: Shaper, weight: float) -> None:
        super().__init__(shaper)
        if not math.isfinite(weight):
            raise UsageError(f"the weight of a shaper is a finite number, got {weight}")
        self.weight = float(weight)

    @property
    def invariance(self) -> Invariance:  # type: ignore[override]
        """The shaper's, unless the sign of a whole reward is turned."""
        turned = self.mode == "replace" and self.weight <= 0
        return "none" if turned else self.shaper.invariance

    def cautions(self, gamma: float, weight: float = 1.0) -> Iterator[str]:
        """Yield the shaper's, for what it is paid times the weight."""
        return self.shaper.cautions(gamma, weight * self.weight)

    def factor(self, pay: Array) -> Array | float:
        """Return w."""
        return self.weight
