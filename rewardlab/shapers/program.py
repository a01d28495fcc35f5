"""A reward program as a shaper: it replaces the environment's reward."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from rewardlab.errors import UsageError
from rewardlab.sandbox.quality import rest_of
from rewardlab.shapers.base import Mode, Shaped, Shaper, Transitions

if TYPE_CHECKING:
    from rewardlab.sandbox.runner import RewardRunner

OTHER = "other"
"""Name of what a reward has beyond the sum of its terms."""


class ProgramShaper(Shaper):
    """Scores recorded scene rows in the jail, one batch per step of all environments.

    Args:
        runner: Executes the program in its own process; closed with the shaper.
    """

    mode: ClassVar[Mode] = "replace"

    def __init__(self, runner: RewardRunner) -> None:
        self.runner = runner

    def shape(self, batch: Transitions) -> Shaped:
        """Return the program's reward and its terms; one that a step did not name counts 0.

        What the reward has beyond the sum of its terms is the term `other`.

        Raises:
            RewardFault: The program failed twice on this batch.
        """
        if batch.scene is None:
            raise UsageError("a reward program needs environments that record their scene")
        scored = self.runner.evaluate(batch.scene)
        terms = dict(zip(scored.names, scored.terms.T, strict=True))
        if terms and (rest := rest_of(scored)).any():
            terms[OTHER] = terms.get(OTHER, 0.0) + rest
        return Shaped(scored.reward, terms)

    def metrics(self) -> dict[str, float]:
        """Return calls, latencies [µs] and faults of the worker."""
        return self.runner.metrics()

    def state_dict(self) -> dict[str, Any]:
        """Return the worker's counts."""
        return self.runner.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`; that of an older run is empty."""
        if state:
            self.runner.load_state_dict(state)

    def close(self) -> None:
        """End the worker process."""
        self.runner.close()
