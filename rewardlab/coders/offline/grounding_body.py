"""From a sentence to a plan for a walking body: which way, how fast, which leg."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rewardlab.coders.base import Request
from rewardlab.coders.offline import lexicon
from rewardlab.coders.offline.lexicon import Intent, Skill, unknown, words_of
from rewardlab.coders.offline.plan import Change, Plan
from rewardlab.coders.offline.refusal import list_skills, unknown_verb
from rewardlab.errors import GoalNotUnderstood
from rewardlab.program.schema import Schema

TORSOS = ("torso", "trunk", "base", "base_link", "pelvis", "body", "root", "chassis")
"""Names under which a scene derived from a model may show the body that carries the others."""

_SHARED = {"move", "roll", "swing", "lower", "raise", "drop", "lift", "switch"}
"""Verbs that an arm and a walking body both have."""

SLOW = {"slow", "slowly", "slower", "leisurely", "gently", "tiptoe", "creep", "snail"}
"""Words for which a gait is paid for half a metre per second, and not more."""

FAST = {"fast", "faster", "quick", "quickly", "sprint"}
"""Words for which full pay takes twice the speed."""


def find_body(scene: Schema) -> dict[str, str]:
    """Find what a walking body is made of in a scene, by the names of its members."""
    paths = list(scene.layout)
    base = next((p.removesuffix("velocity_x") for p in paths if p.endswith(".velocity_x")), None)
    if base is None:
        return _derived_body(scene)
    root = base[:-1].rpartition(".")[0]
    roles = {
        "x": f"{base}position_x",
        "y": f"{base}position_y",
        "z": f"{base}position_z",
        "vx": f"{base}velocity_x",
        "vy": f"{base}velocity_y",
        "vz": f"{base}velocity_z",
        "pitch": f"{root}.top_joint.angle",
        "pitch_rate": f"{root}.top_joint.angular_velocity",
        "up": f"{root}.torso.up_vector",
    }
    return {role: path for role, path in roles.items() if path in scene.layout}


def _derived_body(scene: Schema) -> dict[str, str]:
    """Find a torso among the bodies of a scene that was derived from a model."""
    layout = scene.layout
    base = next((f"bodies.{t}" for t in TORSOS if f"bodies.{t}.velocity" in layout), None)
    if base is None:
        return {}
    names = {
        "x": f"{base}.position[0]",
        "y": f"{base}.position[1]",
        "z": f"{base}.position[2]",
        "vx": f"{base}.velocity[0]",
        "vy": f"{base}.velocity[1]",
        "vz": f"{base}.velocity[2]",
        "quaternion": f"{base}.quaternion",
    }
    if "joints.rooty.angle" in layout:  # Gymnasium's name for the pitch of a planar robot
        del names["y"], names["vy"], names["quaternion"]
        names |= {"pitch": "joints.rooty.angle", "pitch_rate": "joints.rooty.angular_velocity"}
    return names


def ground_body(request: Request, intent: Intent, body: Mapping[str, str]) -> Plan:
    """Plan a program for a walking body; raises `GoalNotUnderstood`."""
    skill = _body_skill(request, intent)
    robot = words_of(f"{request.task_id} {body['vx']}") | {"d", "halfcheetah"}
    names = dict(body)
    options: dict[str, Any] = {"effort": not request.scene.action.discrete}
    heeded: tuple[Change, ...] = ()
    if skill.family == "gait":
        options |= _speed(request, intent)
        if stated := intent.stated("speed"):
            heeded += (Change(stated.said, f"full pay at this speed: {stated.value:g} m/s"),)
    if skill.family == "gait":
        options |= _aside(request, intent, names)
    if skill.family in ("gait", "flip") and "aside" not in options:
        back = {"backward", "back"} & set(intent.directions) or "backflip" in intent.text
        options["sign"] = -1.0 if back else 1.0
    if skill.family == "flip" and "pitch" not in names:
        raise GoalNotUnderstood(
            "a flip needs an unwrapped pitch angle of the body, which this scene lacks; for "
            f"this body the composer knows: {list_skills(lexicon.BODY, without=('flip', 'wave'))}"
        )
    if skill.family == "wave":
        leg = _leg(request, intent)
        options["leg"] = leg
        names |= _leg_names(request.scene, body, leg)
    length = intent.stated("length")
    if length and length.value > 0.0 and skill.name in ("jump", "wave"):
        options["jump" if skill.name == "jump" else "paw"] = length.value
        heeded += (Change(length.said, f"full pay at this height: {length.value:g} m"),)
    if skill.name == "stand" and (tall := _tall(request.scene)):
        options["tall"] = tall
    return Plan(
        request.task_id,
        request.goal,
        skill.name,
        skill.family,
        names,
        _body_weights(skill, names),
        options,
        heeded=heeded,
        ignored=tuple(w for w in intent.words if unknown(w, robot)),
    )


def _body_skill(request: Request, intent: Intent) -> Skill:
    skills = {skill.name: skill for skill in lexicon.BODY}
    foreign = (*(s.name for s in intent.arm if not set(s.words) & _SHARED), *intent.things)
    if not intent.things:
        going = {"forward", "backward", "sideways"} & set(intent.directions)
        going |= {"front", "left", "right"} & set(intent.directions) if not _limb(intent) else set()
        if going and not any(s.family in ("flip", "wave") for s in intent.body):
            return skills["run"]
        if intent.body:
            return intent.body[0]
    raise GoalNotUnderstood(unknown_verb(request, intent, lexicon.BODY, foreign, "a walking body"))


def _aside(request: Request, intent: Intent, names: Mapping[str, str]) -> dict[str, Any]:
    """Return the options of a gait to the side, if that is asked for."""
    side = {"left", "right", "sideways"} & set(intent.directions)
    if not side or {"forward", "backward"} & set(intent.directions):
        return {}
    if "vy" not in names:
        raise GoalNotUnderstood(
            f"{request.task_id} moves in a plane: it can go forward and backward, not sideways"
        )
    return {"aside": True, "sign": -1.0 if "right" in side else 1.0}


def _limb(intent: Intent) -> bool:
    """Whether left, right, front and back are those of a leg."""
    return bool({"leg", "legs", "foot", "feet", "arm", "paw", "limb"} & set(intent.words))


def _speed(request: Request, intent: Intent) -> dict[str, Any]:
    stated = intent.stated("speed")
    if stated and stated.value == 0.0:
        raise GoalNotUnderstood("a speed of 0 m/s is no gait; say: stand still")
    if stated:
        return {"speed": stated.value, "why_speed": "as the goal says"}
    if SLOW & set(intent.words):
        return {"speed": 0.5, "why_speed": "slow, as the goal says", "exact": True}
    found = re.search(r"speed of at least (\d[\d.]*) m/s", request.description)
    speed = 2.0 * float(found.group(1)) if found else 1.0
    if FAST & set(intent.words):
        return {"speed": 2.0 * speed, "why_speed": "fast, as the goal says"}
    why = "twice what the task asks" if found else "the composer's choice"
    return {"speed": speed, "why_speed": why}


def _tall(scene: Schema) -> float | None:
    """Return how high the body is at the start, where the scene says so [m]."""
    parts = (part for root in scene.root.parts for part in root.entity.parts)
    found = (re.search(r"(\d[\d.]*) m high at the start", part.doc) for part in parts)
    return next((float(match.group(1)) for match in found if match), None)


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
    needs = {"upright": {"up", "pitch", "quaternion"}, "high": {"z"}, "drift": {"vy"}}
    return {t: w for t, w in weights.items() if t not in needs or needs[t] & set(names)}


def _leg(request: Request, intent: Intent) -> str:
    said = (" ".join(intent.words), request.description.partition("\n")[0])
    found = [leg for text in said for leg in lexicon.LEGS if leg in text.replace("-", " ")]
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
