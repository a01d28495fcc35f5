"""From a sentence to a plan for an arm: which thing, which way, when it is done."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from rewardlab.coders.base import Request
from rewardlab.coders.offline import lexicon
from rewardlab.coders.offline.lexicon import Intent, Skill, unknown, words_of
from rewardlab.coders.offline.plan import Plan
from rewardlab.coders.offline.refusal import unknown_verb
from rewardlab.errors import GoalNotUnderstood
from rewardlab.program.schema import Schema


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


class Thing(NamedTuple):
    """Something that an arm may move.

    Attributes:
        path: Its position in the scene.
        call: What programs call it.
        doc: What it is.
    """

    path: str
    call: str
    doc: str


_HAND = re.compile(
    r"(?:bodies|sites)\.\w*(?:fingertip|tips_arm|end_effector|gripper|grip|hand|tcp|ee)\.position"
)
_GOAL = re.compile(r"(?:bodies|sites)\.\w*(?:target|goal)\w*\.position")
_THING = re.compile(r"bodies\.(\w*(?:obj|cube|puck|ball|block|peg)\w*)\.position")


def find_arm(scene: Schema) -> dict[str, str]:
    """Find the hand, its gripper and the goal in a scene, by the names of its members."""
    known = {
        "hand": "robot.ee_position",
        "openness": "robot.gripper_openness",
        "goal": "goal_position",
    }
    names = {role: path for role, path in known.items() if path in scene.layout}
    for role, pattern in (("hand", _HAND), ("goal", _GOAL)):
        path = next((p for p in scene.layout if pattern.fullmatch(p)), None)
        if path is not None:
            names.setdefault(role, path)
    return names if "hand" in names and "goal" in names else {}


def ground_arm(request: Request, intent: Intent, arm: Mapping[str, str]) -> Plan:
    """Plan a program for an arm; raises `GoalNotUnderstood`."""
    skill = _arm_skill(request, intent)
    _not_against(request, intent, skill)
    family = skill.family
    if family == "move" and any(s.name in ("pick", "lift") for s in intent.arm):
        family = "carry"
    things, ignored = _things(request, intent) if family != "reach" else ([], ())
    scored = _scored(request.description)
    weights = _arm_weights(family, skill.name)
    if "openness" not in arm:
        if family == "carry":
            raise GoalNotUnderstood(
                f"to {skill.name} something the offline composer needs robot.gripper_openness in "
                f"the scene; {request.task_id} lacks it"
            )
        weights.pop("grip", None)
    driven = arm["hand"] == "robot.ee_position"  # its action moves the hand along x, y, z
    if not driven:
        weights.pop("force", None)
    options = {
        "axes": list(scored.axes),
        "tolerance": scored.within,
        "stated": scored.stated,
        "driven": driven,
        "drop": _drop(request.scene, arm["hand"]),
        **_arm_options(family, skill.name, scored),
    }
    names = {**arm, **_named(request, things, arm, family)}
    return Plan(
        request.task_id,
        request.goal,
        skill.name,
        family,
        names,
        weights,
        options,
        ignored=ignored,
    )


def _arm_skill(request: Request, intent: Intent) -> Skill:
    hand = {"hand", "gripper", "fingertips", "fingers"} & set(intent.words)
    if hand and not intent.things and any(s.name == "push" for s in intent.arm):
        return next(s for s in lexicon.ARM if s.name == "reach")
    if intent.arm:
        return intent.arm[0]
    foreign = tuple(skill.name for skill in intent.body)
    raise GoalNotUnderstood(unknown_verb(request, intent, lexicon.ARM, foreign, "an arm"))


def _arm_weights(family: str, skill: str) -> dict[str, float]:
    if family == "reach":
        return {"reach": 4.0, "done": 4.0, "effort": 0.02}
    if family == "carry":
        return {"reach": 1.0, "grasp": 2.0, "lift": 2.0, skill: 6.0, "done": 4.0, "effort": 0.02}
    grip = {} if skill == "press" else {"grip": 1.0}
    return {"reach": 2.0, **grip, skill: 6.0, "done": 4.0, "force": 1.0, "effort": 0.02}


def _arm_options(family: str, skill: str, scored: Scored) -> dict[str, Any]:
    if family == "reach":
        return {}
    sideways = skill == "press" and scored.axes[2] == 0.0
    return {"approach": "straight" if sideways else "above"}


def _named(
    request: Request, things: list[Thing], arm: Mapping[str, str], family: str
) -> dict[str, str]:
    """Return the roles of the things that an arm moves."""
    if family == "reach":
        return {"call": "target", "thing": arm["goal"]}
    if not things:
        raise GoalNotUnderstood(
            "to move a thing the offline composer needs obj1.position and goal_position in the "
            f"scene; {request.task_id} lacks an object"
        )
    first, *others = things
    if others and family == "carry":
        tool = {"tool": first.path, "tool_call": first.call}
        return {**tool, "thing": others[0].path, "call": others[0].call}
    return {"thing": first.path, "call": first.call}


def _things(request: Request, intent: Intent) -> tuple[list[Thing], tuple[str, ...]]:
    """Return the things of a scene if a sentence is about them, and the words it left unused."""
    things = _movables(request.scene)
    known = {word for thing in things for word in words_of(thing.doc)}
    known |= words_of(request.task_id.partition("/")[2])
    missing = [
        noun for noun in intent.things if not {noun, lexicon.SYNONYMS.get(noun, noun)} & known
    ]
    found = [noun for noun in intent.things if noun not in missing]
    lost = [noun for noun in missing if noun not in lexicon.SETTINGS or not found]
    rest = tuple(word for word in intent.words if unknown(word, known))
    if lost or (rest and not found and not _pronoun(intent)):
        wanted = " or ".join(repr(word) for word in (lost or rest)[:3])
        has = "; ".join(f"{thing.path.split('.')[-2]} ({thing.doc})" for thing in things)
        raise GoalNotUnderstood(
            f"nothing in the scene of {request.task_id} is known as {wanted}; it has: "
            f"{has or 'no objects'}"
        )
    return things, rest


def _movables(scene: Schema) -> list[Thing]:
    parts = [p for p in scene.root.parts if p.described and p.entity.field("position")]
    if parts:
        return [Thing(f"{part.name}.position", _call(part.doc), part.doc) for part in parts]
    found = [match for path in scene.layout if (match := _THING.fullmatch(path))]
    return [Thing(m.group(0), _call(m.group(1)), m.group(1).replace("_", " ")) for m in found]


def _pronoun(intent: Intent) -> bool:
    return bool({"it", "object", "thing", "them"} & set(intent.words))


def _call(doc: str) -> str:
    words = re.findall(r"[a-z]+", doc.lower())
    nouns = [n for word in words for n in lexicon.roots(word) if n in lexicon.THINGS]
    return nouns[0] if nouns else "thing"


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


def _drop(scene: Schema, hand: str) -> float:
    """Return how far the fingertips are below the hand, as the scene says [m]."""
    doc = scene.layout[hand].field.doc
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
