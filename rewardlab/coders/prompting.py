"""From a request to the messages that a chat model gets."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from rewardlab.coders.base import Attempt, Example, Request, Round
from rewardlab.coders.corrections.export import correction_values
from rewardlab.coders.corrections.record import Correction
from rewardlab.coders.features import family, features
from rewardlab.coders.templates import as_json, closure, fenced, fill, source
from rewardlab.coders.text import CODE_LIMIT, clean, one_line, untagged
from rewardlab.program import vocabulary
from rewardlab.program.entry import CALL
from rewardlab.program.finding import Finding
from rewardlab.program.rotations import QUATERNIONS
from rewardlab.program.schema import Schema
from rewardlab.program.specs import EntitySpec

Message = dict[str, str]
SIGNATURE = f"def {CALL} -> tuple[float, dict[str, float]]:\n    ..."
_N_FINDINGS, _MESSAGE_LIMIT, _FINDINGS_LIMIT = 20, 500, 12_000
_HELPER_DOCS = {
    "angle_between_vec": "[rad]",
    "angle_distance": "of poses or quaternions, as a share of pi: 0 to 1",
    "clip_and_normalize": "to [0, 1]",
    "quat2axangle": "axis and angle",
    "tolerance": "1 where x is within the bounds, falling with the distance; vectorised",
    "transform_points": "4×4 pose on (N, 3) points",
}
_OF_ORIENTATIONS = {"angle_distance", "transform_points"}
_OF_POSES = {"ObjectPose", "Pose"}


@dataclass(frozen=True)
class Prompt:
    """What is sent, and which templates made it.

    Attributes:
        messages: Chat messages, the first and the last from the user.
        template: `"generate"`, `"feedback"` or `"repair"`.
        template_hash: SHA-256 over all templates that took part.
    """

    messages: tuple[Message, ...]
    template: str
    template_hash: str


def render(request: Request) -> Prompt:
    """Return the messages for a request.

    Corrections of other tasks come first, each as a question with its answer. The next message
    holds everything about the task, and past rounds if there are any. A repair continues that
    conversation with the refused reply and its findings.
    """
    messages = [message for one in request.corrections for message in _correction(one)]
    messages.append(_message("user", fill("generate.j2", _task_values(request))))
    template = "feedback" if request.rounds else "generate"
    attempt = request.attempt
    if attempt is not None:
        said = fenced(attempt.source) if _has_code(attempt) else clean(attempt.source, CODE_LIMIT)
        messages.append(_message("assistant", said or "(nothing)"))
        findings = _repair_values(attempt, request.scene)
        messages.append(_message("user", fill("repair.j2", findings)))
        template = "repair"
    with_corrections = bool(request.corrections)
    digest = template_hash(template, with_corrections=with_corrections)
    return Prompt(tuple(messages), template, digest)


@cache
def template_hash(template: str, *, with_corrections: bool = False) -> str:
    """Return the SHA-256 over the sources of the templates that a kind of prompt is made from."""
    names = {"generate.j2"} | ({"repair.j2"} if template == "repair" else set())
    names |= {"correct.j2"} if with_corrections else set()
    digest = hashlib.sha256()
    for name in sorted(closure(names)):
        digest.update(f"{name}\0{source(name)}\0".encode())
    return digest.hexdigest()


def _task_values(request: Request) -> dict[str, Any]:
    return {
        "description": request.description,
        "goal": request.goal,
        "family": family(request.scene),
        "has": features(request.scene),
        "helpers": list(_helpers(features(request.scene))),
        "examples": [_example(example) for example in request.examples],
        "rounds": [_round(r) for r in request.rounds],
        "avoid": request.avoid,
        "signature": SIGNATURE,
    }


def _correction(one: Correction) -> tuple[Message, Message]:
    """Return a correction as a question and its answer."""
    asked = fill("correct.j2", correction_values(one))
    return _message("user", asked), _message("assistant", fenced(one.fixed))


def _example(example: Example) -> dict[str, Any]:
    return {"goal": example.goal, "source": example.source, "absent": example.absent}


def _repair_values(attempt: Attempt, scene: Schema) -> dict[str, Any]:
    unknown = any(f.code == "UnknownAttribute" for f in attempt.findings)
    return {
        "has_code": _has_code(attempt),
        "findings": list(_shown(attempt)),
        "members": list(_members(scene.root, "self")) if unknown else [],
    }


def _has_code(attempt: Attempt) -> bool:
    return all(finding.code != "NoCode" for finding in attempt.findings)


def _helpers(has: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield calls with a remark; those about orientations only where the scene has any."""
    for name, symbol in vocabulary.HELPERS.items():
        turns = name in QUATERNIONS or name in _OF_ORIENTATIONS
        if (turns and "orientation" not in has) or (name in _OF_POSES and "poses" not in has):
            continue
        yield f"{name}({', '.join(symbol.signature.positional)})", _HELPER_DOCS.get(name, "")


def _shown(attempt: Attempt) -> Iterator[str]:
    """Yield a line per finding, in all as many as fit into the limit."""
    left = _FINDINGS_LIMIT
    for i, finding in enumerate(attempt.findings):
        line = _finding(finding, attempt.source)
        left -= len(line)
        if i == _N_FINDINGS or (i and left < 0):
            yield f"- and {len(attempt.findings) - i} more"
            return
        yield line


def _finding(finding: Finding, source: str) -> str:
    """Return a finding on one line of bounded length, which closes no tag around it."""
    lines = source.splitlines()
    known = finding.line is not None and 0 < finding.line <= len(lines)
    excerpt = one_line(lines[(finding.line or 1) - 1], 200) if known else ""
    parts = [
        one_line(finding.message, _MESSAGE_LIMIT),
        f"`{excerpt}`" if excerpt else "",
        one_line(finding.hint, _MESSAGE_LIMIT),
        f"at the state {one_line(as_json(finding.state), 2000)}" if finding.state else "",
    ]
    place = "" if finding.line is None else f", line {finding.line}"
    return untagged(f"- {finding.code}{place}: " + " | ".join(part for part in parts if part))


def _round(past: Round) -> dict[str, str]:
    return {
        "general_code": clean(past.program.source, CODE_LIMIT),
        "description": clean(past.description),
        "feedback": clean(past.feedback) or "(no comment: go by what was measured)",
    }


def _members(entity: EntitySpec, path: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    parts = [part for part in entity.parts if part.described]
    hidden = {part.name for part in entity.parts if not part.described}
    yield path, tuple(name for name in entity.members if name not in hidden)
    for part in parts:
        yield from _members(part.entity, f"{path}.{part.name}")


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}
