"""From a sentence to a plan for an arm: which thing, which way, when it is done."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from rewardlab.coders.base import Request
from rewardlab.coders.offline import lexicon, wish
from rewardlab.coders.offline.arm_scene import ArmScene, Thing, describe
from rewardlab.coders.offline.lexicon import Intent, unknown, words_of
from rewardlab.coders.offline.measures import Measure, choose, ways
from rewardlab.coders.offline.plan import Plan
from rewardlab.coders.offline.refusal import unknown_verb
from rewardlab.errors import GoalNotUnderstood


class Asked(NamedTuple):
    """What a sentence wants of an arm.

    Attributes:
        skill: Verb that names the main term.
        family: `reach`, `move` or `carry`.
        side: Whether it is what the task is for, or undoes it.
        wanted: Changes that it names.
    """

    skill: str
    family: str
    side: wish.Side
    wanted: frozenset[str]


_VERBS = {
    **{"to": "place", "up": "lift", "down": "lower", "onto": "stack", "on": "turn", "off": "turn"},
    **{"in": "push", "out": "pull", "away": "leave", "tip": "tip"},
}
"""Verbs for changes that need no verb, as in `cube B on cube A`."""


_HEAD = r"\b(?:the|a|an|this|that|my|your|its) (?:\w+ )?{}\b"
"""A noun, after an article and perhaps an adjective."""


def ground_arm(request: Request, intent: Intent, arm: ArmScene) -> Plan:
    """Plan a program for an arm; raises `GoalNotUnderstood`."""
    things, ignored = _things(request, intent, arm)
    asked = _asked(request, intent, things)
    if asked.family == "reach":
        things, ignored = (), ()
    elif not things:
        raise GoalNotUnderstood(
            f"to {asked.skill} something the offline composer needs an object in the scene; "
            f"{request.task_id} has none"
        )
    measure = choose(request, arm, things, asked.side, asked.wanted, asked.family)
    if measure is None or (asked.family == "carry" and not (arm.openness and arm.grips)):
        raise GoalNotUnderstood(_cannot(request, asked, arm))
    driven = _driven(request) and not measure.endless and measure.kind == "place"
    return Plan(
        request.task_id,
        request.goal,
        asked.skill,
        asked.family,
        {**arm.names, **_named(things, measure, asked.family)},
        _weights(asked, measure, arm, driven=driven),
        _options(request, asked, measure, arm, driven=driven),
        ignored=ignored,
    )


def _asked(request: Request, intent: Intent, things: tuple[Thing, ...]) -> Asked:
    own = wish.aims(request.task_id.partition("/")[2], own_goal(request))
    wanted, manners = wish.changes(intent.text), wish.manners(intent.text)
    skills = [skill for skill in intent.arm if skill.name != "reach"]
    hand = {"hand", "gripper", "fingertips", "fingers"} & set(intent.words) or "reach" in own
    led = hand and not intent.things and (wanted or skills)
    if led or (intent.arm and not skills):
        return Asked("reach", "reach", "against" if "away" in wanted else "own", wanted)
    if not wanted and not manners:
        foreign = tuple(skill.name for skill in intent.body)
        raise GoalNotUnderstood(unknown_verb(request, intent, lexicon.ARM, foreign, "an arm"))
    side = _side(wanted, manners, own)
    family = _family(intent, own, things)
    fitting = [s.name for s in skills if family in ("carry", s.family)] or [s.name for s in skills]
    named = next((_VERBS.get(c, c) for c in wish.CHANGES if c in wanted), "move")
    skill = fitting[0] if fitting and side == "own" else named if wanted else fitting[0]
    return Asked(skill, family, side, wanted)


def _side(wanted: frozenset[str], manners: frozenset[str], own: frozenset[str]) -> wish.Side:
    """Return the side of a wanted change; a manner alone means the task, or what undoes it."""
    side = wish.side(wanted, own) if wanted else "neither"
    if side != "neither" or wanted & {"away", "up", "down", "tip"}:
        return side
    side = wish.side(manners, own)
    return "own" if side == "neither" and not wanted and manners <= wish.MOVING else side


def _family(intent: Intent, own: frozenset[str], things: tuple[Thing, ...]) -> str:
    """Return whether a thing is to be carried: if sentence or task say so, and it can be."""
    if any(thing.jointed or thing.words & lexicon.FIXED for thing in things[:1]):
        return "move"
    named = [
        s for word in intent.words for s in intent.arm if set(lexicon.roots(word)) & set(s.words)
    ]
    named = [skill for skill in named if skill.name != "reach"]
    if {"pick", "lift", "lower"} & {skill.name for skill in named}:
        return "carry"
    if named:
        return named[0].family
    return "carry" if own & {"pick", "place", "lift", "onto"} else "move"


def own_goal(request: Request) -> str:
    """Return the task's own sentence, which begins its description."""
    found = re.match(rf"Task {re.escape(request.task_id)}: (.*)", request.description)
    return found.group(1).lower() if found else ""


