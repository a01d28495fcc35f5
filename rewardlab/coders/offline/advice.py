"""Kinds of comments and what each does to a plan."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import NamedTuple

from rewardlab.coders.offline.plan import Plan

ARM = ("reach", "move", "carry")


class Advice(NamedTuple):
    """A kind of comment.

    Attributes:
        name: How the list of what can be acted on calls it.
        pattern: Words that mean it.
        act: Changes a plan and says how; `None` if it does not apply to this plan.
    """

    name: str
    pattern: str
    act: Callable[[Plan, str], tuple[Plan, str] | None]


# -------------------------------------------------------------------------------- single pieces


def _scale(plan: Plan, term: str, factor: float, least: float = 0.0) -> tuple[Plan, str]:
    before = plan.weights.get(term, 0.0)
    after = round(max(before * factor, least), 4)
    return plan.weigh(**{term: after}), f"{term} now counts {after:g} instead of {before:g}"


def _both(*results: tuple[Plan, str]) -> tuple[Plan, str]:
    return results[-1][0], "; ".join(effect for _, effect in results)


def _faster(plan: Plan, _: str) -> tuple[Plan, str] | None:
    if plan.family == "gait":
        speed = round(1.5 * plan.options["speed"], 3)
        new = plan.opt(speed=speed, why_speed="after the comment on speed")
        return new, f"full pay only at {speed:g} m/s"
    if plan.family in ARM:
        return _scale(plan, "haste", 2.0, 0.5)
    return _scale(plan, plan.skill, 1.5)


def _slower(plan: Plan, _: str) -> tuple[Plan, str] | None:
    if plan.family == "gait":
        speed = round(plan.options["speed"] / 1.5, 3)
        new = plan.opt(speed=speed, why_speed="after the comment on speed")
        return new, f"full pay already at {speed:g} m/s"
    return _scale(plan, "calm" if plan.family in ARM else "effort", 2.0, 0.2)


def _smoother(plan: Plan, _: str) -> tuple[Plan, str] | None:
    first = _scale(plan, "effort", 4.0, 0.1)
    second = _scale(first[0], "calm" if plan.family in ARM else "bounce", 2.0, 0.2)
    if plan.family not in ARM and "vz" not in plan.names:
        return first
    return _both(first, second)


def _touch(plan: Plan, _: str) -> tuple[Plan, str] | None:
    if plan.family not in ("move", "carry"):
        return _scale(plan, "reach", 1.5) if plan.family == "reach" else None
    first = _scale(plan, "reach", 1.5, 1.0)
    return _both(first, _scale(first[0], "touch", 2.0, 1.0))


def _grip(state: str) -> Callable[[Plan, str], tuple[Plan, str] | None]:
    def act(plan: Plan, _: str) -> tuple[Plan, str] | None:
        if "openness" not in plan.names:
            return None
        if plan.family == "carry" and state == "closed":
            return _scale(plan, "grasp", 1.5, 1.0)
        new, _effect = _scale(plan.opt(grip=state), "grip", 2.0, 1.0)
        return new, f"grip now pays up to {new.weights['grip']:g} for a gripper that is {state}"

    return act


def _harder(plan: Plan, _: str) -> tuple[Plan, str] | None:
    if plan.family == "carry":
        return _scale(plan, plan.skill, 1.5)
    if plan.family == "move" and plan.options["driven"]:
        return _scale(plan, "force", 2.0, 1.0)
    return _scale(plan, plan.skill, 1.5) if plan.family == "move" else None


def _height(low: float, high: float, sign: int) -> Callable[[Plan, str], tuple[Plan, str] | None]:
    def act(plan: Plan, _: str) -> tuple[Plan, str] | None:
        if plan.family in ("move", "carry"):
            new, _effect = _scale(plan.opt(low=low, high=high), "height", 2.0, 1.0)
            return new, f"height now pays for a hand {low:g} to {high:g} m over the thing"
        if "z" in plan.names:
            term, other = ("high", "low") if sign > 0 else ("low", "high")
            return _scale(plan.without(other), term, 2.0, 1.0)
        return None

    return act


def _approach(plan: Plan, words: str) -> tuple[Plan, str] | None:
    if plan.family not in ("move", "carry"):
        return None
    now = plan.options["approach"]
    if "above" in words or "top" in words:
        hover = round(plan.options.get("hover", 0.1) + 0.05, 3) if now == "above" else 0.1
        new = plan.opt(approach="above", hover=hover)
        return new, f"the hand stays up to {hover:g} m high until it is over the thing"
    if now == "straight":
        return _scale(plan, "reach", 1.5, 1.0)
    return plan.opt(approach="straight"), "the hand goes straight to the thing"


def _finish(plan: Plan, _: str) -> tuple[Plan, str] | None:
    if plan.family == "reach":
        return _scale(plan, "done", 2.0)
    if plan.family not in ("move", "carry"):
        return None
    first = _scale(plan, "finish", 2.0, 2.0)
    return _both(first, _scale(first[0], "done", 1.5, 2.0))


def _upright(plan: Plan, _: str) -> tuple[Plan, str] | None:
    if not {"up", "quaternion", "pitch"} & set(plan.names):
        return None
    return _scale(plan, "upright", 2.0, 1.0)


def _straight_line(plan: Plan, _: str) -> tuple[Plan, str] | None:
    return _scale(plan, "drift", 3.0, 0.3) if "vy" in plan.names else None


def _weight(factor: float) -> Callable[[Plan, str], tuple[Plan, str] | None]:
    def act(plan: Plan, name: str) -> tuple[Plan, str] | None:
        term = _term(plan, name)
        return _scale(plan, term, factor) if term else None

    return act


def _remove(plan: Plan, name: str) -> tuple[Plan, str] | None:
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

_THE = r"(?:the |its |your |that )?"
_HAND = r"(?:gripper|fingers?|claws?)"
_NOT = r"(?:never|not|n't|cannot|fails? to|without|barely|hardly)"

ADVICE = (
    Advice(
        "too slow",
        r"(?:too|very|so|is|moves) slow\b|not fast enough|faster|quicker|hurry|"
        r"speed (?:it )?up|takes too long",
        _faster,
    ),
    Advice("too fast", r"too (?:fast|quick)|slow(?:er| down)|more slowly|gentl", _slower),
    Advice(
        "it shakes / be smoother",
        r"not smooth|not stable|unstable|shak|smooth|jitter|trembl|jerk|wobbl|"
        r"vibrat|oscillat|twitch|calm",
        _smoother,
    ),
    Advice(
        "it never touches the thing",
        rf"{_NOT} (?:\w+ ){{0,3}}(?:touch|reach|get to|find|hit|contact|grab|grasp)|miss(?:es|ed)",
        _touch,
    ),
    Advice(
        "keep the gripper open",
        rf"(?<!clos)\bopen(?:ed)? {_THE}{_HAND}|{_HAND} (?:(?!not )\w+ ){{0,3}}open|"
        rf"(?:not|n't) close {_THE}{_HAND}",
        _grip("open"),
    ),
    Advice(
        "close the gripper",
        rf"(?<!not )(?<!n't )\b(?:close|shut|closing) {_THE}{_HAND}|"
        rf"{_HAND} (?:(?!not )\w+ ){{0,3}}(?:closed|shut)|(?:not|n't) open {_THE}{_HAND}|"
        rf"{_HAND} (?:\w+ ){{0,2}}not (?:be |stay )?open",
        _grip("closed"),
    ),
    Advice(
        "push harder",
        r"(?:push|press|pull|turn|slide|move|open|close|sweep)\w* (?:\w+ ){0,3}(?:harder|stronger)|"
        r"harder|more force|more strength|too weak|firm",
        _harder,
    ),
    Advice(
        "stay lower",
        r"\blower\b|too high|further down|closer to the (?:table|ground|floor)",
        _height(-0.05, 0.02, -1),
    ),
    Advice("stay higher", r"\bhigher\b|too low|further up|above the table", _height(0.05, 0.15, 1)),
    Advice(
        "approach from above",
        r"(?:approach|come|go|move|reach|get)\w* (?:\w+ ){0,4}from (?:above|the top)|from above|"
        r"top.?down",
        _approach,
    ),
    Advice(
        "approach straight",
        r"(?:approach|go|move|come) (?:\w+ ){0,3}(?:straight|direct)\w*",
        _approach,
    ),
    Advice(
        "it stops before the goal",
        r"stop(?:s|ped)? (?:\w+ ){0,3}(?:before|short|early|half)|not far enough|half.?way|"
        r"(?:not|n't) (?:fully|completely|quite|all the way)|further(?! up| down)|"
        r"farther|all the way",
        _finish,
    ),
    Advice("stay upright", r"fall|topple|tip(?:s|ping)? over|upright|balance|lean", _upright),
    Advice(
        "go straight ahead",
        r"drift|veer|sideways|curve|straight (?:ahead|line)|circle",
        _straight_line,
    ),
    Advice(
        "more weight on TERM",
        rf"more (?:weight|emphasis|importance|reward|focus)? ?(?:on |to |for )?{_THE}([a-z_]+)",
        _weight(2.0),
    ),
    Advice(
        "less TERM",
        rf"less (?:weight |emphasis |reward )?(?:on |to |for )?{_THE}([a-z_]+)",
        _weight(0.5),
    ),
    Advice(
        "remove TERM",
        rf"(?:remove|drop|delete|take out|get rid of) {_THE}(?:term )?([a-z_]+)",
        _remove,
    ),
)
