"""A correction: a program, what was found wrong with it, and the program that came next."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from rewardlab.coders.corrections.normal import normal
from rewardlab.coders.text import CODE_LIMIT, GOAL_LIMIT, clean
from rewardlab.program.schema import Schema

SCHEMA = 1
Source = Literal["teacher_free", "teacher_guided", "human", "repair"]
SOURCES = frozenset(get_args(Source))
STAGES = frozenset({"static", "probe", "batch", "teacher"})
CLASSES = frozenset({"OK", *(f"E{i}" for i in range(1, 9))})


@dataclass(frozen=True)
class Told:
    """What a check said about a program.

    Attributes:
        code: Of the finding, one of `rewardlab.program.finding.CODES`.
        class_: `"E1"` to `"E8"`.
        stage: `"static"`, `"probe"`, `"batch"` or `"teacher"`.
        message: With its hint, as the coder was told.
        line: Line of the program, where known.
        known: Names that the finding offered instead.
        state: The offending state, where a probe found it.
    """

    code: str
    class_: str
    stage: str
    message: str
    line: int | None = None
    known: tuple[str, ...] = ()
    state: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary; the class is called `class` there."""
        told = asdict(self)
        told["known"] = list(self.known)
        return {"code": told.pop("code"), "class": told.pop("class_"), **told}


@dataclass(frozen=True, kw_only=True)
class Correction:
    """One correction record.

    Attributes:
        task: Id of the task.
        goal: What was asked.
        env_id: The environment underneath.
        env_family: Its suite, e.g. `"metaworld"`.
        scene_sha: SHA-256 of what programs of the task may read, see `scene_sha`.
        round: 1 for the first program after a draft.
        program: What was wrong.
        feedback: What was found, the worst finding first.
        fixed: What came next.
        fixed_class: Class of what was found there, `"OK"` if nothing.
        severity_before: `(rank, n)` of the program.
        severity_after: Of what came next.
        source: Who noticed: the checks alone, a teacher, a person; or that a rule repaired it.
        corrector: `"llm:<model>"`, `"rule:<name>"` or `"human"`.
        accepted: Whether the severity strictly fell.
        hollow: Whether the fix only removed what was wrong: it lost terms, or is degenerate.
        seed: Of the run.
        tokens_in: Of the reply that held the fix.
        tokens_out: Likewise.
        ts: When, in UTC.
    """

    task: str
    goal: str
    env_id: str
    env_family: str
    scene_sha: str
    round: int
    program: str
    feedback: Told
    fixed: str
    fixed_class: str
    severity_before: tuple[int, int]
    severity_after: tuple[int, int]
    source: Source
    corrector: str
    accepted: bool
    hollow: bool
    seed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    ts: str = ""

    @property
    def id(self) -> str:
        """SHA-256 of code, normal program and normal fix: equal corrections have equal ids."""
        parts = (self.feedback.code, normal(self.program), normal(self.fixed))
        return hashlib.sha256("|".join(parts).encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def useful(self) -> bool:
        """Whether it may be shown, learnt from and exported."""
        return self.accepted and not self.hollow

    def to_json(self) -> dict[str, Any]:
        """Return the record as it stands on its line."""
        return {
            "schema": SCHEMA,
            "id": self.id,
            "ts": self.ts,
            "task": self.task,
            "goal": self.goal,
            "env_id": self.env_id,
            "env_family": self.env_family,
            "scene_sha": self.scene_sha,
            "round": self.round,
            "program": self.program,
            "feedback": self.feedback.to_json(),
            "fixed": self.fixed,
            "fixed_feedback": {"class": self.fixed_class},
            "severity_before": list(self.severity_before),
            "severity_after": list(self.severity_after),
            "source": self.source,
            "corrector": self.corrector,
            "accepted": self.accepted,
            "hollow": self.hollow,
            "seed": self.seed,
            "tokens": {"in": self.tokens_in, "out": self.tokens_out},
        }

    @classmethod
    def from_json(cls, data: Any) -> Correction:
        """Read what `to_json` wrote; texts are cleaned, for the file may come from a stranger.

        Raises:
            ValueError: It is none; says why.
        """
        if not isinstance(data, dict):
            raise ValueError("it is no JSON object")
        if data.get("schema") != SCHEMA:
            raise ValueError(f"its schema is {data.get('schema')!r}, not {SCHEMA}")
        feedback, fixed, tokens = (_part(data, k) for k in ("feedback", "fixed_feedback", "tokens"))
        return cls(
            **{name: _text(data, name) for name in ("task", "env_id", "env_family", "scene_sha")},
            goal=_text(data, "goal", GOAL_LIMIT),
            program=_text(data, "program", CODE_LIMIT),
            fixed=_text(data, "fixed", CODE_LIMIT),
            round=_count(data, "round"),
            feedback=_told(feedback),
            fixed_class=_one_of(fixed, "class", CLASSES),
            severity_before=_severity(data, "severity_before"),
            severity_after=_severity(data, "severity_after"),
            source=_one_of(data, "source", SOURCES),  # type: ignore[arg-type]
            corrector=_text(data, "corrector"),
            accepted=data.get("accepted") is True,
            hollow=data.get("hollow") is not False,
            seed=_count(data, "seed"),
            tokens_in=_count(tokens, "in"),
            tokens_out=_count(tokens, "out"),
            ts=_text(data, "ts"),
        )


def scene_sha(scene: Schema) -> str:
    """Return the SHA-256 of the fields of a scene: paths, kinds, shapes and units."""
    fields = [
        (path, slot.field.kind, list(slot.field.shape), slot.field.unit)
        for path, slot in scene.layout.items()
    ]
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()


def _told(data: Mapping[str, Any]) -> Told:
    known, state, line = data.get("known") or [], data.get("state") or {}, data.get("line")
    if not isinstance(known, list) or not all(isinstance(k, str) for k in known):
        raise ValueError("feedback.known is no list of names")
    return Told(
        _text(data, "code"),
        _one_of(data, "class", CLASSES),
        _one_of(data, "stage", STAGES),
        _text(data, "message", GOAL_LIMIT),
        line if isinstance(line, int) and not isinstance(line, bool) else None,
        tuple(clean(name, 200) for name in known[:50]),
        dict(state) if isinstance(state, dict) else {},
    )


def _part(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = data.get(key)
    if not isinstance(part, dict):
        raise ValueError(f"{key} is no JSON object")
    return part


def _text(data: Mapping[str, Any], key: str, limit: int = 300) -> str:
    text = data.get(key)
    if not isinstance(text, str):
        raise ValueError(f"{key} is no text")
    if len(text) > limit:
        raise ValueError(f"{key} has more than {limit:,} characters")
    return clean(text, limit)


def _count(data: Mapping[str, Any], key: str) -> int:
    number = data.get(key)
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ValueError(f"{key} is no number of at least 0")
    return number


def _one_of(data: Mapping[str, Any], key: str, allowed: frozenset[str]) -> str:
    value = data.get(key)
    if value not in allowed:
        raise ValueError(f"{key} is {value!r}, not one of {', '.join(sorted(allowed))}")
    return str(value)


def _severity(data: Mapping[str, Any], key: str) -> tuple[int, int]:
    pair = data.get(key)
    whole = isinstance(pair, list) and [type(n) for n in pair] == [int, int]
    if not whole or min(pair) < 0:  # type: ignore[arg-type]
        raise ValueError(f"{key} is no pair of numbers")
    return pair[0], pair[1]  # type: ignore[index]