def _things(
    request: Request, intent: Intent, arm: ArmScene
) -> tuple[tuple[Thing, ...], tuple[str, ...]]:
    """Return a scene's things, the one that moves first, and words that were not used."""
    known = words_of(f"{request.task_id.partition('/')[2]} {own_goal(request)}")
    known = known.union(*(thing.words for thing in arm.things))
    missing = [n for n in intent.things if not {n, lexicon.SYNONYMS.get(n, n)} & known]
    found = [noun for noun in intent.things if noun not in missing]
    lost = [noun for noun in missing if noun not in lexicon.SETTINGS or not found]
    paths = {thing.path for thing in arm.things}
    letters = re.findall(r"\bcube ?([a-e])\b", intent.text)
    if not letters and "cubeB" in paths:
        letters = re.findall(r"(?<!')\b[b-e]\b", intent.text)
    lost += [f"cube {c.upper()}" for c in letters if c != "a" and f"cube{c.upper()}" not in paths]
    rest = tuple(w for w in intent.words if unknown(w, known) and w not in letters)
    nouns = (word for word in rest if not word.endswith("ly"))
    strange = [word for word in nouns if re.search(_HEAD.format(word), intent.text)]
    changes = wish.changes(intent.text)
    meant = found or _deictic(intent) or ("onto" in changes and len(arm.things) > 1)
    if lost or (strange and (changes or intent.arm) and not meant):
        wanted = " or ".join(repr(word) for word in (lost or strange)[:3])
        raise GoalNotUnderstood(
            f"nothing in the scene of {request.task_id} is known as {wanted}; it has: "
            f"{describe(arm.things)}"
        )
    first = next((t for c in letters for t in arm.things if t.path == f"cube{c.upper()}"), None)
    return tuple(sorted(arm.things, key=lambda t: t is not first)) if first else arm.things, rest


def _deictic(intent: Intent) -> bool:
    """Whether it speaks of the thing as `it`, or of the hand."""
    return bool({"it", "object", "thing", "them", "hand", "gripper"} & set(intent.words))


def _named(things: tuple[Thing, ...], measure: Measure, family: str) -> dict[str, str]:
    """Return the roles of the things that an arm moves."""
    if family == "reach":
        return {"call": "target", **measure.names}
    first, *others = things
    if others and family == "carry" and measure.tool:
        tool = {"tool": first.where, "tool_call": first.call, "held": first.path}
        return {**tool, "thing": others[0].where, "call": others[0].call, **measure.names}
    return {"thing": first.where, "call": first.call, "held": first.path, **measure.names}


def _weights(asked: Asked, measure: Measure, arm: ArmScene, *, driven: bool) -> dict[str, float]:
    if asked.family == "reach":
        main = {"leave": 4.0} if measure.away else {"reach": 4.0, "done": 4.0}
        return {**main, "effort": 0.02}
    done = {} if measure.endless else {"done": 4.0}
    if asked.family == "carry":
        lift = {} if measure.sinks or asked.skill == "lift" else {"lift": 2.0}
        release = {"release": 2.0} if measure.release else {}
        weights = {"reach": 1.0, "grasp": 2.0, **lift, asked.skill: 6.0, **done, **release}
        return {**weights, "effort": 0.02}
    free = measure.kind in ("place", "sink", "rise") and asked.skill != "press"
    grip = {"grip": 1.0} if free and arm.openness and arm.grips else {}
    upright = {"upright": 2.0} if measure.kind == "spot" else {}
    force = {"force": 1.0} if driven else {}
    return {"reach": 2.0, **grip, asked.skill: 6.0, **upright, **done, **force, "effort": 0.02}


def _options(
    request: Request, asked: Asked, measure: Measure, arm: ArmScene, *, driven: bool
) -> dict[str, Any]:
    scored = measure.scored
    options = {
        "axes": list(scored.axes),
        "tolerance": scored.within,
        "stated": scored.stated,
        "driven": driven,
        "drop": _drop(request),
        "tells_grasp": arm.tells_grasp,
        **measure.options,
    }
    if asked.family == "reach":
        return options
    sideways = asked.skill == "press" and scored.axes[2] == 0.0
    straight = sideways or measure.kind in ("joint", "spot", "tip")
    return {**options, "approach": "straight" if straight else "above"}


def _driven(request: Request) -> bool:
    """Whether the first three entries of the action move the hand along x, y, z."""
    names = request.scene.action.names
    return bool(names) and names[0].startswith("moves the hand along x")


def _drop(request: Request) -> float:
    """Return how far the fingertips are below the hand, as the scene says [m]."""
    slot = request.scene.layout.get("robot.ee_position")
    found = slot and re.search(r"fingertips are about (\d+\.?\d*) m below", slot.field.doc)
    return float(found.group(1)) if found else 0.0


def _cannot(request: Request, asked: Asked, arm: ArmScene) -> str:
    return (
        f"cannot {asked.skill} in {request.task_id}, which has: {describe(arm.things)}; here a "
        f"thing can go {ways(arm)}. Look for another task with: rewardlab tasks"
    )
