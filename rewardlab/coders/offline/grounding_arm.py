"""From a sentence to a plan for an arm: which thing, which way, when it is done."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from rewardlab.coders.base import Request
from rewardlab.coders.offline import lexicon
from rewardlab.coders.offline.lexicon import Intent, Skill, unknown, words_of
from rewardlab.coders.offline.plan import Plan
from rewardlab.coders.offline.refusal import unknown_verb
from rewardlab.errors import GoalNotUnderstood
from rewardlab.program.schema import PartSpec, Schema


@dataclass(frozen=True)
class Scored:
    """When a task counts as solved: `|axes * (thing - goal)| <= within`.

    Attributes:
        within: Distance [m].
        axes: Weight of each coordinate.
        stated: Whether the task says so; otherwise these are the composer's own.
    """

    within: float = 0.05
    axes: tuple[float, float, float] = (1.0, 1.0, 1.0)
    stated: bool = False


def ground_arm(request: Request, intent: Intent) -> Plan:
    """Plan a program for an arm; raises `GoalNotUnderstood`."""
    skill = _arm_skill(request, intent)
    _not_against(request, intent, skill)
    family = skill.family
    things, ignored = _things(request, intent) if family != "reach" else ([], ())
    if family == "move" and any(s.name in ("pick", "lift") for s in intent.arm):
        family = "carry"
    scored = _scored(request.description)
    names = _arm_names(request, things, family)
    options: dict[str, Any] = {
        "axes": list(scored.axes),
        "tolerance": scored.within,
        "stated": scored.stated,
        "drop": _drop(request.scene),
    }
    return Plan(
        request.task_id,
        request.goal,
        skill.name,
        family,
        names,
        _arm_weights(family, skill.name),
        {**options, **_arm_options(family, skill.name, scored)},
        ignored=ignored,
    )


def _arm_skill(request: Request, intent: Intent) -> Skill:
    hand = {"hand", "gripper", "fingertips", "fingers"} & set(intent.words)
    if hand and not intent.things and any(s.name == "push" for s in intent.arm):
        return next(s for s in lexicon.ARM if s.name == "reach")
    if intent.arm:
        return intent.arm[0]
    raise GoalNotUnderstood(unknown_verb(request, intent, lexicon.ARM, "an arm"))


def _arm_weights(family: str, skill: str) -> dict[str, float]:
    if family == "reach":
        return {"reach": 4.0, "done": 4.0, "effort": 0.02}
    if family == "carry":
        return {"reach": 1.0, "grasp": 2.0, "lift": 2.0, skill: 6.0, "done": 4.0, "effort": 0.02}
    grip = {} if skill == "press" else {"grip": 0.5}
    return {"reach": 2.0, **grip, skill: 6.0, "done": 4.0, "force": 1.0, "effort": 0.02}


def _arm_options(family: str, skill: str, scored: Scored) -> dict[str, Any]:
    if family == "reach":
        return {}
    sideways = skill == "press" and scored.axes[2] == 0.0
    return {"approach": "straight" if sideways else "above"}


def _arm_names(request: Request, things: list[tuple[str, str]], family: str) -> dict[str, str]:
    names = {
        "hand": "robot.ee_position",
        "openness": "robot.gripper_openness",
        "goal": "goal_position",
    }
    if family == "reach":
        return {**names, "call": "target", "thing": "goal_position"}
    if not things or "goal_position" not in request.scene.layout:
        raise GoalNotUnderstood(
            "to move a thing the offline composer needs obj1.position and goal_position in the "
            f"scene; {request.task_id} lacks {'goal_position' if things else 'an object'}"
        )
    (first, call), *others = things
    names |= {"thing": f"{first}.position", "call": call}
    if others and family == "carry":
        second, call2 = others[0]
        names |= {"tool": names["thing"], "tool_call": call}
        names |= {"thing": f"{second}.position", "call": call2}
    return names


def _things(request: Request, intent: Intent) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """Return the parts of the scene that a sentence is about, and the words it left unused."""
    parts = [p for p in request.scene.root.parts if p.described and p.entity.field("position")]
    known = {word: part for part in reversed(parts) for word in words_of(part.doc)}
    task = words_of(request.task_id.partition("/")[2])
    missing = [
        thing
        for thing in intent.things
        if not {thing, lexicon.SYNONYMS.get(thing, thing)} & {*known, *task}
    ]
    found = [thing for thing in intent.things if thing not in missing]
    lost = [thing for thing in missing if thing not in lexicon.SETTINGS or not found]
    rest = tuple(w for w in intent.words if unknown(w, {*known, *task}))
    if lost or (rest and not found and not _pronoun(intent)):
        wanted = " or ".join(repr(word) for word in (lost or rest)[:3])
        raise GoalNotUnderstood(
            f"nothing in the scene of {request.task_id} is known as {wanted}; it has: "
            f"{_inventory(parts) or 'no objects'}"
        )
    return [(part.name, _call(part)) for part in parts], rest


def _pronoun(intent: Intent) -> bool:
    return bool({"it", "object", "thing", "them"} & set(intent.words))


def _call(part: PartSpec) -> str:
    words = re.findall(r"[a-z]+", part.doc.lower())
    nouns = [n for word in words for n in lexicon.roots(word) if n in lexicon.THINGS]
    return nouns[0] if nouns else "thing"


def _inventory(parts: list[PartSpec]) -> str:
    return "; ".join(f"{part.name} ({part.doc})" if part.doc else part.name for part in parts)


def _scored(text: str) -> Scored:
    """Find in a task's description when it counts as solved."""
    gap = r"obj1\.position to goal_position"
    if found := re.search(r"abs\(obj1\.position\[(\d)\] - \S+\) <= (\d+\.?\d*)", text):
        x, y, z = (float(i == int(found.group(1))) for i in range(3))
        return Scored(float(found.group(2)), (x, y, z), True)
    if found := re.search(rf"{gap} in x and y <= (\d+\.?\d*)", text):
        return Scored(float(found.group(1)), (1.0, 1.0, 0.0), True)
    if found := re.search(r"norm of \(([^)]*)\) \* \(obj1.*?\) <= (\d+\.?\d*)", text):
        x, y, z = (float(weight) for weight in found.group(1).split(","))
        return Scored(float(found.group(2)), (x, y, z), True)
    if found := re.search(rf"{gap} <= (\d+\.?\d*)", text):
        return Scored(float(found.group(1)), (1.0, 1.0, 1.0), True)
    return Scored()


def _drop(scene: Schema) -> float:
    """Return how far the fingertips are below the hand, as the scene says [m]."""
    doc = scene.layout["robot.ee_position"].field.doc
    found = re.search(r"fingertips are about (\d+\.?\d*) m below", doc)
    return float(found.group(1)) if found else 0.0


def _not_against(request: Request, intent: Intent, skill: Skill) -> None:
    """Refuse the opposite of what a task's goal position is for."""
    aims = lexicon.understand(request.task_id.partition("/")[2].replace("-", " ")).arm
    said = {s.name for s in intent.arm}
    for aim in aims:
        if aim.name in skill.against and aim.name not in said:
            raise GoalNotUnderstood(
                f"cannot {skill.name} in {request.task_id}: its goal_position is where it must "
                f"{aim.name}. Look for another task with: rewardlab tasks"
            )
