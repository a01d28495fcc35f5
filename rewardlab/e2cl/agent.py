"""What acts in a world."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from rewardlab.e2cl.world import Action, View


class Agent(Protocol):
    """Plans, foresees and corrects; a network does (`Policy`), and a text model (`TextAgent`)."""

    def plan(self, view: View, rng: np.random.Generator | None = None) -> Action:
        """Return the next action; with `rng` a drawn one."""

    def correct(self, view: View, failed: Action, error: str) -> Action:
        """Return the action to take instead of one that gets an answer of kind `error`."""

    def foresee(self, view: View, action: Action) -> str:
        """Return the likeliest kind of answer to an action."""
