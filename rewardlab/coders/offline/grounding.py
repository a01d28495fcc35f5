"""From a sentence and a scene to a plan, or to the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rewardlab.coders.base import Request
from rewardlab.coders.offline import lexicon
from rewardlab.coders.offline.lexicon import Intent, Skill
from rewardlab.coders.offline.plan import Plan
from rewardlab.errors import GoalNotUnderstood, closest
from rewardlab.program.schema import PartSpec, Schema

_STOP = (
    "a about across again against all along an and arm around as at away be by carefully "
    "clockwise completely control coordination counter-clockwise counterclockwise direction "
    "do end fall falling fast for free from fully gently get goal gripper half hand in "
    "initial inside into is it its joint keep let m make me meter meters metre metres middle "
    "much object of off on one onto or other out over place please position quickly revolving "
    "robot s second seconds see should sliding slowly so some target that the them then there "
    "thing through to top toward towards turn under until upright us use using want way while "
    "with without x y you your z"
)
STOP = frozenset(_STOP.split())


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


def ground(request: Request) -> Plan:
    """Plan a program for a goal.

    Raises:
        GoalNotUnderstood: The sentence names no skill that is known, or one that this scene has
            no body for, or a thing that is not in the scene, or the opposite of the task.
    """
    intent = lexicon.understand(request.goal)
    if not intent.words:
        raise GoalNotUnderstood(f"the goal is empty; say what to do, e.g. {_example(request)}")
    if "robot.ee_position" in request.scene.layout:
        return _ground_arm(request, intent)
    body = _body(request.scene)
    if body:
        return _ground_body(request, intent, body)
    raise GoalNotUnderstood(
        "the offline composer needs an arm (robot.ee_position with obj1.position or goal_position) "
        "or a body with velocity_x in the scene; this one has neither. Write the program yourself "
        "or use --coder openai"
    )


# ----------------------------------------------------------------------------------------- arms


def _ground_arm(request: Request, intent: Intent) -> Plan:
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
    raise GoalNotUnderstood(_unknown_verb(request, intent, lexicon.ARM, "an arm"))


def _arm_weights(family: str, skill: str) -> dict[str, float]:
    if family == "reach":
        return {"reach": 4.0, "done": 4.0, "effort": 0.02}
    if family == "carry":
        return {"reach": 1.0, "grasp": 2.0, "lift": 2.0, skill: 6.0, "done": 4.0, "effort": 0.02}
    grip = {} if skill == "press" else {"grip": 0.5}
    return {"reach": 2.0, **grip, skill: 6.0, "done": 4.0, "effort": 0.02}


def _arm_options(family: str, skill: str, scored: Scored) -> dict[str, Any]:
    if family == "reach":
        return {}
    sideways = skill == "press" and scored.axes[2] == 0.0
    approach = {"approach": "straight" if sideways else "above"}
    return approach if family == "carry" else {**approach, "slack": 0.03}


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
    known = {word: part for part in reversed(parts) for word in _words(part.doc)}
    task = _words(request.task_id.partition("/")[2])
    missing = [
        thing
        for thing in intent.things
        if not {thing, lexicon.SYNONYMS.get(thing, thing)} & {*known, *task}
    ]
    found = [thing for thing in intent.things if thing not in missing]
    lost = [thing for thing in missing if thing not in lexicon.SETTINGS or not found]
    rest = tuple(w for w in intent.words if _meaningless(w, {*known, *task}))
    if lost or (rest and not found and not _pronoun(intent)):
        wanted = " or ".join(repr(word) for word in (lost or rest)[:3])
        raise GoalNotUnderstood(
            f"nothing in the scene of {request.task_id} is known as {wanted}; it has: "
            f"{_inventory(parts) or 'no objects'}"
        )
    return [(part.name, _call(part)) for part in parts], rest


def _meaningless(word: str, known: set[str]) -> bool:
    forms = set(lexicon.roots(word))
    verbs = {verb for skill in (*lexicon.ARM, *lexicon.BODY) for verb in skill.words}
    return not (
        forms & (verbs | known | STOP | lexicon.THINGS | lexicon.SETTINGS)
        or lexicon.direction(word)
    )


def _pronoun(intent: Intent) -> bool:
    return bool({"it", "object", "thing", "them"} & set(intent.words))


def _words(text: str) -> set[str]:
    return {root for word in re.findall(r"[a-z]+", text.lower()) for root in lexicon.roots(word)}


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


# --------------------------------------------------------------------------------------- bodies


def _body(scene: Schema) -> dict[str, str]:
    """Find what a walking body is made of in a scene, by the names of its members."""
    paths = list(scene.layout)
    base = next((p.removesuffix("velocity_x") for p in paths if p.endswith(".velocity_x")), None)
    if base is None:
        return {}
    root = base[:-1].rpartition(".")[0]
    roles = {
        "x": f"{base}position_x",
        "z": f"{base}position_z",
        "vx": f"{base}velocity_x",
        "vy": f"{base}velocity_y",
        "vz": f"{base}velocity_z",
        "pitch": f"{root}.top_joint.angle",
        "pitch_rate": f"{root}.top_joint.angular_velocity",
        "up": f"{root}.torso.up_vector",
    }
    return {role: path for role, path in roles.items() if path in scene.layout}


def _ground_body(request: Request, intent: Intent, body: Mapping[str, str]) -> Plan:
    skill = _body_skill(request, intent)
    robot = _words(f"{request.task_id} {body['vx']}") | {"d", "halfcheetah"}
    names = dict(body)
    options: dict[str, Any] = {"effort": not request.scene.action.discrete}
    if skill.family == "gait":
        options |= _speed(request, intent)
    if skill.family in ("gait", "flip"):
        back = {"backward", "back"} & set(intent.directions)
        options["sign"] = -1.0 if back else 1.0
    if skill.family == "flip" and "pitch" not in names:
        raise GoalNotUnderstood(
            "a flip needs an unwrapped pitch angle (top_joint.angle), which this scene lacks; for "
            f"this body the composer knows: {_list(lexicon.BODY, without=('flip', 'wave'))}"
        )
    if skill.family == "wave":
        leg = _leg(request, intent)
        options["leg"] = leg
        names |= _leg_names(request.scene, body, leg)
    if intent.length and skill.name == "jump":
        options["jump"] = intent.length
    return Plan(
        request.task_id,
        request.goal,
        skill.name,
        skill.family,
        names,
        _body_weights(skill, names),
        options,
        ignored=tuple(w for w in intent.words if _meaningless(w, robot)),
    )


def _body_skill(request: Request, intent: Intent) -> Skill:
    skills = {skill.name: skill for skill in lexicon.BODY}
    if intent.things:
        raise GoalNotUnderstood(_unknown_verb(request, intent, lexicon.BODY, "a walking body"))
    going = {"forward", "backward"} & set(intent.directions)
    if going and not any(s.family in ("flip", "wave") for s in intent.body):
        return skills["run"]
    if intent.body:
        return intent.body[0]
    raise GoalNotUnderstood(_unknown_verb(request, intent, lexicon.BODY, "a walking body"))


def _speed(request: Request, intent: Intent) -> dict[str, Any]:
    if intent.speed is not None:
        return {"speed": intent.speed, "why_speed": "as the goal says"}
    found = re.search(r"speed of at least (\d[\d.]*) m/s", request.description)
    if found:
        return {"speed": 2.0 * float(found.group(1)), "why_speed": "twice what the task asks"}
    return {"speed": 1.0, "why_speed": "the composer's choice"}


def _body_weights(skill: Skill, names: Mapping[str, str]) -> dict[str, float]:
    if skill.family == "gait":
        weights = {skill.name: 4.0, "upright": 0.5, "high": 0.5, "drift": 0.2, "effort": 0.1}
    elif skill.family == "flip":
        weights = {"jump": 1.0, "spin": 2.0, "flip": 4.0, "effort": 0.05}
    elif skill.family == "wave":
        weights = {"paw": 1.0, "wave": 3.0, "stay": 1.0, "upright": 1.0, "effort": 0.05}
    elif skill.name == "jump":
        weights = {"rise": 1.0, "jump": 4.0, "upright": 0.5, "effort": 0.05}
    else:
        weights = {skill.name: 3.0, "still": 1.0, "upright": 1.0, "effort": 0.1}
    needs = {"upright": {"up", "pitch"}, "high": {"z"}, "drift": {"vy"}}
    return {t: w for t, w in weights.items() if t not in needs or needs[t] & set(names)}


def _leg(request: Request, intent: Intent) -> str:
    found = [leg for leg in lexicon.LEGS if leg in " ".join(intent.words).replace("-", " ")]
    leg = (found or ["front left"])[0].replace(" ", "_")
    if not any(f"{leg}_foot.position_z" in path for path in request.scene.layout):
        raise GoalNotUnderstood("to wave a leg the scene must name its feet; this one has no such")
    return leg


def _leg_names(scene: Schema, body: Mapping[str, str], leg: str) -> dict[str, str]:
    root = next(p for p in scene.layout if p.endswith(f"{leg}_foot.position_z")).split(".")[0]
    return {
        "paw_z": f"{root}.{leg}_foot.position_z",
        "swing": f"{root}.{leg}_leg_joint.angular_velocity",
    }


# -------------------------------------------------------------------------------------- refusal


def _unknown_verb(request: Request, intent: Intent, skills: tuple[Skill, ...], what: str) -> str:
    others = [s.name for s in (*intent.arm, *intent.body)]
    near = [c for word in intent.words for c in closest(word, _verbs(skills), n=1)]
    if others or intent.things:
        named = " ".join(repr(x) for x in (*others[:1], *intent.things[:1]))
        reason = f"{named} does not fit the scene of {request.task_id}, which has {what}"
    else:
        reason = f"no skill that the offline composer knows is named in {request.goal!r}"
    hint = f"; did you mean {near[0]}?" if near and not others else ""
    return f"{reason}{hint}; here it knows: {_list(skills)}. Other goals: --coder openai"


def _verbs(skills: tuple[Skill, ...]) -> Iterator[str]:
    for skill in skills:
        yield from skill.words


def _list(skills: tuple[Skill, ...], without: tuple[str, ...] = ()) -> str:
    return ", ".join(skill.name for skill in skills if skill.name not in without)


def _example(request: Request) -> str:
    arm = "robot.ee_position" in request.scene.layout
    return repr("push the puck to the goal" if arm else "run forward at 1 m/s")
