"""What exploration yields: samples to plan, to foresee feedback and to correct."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rewardlab.e2cl.world import Action, View
from rewardlab.errors import UsageError

Kind = Literal["plan", "feedback", "correct"]
KINDS: tuple[Kind, ...] = ("plan", "feedback", "correct")


class Origin(NamedTuple):
    """Where a sample comes from: the step of an episode, met in a phase of a run with a seed."""

    episode: str
    step: int
    seed: int
    phase: str


@dataclass(frozen=True, eq=False)
class Sample:
    """One thing to learn.

    Attributes:
        kind: What is asked in the view: the next action, the answer to an action, or the action
            to take instead of one that fails.
        view: What the agent sees.
        action: The action to take (plan, correct), or the one that is judged (feedback).
        answer: The world's answer to it (feedback), else None.
        failed: The action that fails (correct), else None.
        error: The kind of answer that it gets (correct), else None.
        origin: Where it comes from.
    """

    kind: Kind
    view: View
    action: Action
    origin: Origin
    answer: str | None = None
    failed: Action | None = None
    error: str | None = None


class Explored(NamedTuple):
    """What a phase yields.

    Attributes:
        samples: In the order of episodes and steps.
        lost: Episodes whose teacher gave up or failed before it was done.
    """

    samples: tuple[Sample, ...]
    lost: int = 0

    def of(self, *kinds: Kind) -> tuple[Sample, ...]:
        """Return the samples of some kinds."""
        return tuple(sample for sample in self.samples if sample.kind in kinds)


def merged(parts: Iterable[Explored], phase: str) -> Explored:
    """Return the parts as one.

    Raises:
        UsageError: They hold nothing.
    """
    parts = list(parts)
    samples = tuple(sample for part in parts for sample in part.samples)
    if not samples:
        raise UsageError(
            f"phase {phase!r} yielded no sample from {len(parts)} episodes: nothing can be learned "
            "from it; give it episodes whose expert does not fail at once"
        )
    return Explored(samples, sum(part.lost for part in parts))
