"""What is compared: each arm learns from other data, all from one pre-tuned policy per seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from rewardlab.e2cl.rollout import MODES, Mode
from rewardlab.e2cl.samples import Explored, Sample


@dataclass(frozen=True)
class Settings:
    """Sizes of a run.

    Attributes:
        pretune_share: Share of the episodes that pre-tuning learns from.
        pretune_steps: Batches of pre-tuning.
        steps: Batches of imitation; with k times its samples an arm gets k times as many.
        corrector: Chat model that corrects in teacher-free exploration; none: the world's repairs.
    """

    pretune_share: float = 0.3
    pretune_steps: int = 250
    steps: int = 500
    corrector: str = ""


class Data(NamedTuple):
    """What the phases found; parts that nobody asked for are empty.

    Attributes:
        plan: Expert prefixes.
        guided: Teacher-guided exploration.
        free: Teacher-free exploration.
    """

    plan: Explored
    guided: Explored = Explored(())
    free: Explored = Explored(())

    @property
    def everything(self) -> tuple[Sample, ...]:
        """All samples."""
        return self.plan.samples + self.guided.samples + self.free.samples


@dataclass(frozen=True)
class Arm:
    """A recipe.

    Attributes:
        about: What it is, in a few words.
        guided: Whether it learns from teacher-guided exploration.
        free: Whether it learns from teacher-free exploration.
        fitted: Whether it is fitted at all after pre-tuning.
        long: Whether it gets as many steps as E2CL, whatever its samples.
        few: Whether it is all of E2CL on so few episodes that it gets about as many samples as
            imitation on all of them.
        corrections: `"as such"`, `"none"`, or `"as plans"`: without the action that failed.
        feedback: Whether it learns from feedback.
    """

    about: str
    guided: bool = False
    free: bool = False
    fitted: bool = True
    long: bool = False
    few: bool = False
    corrections: str = "as such"
    feedback: bool = True

    @property
    def explores(self) -> bool:
        """Whether it learns from exploration."""
        return self.guided or self.free

    @property
    def modes(self) -> tuple[Mode, ...]:
        """Modes of acting for which it has learned what they need.

        Without feedback data nothing is foreseen, without corrections nothing is corrected.
        """
        foresees = self.explores and self.feedback
        corrects = self.explores and self.corrections == "as such"
        lacking = {"self": not (foresees and corrects), "oracle": not corrects}
        return tuple(mode for mode in MODES if not lacking.get(mode, False))


_E2CL = Arm("planning, feedback and corrections of both explorations", guided=True, free=True)
ARMS = {
    "pretuned": Arm("pre-tuning alone", fitted=False),
    "il": Arm("imitation of all expert prefixes"),
    "tg": Arm("imitation and teacher-guided exploration", guided=True),
    "tf": Arm("imitation and teacher-free exploration", free=True),
    "e2cl": _E2CL,
    "il-long": Arm("imitation for as many steps as e2cl", long=True),
    "e2cl-few": replace(
        _E2CL, few=True, about="e2cl on few episodes, with about il's number of samples"
    ),
    "il-df": replace(_E2CL, corrections="none", about="e2cl without its corrections"),
    "il-dup": replace(
        _E2CL,
        corrections="as plans",
        feedback=False,
        about="imitation, and corrections as plans that do not see the failed action",
    ),
}
"""All arms; those after `e2cl` are controls."""


def samples_of(arm: Arm, data: Data) -> tuple[Sample, ...]:
    """Return what an arm learns from."""
    explored = (data.guided.samples if arm.guided else ()) + (data.free.samples if arm.free else ())
    feedback = [s for s in explored if s.kind == "feedback" and arm.feedback]
    corrections = [s for s in explored if s.kind == "correct" and arm.corrections != "none"]
    if arm.corrections == "as plans":
        corrections = [replace(s, kind="plan", failed=None, error=None) for s in corrections]
    return (*data.plan.samples, *feedback, *corrections)


def steps_of(arm: Arm, data: Data, settings: Settings) -> int:
    """Return how many batches an arm is fitted to: steps x its samples / those of imitation."""
    n = len(data.everything) if arm.long else len(samples_of(arm, data))
    return round(settings.steps * n / len(data.plan.samples))


def few(data: Data, episodes: Sequence[str], *, seed: int) -> tuple[str, ...]:
    """Return so few episodes that E2CL finds on them about as many samples as imitation on all."""
    share = len(data.plan.samples) / len(data.everything)
    return drawn(episodes, share, seed=seed)


def drawn(episodes: Sequence[str], share: float, *, seed: int) -> tuple[str, ...]:
    """Return a share of the episodes, at least one, in their order."""
    n = max(1, round(share * len(episodes)))
    chosen = np.random.default_rng([seed, n]).choice(len(episodes), n, replace=False)
    return tuple(episodes[i] for i in sorted(chosen))
