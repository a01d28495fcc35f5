"""A reward program as a shaper: it replaces the environment's reward, or is added as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from rewardlab.errors import UsageError
from rewardlab.program.potential import OTHER
from rewardlab.sandbox.quality import rest_of
from rewardlab.shapers.base import Array, Mode, Shaped, Shaper, Transitions

if TYPE_CHECKING:
    from rewardlab.sandbox.runner import RewardRunner


class JailedShaper(Shaper):
    """Scores recorded scene rows in the jail.

    Args:
        runner: Executes a program in its own process; closed with the shaper.
    """

    needs = frozenset({"scene"})

    def __init__(self, runner: RewardRunner) -> None:
        self.runner = runner

    @staticmethod
    def rows(batch: Transitions) -> Array:
        """Return the rows `(B, D)` of a batch."""
        if batch.scene is None:
            raise UsageError("a reward program needs environments that record their scene")
        return batch.scene

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


class ProgramShaper(JailedShaper):
    """Pays what a program says instead of the extrinsic reward."""

    mode: ClassVar[Mode] = "replace"

    def shape(self, batch: Transitions) -> Shaped:
        """Return the program's reward and its terms; one that a step did not name counts 0.

        What the reward has beyond the sum of its terms is the term `other`.

        Raises:
            RewardFault: The program failed twice on this batch.
        """
        scored = self.runner.evaluate(self.rows(batch))
        terms = dict(zip(scored.names, scored.terms.T, strict=True))
        if terms and (rest := rest_of(scored)).any():
            terms[OTHER] = terms.get(OTHER, 0.0) + rest
        return Shaped(scored.reward, terms)


class AddedProgram(ProgramShaper):
    """Adds what a program says to the extrinsic reward: what is optimal may change."""

    mode: ClassVar[Mode] = "add"

    def shape(self, batch: Transitions) -> Shaped:
        """Return `r_ext + r_program` and the program's terms."""
        shaped = super().shape(batch)
        return Shaped(batch.r_ext + shaped.reward, shaped.terms)
