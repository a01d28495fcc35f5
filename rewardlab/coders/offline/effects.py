"""What can be done about a comment: changes of a plan, each told in words.

Every effect takes a plan and the words that asked for it, and returns the new plan with what
changed, or `None` if it does not apply to such a plan.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TypeAlias

from rewardlab.coders.offline.plan import Plan

Effect: TypeAlias = Callable[[Plan, str], tuple[Plan, str] | None]

ARM = ("reach", "move", "carry")

SYNONYMS = {
    "success": "done",
    "bonus": "done",
    "goal": "done",
    "action": "effort",
    "actions": "effort",
    "energy": "effort",
    "control": "effort",
    "gripper": "grip",
    "grasping": "grasp",
    "reaching": "reach",
    "approach": "reach",
    "lifting": "lift",
    "sideways": "drift",
    "upright": "upright",
}


def _scale(plan: Plan, term: str, factor: float, least: float = 0.0) -> tuple[Plan, str]:
    before = plan.weights.get(term, 0.0)
    after = round(max(before * factor, least), 4)
    return plan.weigh(**{term: after}), f"{term} now counts {after:g} instead of {before:g}"


def _main(plan: Plan) -> tuple[Plan, str]:
    main = plan.skill if plan.skill in plan.weights else next(iter(plan.weights))
    return _scale(plan, main, 1.5)


def endless(plan: Plan) -> bool:
    """Whether a plan of an arm has no goal that could be met."""
    o = plan.options
    return bool(o.get("away")) or o.get("kind") in ("rise", "sink", "tip")


def _both(*results: tuple[Plan, str]) -> tuple[Plan, str]:
    return results[-1][0], "; ".join(effect for _, effect in results)


def faster(plan: Plan, _: str) -> tuple[Plan, str] | None:
    """Ask for speed: a higher one of a gait, a cost per step of an arm."""
    if plan.family == "gait":
        speed = round(1.5 * plan.options["speed"], 3)
        new = plan.opt(speed=speed, why_speed="after the comment on speed")
        return new, f"full pay only at {speed:g} m/s"
    if plan.family in ARM and not endless(plan):
        return _scale(plan, "haste", 2.0, 0.5)
    return _main(plan)


def slower(plan: Plan, _: str) -> tuple[Plan, str] | None:
    """Ask for less speed."""
    if plan.family == "gait":
        speed = round(plan.options["speed"] / 1.5, 3)
        new = plan.opt(speed=speed, why_speed="after the comment on speed")
        return new, f"full pay already at {speed:g} m/s"
    return _scale(plan, "calm" if plan.family in ARM else "effort", 2.0, 0.2)


def smoother(plan: Plan, _: str) -> tuple[Plan, str] | None:
    """Charge more for actions and for speed."""
    first = _scale(plan, "effort", 4.0, 0.1)
    second = _scale(first[0], "calm" if plan.family in ARM else "bounce", 2.0, 0.2)
    if plan.family not in ARM and "vz" not in plan.names:
        return first
    return _both(first, second)


def touch(plan: Plan, _: str) -> tuple[Plan, str] | None:
    """Pay more for the way to the thing and for its last centimetres."""
    if plan.family not in ("move", "carry"):
        return _scale(plan, "reach", 1.5) if "reach" in plan.weights else None
    first = _scale(plan, "reach", 1.5, 1.0)
    return _both(first, _scale(first[0], "touch", 2.0, 1.0))


def grip(state: str) -> Effect:
    """Return the effect that pays for a gripper `"open"` or `"closed"`."""

    def act(plan: Plan, _: str) -> tuple[Plan, str] | None:
        if "openness" not in plan.names:
            return None
        if plan.family == "carry" and state == "closed":
            return _scale(plan, "grasp", 1.5, 1.0)
        new, _effect = _scale(plan.opt(grip=state), "grip", 2.0, 1.0)
        return new, f"grip now pays up to {new.weights['grip']:g} for a gripper that is {state}"

    return act


def harder(plan: Plan, _: str) -> tuple[Plan, str] | None:
    """Pay more for actions that drive on towards the goal."""
    if plan.family == "carry":
        return _main(plan)
    if plan.family == "move" and plan.options["driven"]:
        return _scale(plan, "force", 2.0, 1.0)
    return _main(plan) if plan.family == "move" else None


def height(low: float, high: float, sign: int) -> Effect:
    """Return the effect that pays for a hand between two heights over the thing [m]."""

    def act(plan: Plan, _: str) -> tuple[Plan, str] | None:
        if plan.family in ("move", "carry"):
            new, _effect = _scale(plan.opt(low=low, high=high), "height", 2.0, 1.0)
            return new, f"height now pays for a hand {low:g} to {high:g} m over the thing"
        if "z" in plan.names:
            term, other = ("high", "low") if sign > 0 else ("low", "high")
            return _scale(plan.without(other), term, 2.0, 1.0)
        return None

    return act


def approach(plan: Plan, words: str) -> tuple[Plan, str] | None:
    """Come from above, or straight."""
    if plan.family not in ("move", "carry") or plan.options.get("kind") in ("spot", "tip"):
        return None
    now = plan.options["approach"]
    if "above" in words or "top" in words:
        hover = round(plan.options.get("hover", 0.1) + 0.05, 3) if now == "above" else 0.1
        new = plan.opt(approach="above", hover=hover)
        return new, f"the hand stays up to {hover:g} m high until it is over the thing"
    if now == "straight":
        return _scale(plan, "reach", 1.5, 1.0)
    return plan.opt(approach="straight"), "the hand goes straight to the thing"


def finish(plan: Plan, _: str) -> tuple[Plan, str] | None:
    """Pay more for the last of the way and for the goal."""
    if plan.family in ARM and endless(plan):
        return _main(plan)
    if plan.family == "reach":
        return _scale(plan, "done", 2.0)
    if plan.family not in ("move", "carry"):
        return None
    first = _scale(plan, "finish", 2.0, 2.0)
    return _both(first, _scale(first[0], "done", 1.5, 2.0))


def settle(plan: Plan, _: str) -> tuple[Plan, str] | None:
    """Pay more for staying at the goal, charge for speed."""
    if plan.family not in ARM:
        return None
    if endless(plan):
        return _scale(plan, "calm", 2.0, 0.2)
    first = _scale(plan, "done", 1.5, 2.0)
    return _both(first, _scale(first[0], "calm", 2.0, 0.2))


def hold(plan: Plan, _: str) -> tuple[Plan, str] | None:
    """Pay more for a closed grasp."""
    return _scale(plan, "grasp", 2.0, 2.0) if plan.family == "carry" else None


def upright(plan: Plan, _: str) -> tuple[Plan, str] | None:
    """Pay more for a body that is upright."""
    tips = plan.options.get("kind") == "tip"
    if tips or not {"up", "quaternion", "pitch"} & set(plan.names):
        return None
    return _scale(plan, "upright", 2.0, 1.0)


def straight_line(plan: Plan, _: str) -> tuple[Plan, str] | None:
    """Charge more for speed to the side."""
    return _scale(plan, "drift", 3.0, 0.3) if "vy" in plan.names else None


def weight(factor: float) -> Effect:
    """Return the effect that scales a term's weight."""

    def act(plan: Plan, name: str) -> tuple[Plan, str] | None:
        term = _term(plan, name)
        return _scale(plan, term, factor) if term else None

    return act


def remove(plan: Plan, name: str) -> tuple[Plan, str] | None:
    """Take a term away."""
    term = _term(plan, name)
    if term is None or len(plan.weights) == 1:
        return None
    return plan.without(term), f"{term} is gone"


def _term(plan: Plan, name: str) -> str | None:
    """Find the term that a word means."""
    known = {t: t for t in plan.weights}
    known |= {w: t for w, t in SYNONYMS.items() if t in plan.weights}
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
    return known[close[0]] if close else None
