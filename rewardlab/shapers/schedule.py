"""A shaper whose weight changes while an algorithm learns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from rewardlab.errors import UsageError
from rewardlab.shapers import options
from rewardlab.shapers.base import Array, Invariance, Shaper, Transitions
from rewardlab.shapers.wrapper import Wrapper

Weight: TypeAlias = Callable[[int], float] | tuple[float, float, int]
"""w of the number of observed steps, or `(start, end, n_steps)` of a straight line, flat after."""


class Schedule(Wrapper):
    """Pays r̂ = r + w(t)·F; a shaper that replaces the reward gives way: r̂ = (1 − w)·r + w·R.

    t counts the environment steps that were observed. With w → 0 any shaper is invariant in the
    limit: in the end the algorithm learns from the extrinsic reward alone. On the way not even an
    exact one is: an episode during which w changes adds Σ γ^t(w_{t−1} − w_t)Φ(s_t) to its return,
    so `invariance` is `"approx"` at best. Replay buffers pay the current weight on all steps.

    Args:
        shaper: The shaper.
        weight: w, see `Weight`.

    Raises:
        UsageError: It is neither a function nor a line, or a line has no end or no length.
    """

    def __init__(self, shaper: Shaper, weight: Weight) -> None:
        super().__init__(shaper)
        if not callable(weight) and not (isinstance(weight, tuple | list) and len(weight) == 3):
            raise UsageError(
                "the weight of a schedule is a function of steps or (start, end, n_steps), got "
                f"{weight!r:.80}"
            )
        self.weight = weight if callable(weight) else line(*weight)
        self.n_steps = 0

    @property
    def invariance(self) -> Invariance:  # type: ignore[override]
        """At best approximate."""
        return "none" if self.shaper.invariance == "none" else "approx"

    def factor(self, pay: Array) -> Array | float:
        """Return w of now."""
        return float(self.weight(self.n_steps))

    def kept(self) -> float:
        """Return 1, or 1 − w beside a reward that is replaced."""
        return 1.0 if self.mode == "add" else 1.0 - float(self.weight(self.n_steps))

    def observe(self, batch: Transitions) -> None:
        """Count steps."""
        super().observe(batch)
        self.n_steps += len(batch.r_ext)

    def metrics(self) -> dict[str, float]:
        """Return `weight` beside the shaper's numbers."""
        return {**super().metrics(), "weight": float(self.weight(self.n_steps))}

    def state_dict(self) -> dict[str, Any]:
        """Return the count and the shaper's state."""
        return {**super().state_dict(), "n_steps": self.n_steps}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        super().load_state_dict(state)
        self.n_steps = int(state["n_steps"])


def line(start: float, end: float, n_steps: int) -> Callable[[int], float]:
    """Return w(t) that goes straight from `start` to `end` within `n_steps` and stays there.

    Raises:
        UsageError: There are no steps, or an end is no finite number.
    """
    options.finite("Schedule", start=start, end=end)
    options.whole("Schedule", n_steps=n_steps)
    return lambda t: start + (end - start) * min(t / n_steps, 1.0)
