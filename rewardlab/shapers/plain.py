"""Rewards that need no design: the environment's own, and the task's success."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from rewardlab.shapers.base import Invariance, Mode, Shaped, Shaper, Transitions


class NativeShaper(Shaper):
    """Passes the extrinsic reward on."""

    invariance: ClassVar[Invariance] = "exact"

    def shape(self, batch: Transitions) -> Shaped:
        """Return `r_ext (B,)`."""
        return Shaped(batch.r_ext, {})


class SparseShaper(Shaper):
    """Pays 1 in every step whose successor state is a success, 0 otherwise."""

    mode: ClassVar[Mode] = "replace"

    def shape(self, batch: Transitions) -> Shaped:
        """Return `success (B,)` as 0 or 1."""
        return Shaped(batch.success.astype(np.float64), {})
