"""Many seeds from the one that a person gives."""

from __future__ import annotations

import numpy as np


def child_seed(seed: int, i: int) -> int:
    """Return seed `i` of those that follow from `seed`, independent of each other, below 2^31."""
    return int(np.random.SeedSequence([seed, i]).generate_state(1, np.uint32)[0] >> 1)
