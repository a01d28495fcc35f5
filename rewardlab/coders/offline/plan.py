"""The composer's plan: what a program will pay for, as plain data that comments can edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias


@dataclass(frozen=True)
class Change:
    """What a comment, or words of the goal, did to a plan."""

    comment: str
    effect: str


@dataclass(frozen=True)
class Plan:
    """All decisions behind a program; `draft` and `render` only write it down.

    Attributes:
        task_id: The task.
        goal: The person's sentence.
        skill: The verb that was understood, e.g. `"open"`.
        family: Kind of program: `move`, `carry`, `reach`, `gait`, `pose`, `flip` or `wave`.
        names: Members of the scene by role, e.g. `{"thing": "obj1.position"}`, and what to call
            them in the program, e.g. `{"call": "handle"}`.
        weights: What each term is worth at most per step, in order of stages.
        options: Numbers and choices of the family: tolerance, axes, approach, speed …
        changes: What comments have done so far.
        heeded: What words of the goal did besides its verb and thing: numbers, `"gently"`.
        ignored: Words of the goal that were not used.
        spared: Clauses of the goal that tell or forbid something, which no term is for.
        caveat: What a person should know before training on it.
        sample: Which candidate of the goal it is.
    """

    task_id: str
    goal: str
    skill: str
    family: str
    names: Mapping[str, str]
    weights: Mapping[str, float]
    options: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    heeded: tuple[Change, ...] = ()
    ignored: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()
    caveat: str = ""
    sample: int = 0

    def weigh(self, **weights: float) -> Plan:
        """Return the plan with these weights set; new terms come before the costs."""
        return replace(self, weights={**self.weights, **weights})

    def opt(self, **options: Any) -> Plan:
        """Return the plan with these options set."""
        return replace(self, options={**self.options, **options})

    def without(self, term: str) -> Plan:
        """Return the plan without a term."""
        return replace(self, weights={k: v for k, v in self.weights.items() if k != term})

    def changed(self, comment: str, effect: str) -> Plan:
        """Return the plan with a note of what a comment did."""
        return replace(self, changes=(*self.changes, Change(comment, effect)))

    def heeding(self, words: str, effect: str) -> Plan:
        """Return the plan with a note of what words of its goal did."""
        return replace(self, heeded=(*self.heeded, Change(words, effect)))

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return asdict(self)


Number: TypeAlias = float | tuple[float, ...]


class Piece(NamedTuple):
    """One term of a program.

    Attributes:
        term: Its name.
        doc: What it pays for, in a few words.
        value: Expression, between 0 and 1; for a cost the amount of it.
        lines: Code that the expression needs.
        cost: Whether it is subtracted.
    """

    term: str
    doc: str
    value: str
    lines: tuple[str, ...] = ()
    cost: bool = False


class Draft(NamedTuple):
    """A program before it is written out; what no term uses is left away.

    Attributes:
        members: Local names and what of the scene they are: `(name, expression)`.
        pieces: The terms that it could have, stage by stage, costs last; a plan's weights choose.
        constants: Named sizes with their comments: `(name, value, comment)`.
    """

    members: tuple[tuple[str, str], ...]
    pieces: tuple[Piece, ...]
    constants: tuple[tuple[str, Number, str], ...] = ()
