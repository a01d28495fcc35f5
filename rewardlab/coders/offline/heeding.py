"""What a sentence says besides its verb and its thing: used, or named as not used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from rewardlab.coders.base import Request
from rewardlab.coders.offline import effects, lexicon, wish
from rewardlab.coders.offline.effects import Effect
from rewardlab.coders.offline.grounding_arm import own_goal
from rewardlab.coders.offline.grounding_body import FAST, SLOW
from rewardlab.coders.offline.lexicon import Intent
from rewardlab.coders.offline.plan import Plan
from rewardlab.coders.offline.sentence import Sentence
from rewardlab.coders.offline.sizes import sized


class Manner(NamedTuple):
    """A way of doing something.

    Attributes:
        pattern: Words that mean it.
        act: What it does to a plan, the same as a comment would.
        paced: Whether the speed of a gait is what it means there.
    """

    pattern: str
    act: Effect
    paced: bool = False


MANNERS = (
    Manner(
        r"\b(?:gentl[ey]|careful(?:ly)?|soft(?:ly)?|slow(?:ly|er)?|calm(?:ly)?|smooth(?:ly)?|"
        r"tender(?:ly)?|cautious(?:ly)?|leisurely|no rush)\b",
        effects.slower,
        paced=True,
    ),
    Manner(
        r"\b(?:fast(?:er)?|quick(?:ly|er)?|rapid(?:ly)?|swift(?:ly)?|hurry|speedily)\b",
        effects.faster,
        paced=True,
    ),
    Manner(r"\b(?:firm(?:ly)?|hard(?:er)?|forceful(?:ly)?|strong(?:ly)?)\b", effects.harder),
)

_PARTLY = re.compile(
    r"\b(?:half(?!.?way)|a (?:little|bit)|middle|"
    r"twice|thrice|clockwise|counter.?clockwise|anti.?clockwise)\b"
)
_SIDES = re.compile(
    r"\b(?:left|right(?! (?:in|into|away|now|up|at|on|there)\b)|sideways|forwards?|backwards?)\b"
)
_LIMB = re.compile(r"\b(?:left|right) (?:leg|foot|arm|paw|limb)\b")
_FALLS = re.compile(r"fall|tip|toppl|over")


def heed(plan: Plan, request: Request, intent: Intent, sentence: Sentence) -> Plan:
    """Return a plan that heeds what else its goal says, with what it does not heed in `ignored`."""
    arm, own = plan.family in effects.ARM, own_goal(request)
    asked = [a for a in intent.amounts if a.kind != "share" or a.said not in own]
    for amount in asked if arm else ():
        plan = sized(plan, amount, intent.text, request.scene)
    for manner in MANNERS:
        plan = _act(plan, manner, intent.text)
    heeded = {change.comment for change in plan.heeded}
    unused = [amount.said for amount in asked if arm or not amount.whole]
    unused += [*plan.ignored, *_adverbs(plan, request, intent)]
    unused += _undone(request, intent) if arm else _others(plan, intent)
    heeded |= {"release"} & {plan.skill, *plan.weights}
    heeded |= {word for said in heeded for word in said.split()}
    heeded |= {word for said in unused for word in said.split() if word != said}
    ignored = (said for said in dict.fromkeys(unused) if said not in heeded)
    spared = (clause for clause in sentence.left if not _kept(plan, clause))
    return replace(plan, ignored=tuple(ignored), spared=tuple(spared), caveat=caveat(plan, request))


def caveat(plan: Plan, request: Request) -> str:
    """Say where episodes begin, if that is where the goal leads; empty otherwise.

    The description says it, in these words: see the tips of tasks.
    """
    down = plan.options.get("kind") in ("rest", "sink")
    back = plan.options.get("kind") in ("joint", "place") and plan.options["away"]
    there = r"([^.,]+ on the table)\b" if down else r"([^.,]+), as far from the goal as it goes"
    found = re.search(f"Every episode begins with {there}", request.description)
    if found and (down or back):
        return (
            f"Every episode of {plan.task_id} begins with {found.group(1)}, which is where this "
            "goal leads: there is nothing to gain, unless the robot first does the contrary. Look "
            "for a task that begins elsewhere with: rewardlab tasks."
        )
    return "Where it lies down already as an episode begins, there is nothing to gain." * down


def _act(plan: Plan, manner: Manner, text: str) -> Plan:
    found = re.search(manner.pattern, text)
    if found is None:
        return plan
    if manner.paced and plan.family == "gait":
        result = _paced(plan, found.group())
    else:
        result = manner.act(plan, found.group())
    if result is None:
        return replace(plan, ignored=(*plan.ignored, found.group()))
    return result[0].heeding(found.group(), result[1])


def _paced(plan: Plan, word: str) -> tuple[Plan, str] | None:
    """Return the plan of a gait itself, if its speed was chosen by this word."""
    chosen = word in SLOW | FAST and plan.options["why_speed"].startswith(("slow", "fast"))
    return (plan, f"full pay at {plan.options['speed']:g} m/s") if chosen else None


def _adverbs(plan: Plan, request: Request, intent: Intent) -> Iterator[str]:
    """Yield amounts without a number, and sides that no term knows of."""
    own = own_goal(request).replace("-", "")
    yield from (said for said in _PARTLY.findall(intent.text) if said.replace("-", "") not in own)
    sides = _SIDES.findall(_LIMB.sub("", intent.text) if plan.family == "wave" else intent.text)
    if plan.family in effects.ARM:
        yield from (side for side in sides if side not in own)
    elif plan.family == "flip" or (plan.family == "gait" and "aside" not in plan.options):
        yield from (side for side in sides if side in ("left", "right", "sideways"))
    elif plan.family != "gait":
        yield from sides


def _undone(request: Request, intent: Intent) -> Iterator[str]:
    """Yield changes that would undo those that the plan is for: `open it and close it again`."""
    own = wish.aims(request.task_id.partition("/")[2], own_goal(request))
    wanted = wish.changes(intent.text)
    if wish.side(wanted, own) != "own":
        return
    for change in sorted(wanted):
        found = re.search(wish.CHANGES[change], intent.text)
        if change == "release" or (change == "down" and "onto" in wanted):
            continue
        if found and wish.side(frozenset({change}), own) == "against":
            yield found.group()


def _others(plan: Plan, intent: Intent) -> Iterator[str]:
    """Yield verbs of other skills: `run forward and jump`."""
    skills = [skill for skill in intent.body if skill.name not in (plan.skill, "run")]
    for word in intent.words:
        verbs = set(lexicon.roots(word)) - set(re.findall(r"[a-z]+", plan.task_id))
        verbs -= {"hop"} if "hopper" in plan.task_id else set()
        if any(verbs & set(skill.words) for skill in skills):
            yield word


def _kept(plan: Plan, clause: str) -> bool:
    """Whether a prohibition is what a term is for: `without falling`."""
    return "upright" in plan.weights and _FALLS.search(clause) is not None
