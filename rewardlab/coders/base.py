"""Who writes programs: the contract between the loop and a coder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from rewardlab.coders.corrections.record import Correction
from rewardlab.program.finding import Finding
from rewardlab.program.program import RewardProgram
from rewardlab.program.schema import Schema


@dataclass(frozen=True)
class Example:
    """A solved task shown to a coder (few-shot).

    Attributes:
        task_id: Its task.
        goal: What was asked.
        source: The program.
        absent: Members of its scene that it reads and that the asked scene lacks, e.g.
            `("self.goal_position",)`.
    """

    task_id: str
    goal: str
    source: str
    absent: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class Round:
    """One past round of a refinement: a program, what was seen, what a person said.

    Attributes:
        program: The program that was trained.
        description: What happened: success with its interval, statistics of the terms.
        feedback: The person's comment.
    """

    program: RewardProgram
    description: str
    feedback: str


@dataclass(frozen=True)
class Attempt:
    """A reply that did not pass: sent back in a repair prompt.

    Attributes:
        source: The program; the whole reply if the finding is that it holds none (`NoCode`).
        findings: Why it was refused.
    """

    source: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Request:
    """All that a coder may use to write a program: plain values, no environment.

    Attributes:
        task_id: The task.
        goal: What the policy should do, in a person's words.
        scene: What the program may read.
        description: The scene as text, from `Task.describe`.
        tips: Facts about the task.
        examples: Solved tasks to show.
        retrieval: JSON-ready record of how these were chosen, for the run folder.
        rounds: Past rounds, oldest first; not empty when refining.
        attempt: The reply to repair, when repairing.
        corrections: Corrections of other tasks to show.
        avoid: Names that coders invent in this environment, each with what is there instead.
        sample: Index of the candidate, so that `k` candidates differ.
        seed: The run's seed.
    """

    task_id: str
    goal: str
    scene: Schema
    description: str
    tips: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    retrieval: Mapping[str, Any] = field(default_factory=dict)
    rounds: tuple[Round, ...] = ()
    attempt: Attempt | None = None
    corrections: tuple[Correction, ...] = ()
    avoid: tuple[tuple[str, str], ...] = ()
    sample: int = 0
    seed: int = 0


@dataclass(frozen=True)
class Reply:
    """What a coder answered.

    Attributes:
        text: The whole reply, code fences and all.
        origin: Who wrote it: `"offline"` or the model's name.
        tokens: Prompt and completion tokens, where counted.
        record: JSON-ready record of the call for the run folder: messages, template and its hash,
            model, temperature, tokens, cached; never a key or a header.
        notes: JSON-ready facts for `RewardProgram.notes`, e.g. the composer's plan.
    """

    text: str
    origin: str
    tokens: Mapping[str, int] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)


class Coder(Protocol):
    """Writes reward programs.

    One that may be asked from several threads at a time says with how many by an attribute
    `n_concurrent`.
    """

    name: str

    def write(self, request: Request) -> Reply:
        """Answer a request.

        Raises:
            CoderError: The service failed, in one line that says why and what to do.
            GoalNotUnderstood: The offline composer cannot ground the goal.
        """
        ...
