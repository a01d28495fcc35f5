"""What a loop learns from and by: correction records, rules, and what exploring finds.

Algorithm B1 of the exploration-based error correction of reward programs (after E2CL, arXiv
2409.03256): the coder is the agent, a program its action, sandbox and recorded states are the
environment, and every draft that is followed by a less severe one is a correction to learn from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from rewardlab.coders.base import Request
from rewardlab.coders.corrections.file import Broken, append, corrections_file
from rewardlab.coders.corrections.record import Correction, Source, scene_sha
from rewardlab.coders.text import CODE_LIMIT, GOAL_LIMIT, clean
from rewardlab.design.draft import Draft, hollow
from rewardlab.design.severity import told, worst
from rewardlab.design.verdict import Verdict
from rewardlab.errors import StorageError
from rewardlab.program.finding import Finding
from rewardlab.program.program import RewardProgram
from rewardlab.program.schema import Schema

if TYPE_CHECKING:
    from rewardlab.envs.tasks import Task


class Explored(NamedTuple):
    """What trying a valid program on many states, or beside a teacher, found.

    Attributes:
        findings: Of the classes E7 and E8; they go back to the coder.
        score: How well a teacher is paid by it, in [0, 1].
    """

    findings: tuple[Finding, ...] = ()
    score: float = 0.0


class Mended(NamedTuple):
    """A program that a rule made of another one, and the rule's name."""

    source: str
    rule: str


Explore: TypeAlias = Callable[[RewardProgram, Verdict], Explored]
Mend: TypeAlias = Callable[[str, Finding, Schema], Iterable[Mended]]
Recall: TypeAlias = Callable[[Request], Request]


def nothing(program: RewardProgram, verdict: Verdict) -> Explored:
    """Explore nothing."""
    return Explored()


def no_rules(source: str, finding: Finding, scene: Schema) -> tuple[Mended, ...]:
    """Mend nothing."""
    return ()


def as_it_is(request: Request) -> Request:
    """Recall nothing."""
    return request


@dataclass
class Journal:
    """Keeps corrections in a file.

    Attributes:
        file: The file; `None` keeps none.
        env_id: The environment.
        env_family: Its suite.
        kept: How many were written.
        trouble: Why no more are.
        skipped: Lines of the file that could not be read, and why.
    """

    file: Path | None = None
    env_id: str = ""
    env_family: str = ""
    kept: int = 0
    trouble: str = ""
    skipped: tuple[Broken, ...] = ()

    def keep(
        self,
        request: Request,
        before: Draft,
        after: Draft,
        *,
        number: int,
        corrector: str,
        tokens: Mapping[str, int] | None = None,
    ) -> None:
        """Write down what came of a draft; whether it is a correction the record says.

        Nothing came of it where no program was checked: no code, or the same as before.
        """
        finding = worst(before.findings)
        if self.file is None or finding is None or after.verdict is None:
            return
        tokens = tokens or {}
        record = Correction(
            task=request.task_id,
            goal=clean(request.goal, GOAL_LIMIT),
            env_id=self.env_id,
            env_family=self.env_family,
            scene_sha=scene_sha(request.scene),
            round=number,
            program=clean(before.text, CODE_LIMIT),
            feedback=told(finding),
            fixed=clean(after.text, CODE_LIMIT),
            fixed_class=after.severity.error,
            severity_before=before.severity,
            severity_after=after.severity,
            source=_source(before, corrector),
            corrector=corrector,
            accepted=after.severity < before.severity,
            hollow=hollow(before, after),
            seed=request.seed,
            tokens_in=tokens.get("prompt_tokens", 0),
            tokens_out=tokens.get("completion_tokens", 0),
        )
        try:
            append(self.file, record)
            self.kept += 1
        except StorageError as error:  # what was learnt is lost, but not what was asked for
            self.file, self.trouble = None, str(error)


@dataclass(frozen=True)
class Correcting:
    """How a loop corrects and what it remembers of that.

    Attributes:
        journal: Where corrections are kept.
        explore: Finds what validation does not, in programs that passed it.
        mend: Proposes repairs by rule; each is validated again.
        recall: Adds what was learnt to a request.
    """

    journal: Journal = field(default_factory=Journal)
    explore: Explore = nothing
    mend: Mend = no_rules
    recall: Recall = as_it_is


def journal_of(task: Task, corrections: str | Path | None) -> Journal:
    """Return the journal for a task, see `corrections_file`."""
    return Journal(corrections_file(corrections), task.env_id, task.suite)


def _source(before: Draft, corrector: str) -> Source:
    if corrector.startswith("rule:"):
        return "repair"
    return "teacher_guided" if before.severity.error == "E8" else "teacher_free"
