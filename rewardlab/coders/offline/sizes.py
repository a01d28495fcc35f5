"""Amounts of a sentence in the plan of an arm: how high, how far, to which angle, which part."""

from __future__ import annotations

import re
from dataclasses import replace

from rewardlab.coders.offline.amounts import Amount, Kind
from rewardlab.coders.offline.effects import endless
from rewardlab.coders.offline.plan import Plan
from rewardlab.coders.offline.wish import changes
from rewardlab.errors import GoalNotUnderstood
from rewardlab.program.schema import Schema
from rewardlab.program.specs import FieldSpec

_LIMIT = r"(?:within|than|under|below|at most|up to) (?:the )?"
_ASIDE = r"\s+(?:to the (?!top)|away|from|forward|back|left|right|sideways|aside)"
_CLOSE = {"m": 0.01, "rad": 0.05}
"""How near to a stated position a joint counts as being there, by the unit of its position."""


_KIND_OF: dict[str, Kind] = {"m": "length", "rad": "angle"}
_EXAMPLES = {"m": "10 cm", "rad": "45 degrees"}
_NEAR = {"place": 0.01, "spot": 0.05, "joint": 0.05}
"""How near to a part of the way counts as being there, by what is measured."""


def sized(plan: Plan, amount: Amount, text: str, scene: Schema) -> Plan:
    """Return a plan that uses an amount, or the plan itself if it has no use for it.

    Raises:
        GoalNotUnderstood: It says how far something is to go, which cannot be measured: a program
            for the whole way would be for something else.
    """
    said = re.escape(amount.said)
    used = any(change.effect.startswith("so much") for change in plan.heeded)
    if used or amount.value <= 0.0 or re.search(rf"\b{_LIMIT}{said}", text):
        return plan
    joint = scene.layout[plan.names["angle"]].field if "angle" in plan.names else None
    if amount.kind == "share":
        return _part(plan, amount, joint, changes(text))
    if joint is not None:
        return _joint(plan, amount, joint)
    if amount.kind == "angle" and plan.options["kind"] == "place":
        raise _unmeasured(plan, amount, "halfway, 30 % or by 5 cm")
    if amount.kind != "length":
        return plan
    if plan.options["away"]:
        return _further(plan, amount)
    if re.search(rf"{said}{_ASIDE}", text):
        return plan
    if plan.family == "move" and _ends(plan):
        return _partway(plan, amount, f"{amount.value:g} m of the way to the task's goal")
    return _upwards(plan, amount, text)


def _joint(plan: Plan, amount: Amount, joint: FieldSpec) -> Plan:
    if amount.kind not in _KIND_OF.values():
        return plan
    if amount.kind != _KIND_OF.get(joint.unit):
        raise _unmeasured(plan, amount, f"halfway, 30 % or by {_EXAMPLES[joint.unit]}")
    if plan.options["away"]:
        return _further(plan, amount)
    if joint.high is not None and amount.value > joint.high:
        raise _unmeasured(plan, amount, f"at most {joint.high:g} {joint.unit}")
    return _position(plan, amount, amount.value, joint.unit)


def _position(plan: Plan, amount: Amount, value: float, unit: str) -> Plan:
    effect = f"so much is asked of the joint: {value:.3g} {unit}, instead of the task's target"
    new = plan.opt(target=round(value, 6), tolerance=_CLOSE[unit], stated=False)
    return new.heeding(amount.said, effect)


def _part(plan: Plan, amount: Amount, joint: FieldSpec | None, named: frozenset[str]) -> Plan:
    """Use a part of a joint's range or, where none is known, of the way to the task's goal.

    `Lift it a little`, `insert it halfway`: what is carried goes another way than to its goal.
    """
    if amount.value > 1.0:
        raise _unmeasured(plan, amount, "at most 100 %")
    away = plan.options["away"]
    if joint is not None and joint.low is not None and joint.high is not None and not away:
        value = joint.low + amount.value * (joint.high - joint.low)
        return _position(plan, amount, value, joint.unit)
    if amount.whole:
        return plan.heeding(amount.said, "the whole way, as without it")
    elsewhere = plan.family == "carry" and ("to" not in named or "in" in named)
    if elsewhere or not _ends(plan):
        example = _EXAMPLES[joint.unit if joint else "m"]
        lifts = plan.skill == "lift" or plan.options["kind"] == "height"
        some = f" or by {example}" if lifts or endless(plan) else ""
        raise _unmeasured(plan, amount, f"all the way{some}")
    return _partway(plan, amount, f"{amount.value:.0%} of the way to the task's goal")


def _ends(plan: Plan) -> bool:
    """Whether the plan is for a way to a goal on which a thing may stop early."""
    return not endless(plan) and plan.options["kind"] in _NEAR and "release" not in plan.weights


def _partway(plan: Plan, amount: Amount, part: str) -> Plan:
    new = plan.without("force").opt(
        asked=amount.value,
        share=amount.kind == "share",
        tolerance=_NEAR[plan.options["kind"]],
        stated=False,
        driven=False,
    )
    return new.heeding(amount.said, f"so much is asked for: {part}, from where an episode begins")


def _unmeasured(plan: Plan, amount: Amount, instead: str) -> GoalNotUnderstood:
    return GoalNotUnderstood(
        f"{amount.said!r} is not understood for {plan.skill!r} in {plan.task_id}; how far may be "
        f"said there as: {instead}. Other goals: --coder openai"
    )


def _further(plan: Plan, amount: Amount) -> Plan:
    effect = f"so much further away than at the start is full pay: {amount.value:g}"
    return plan.opt(span=amount.value).heeding(amount.said, effect)


def _upwards(plan: Plan, amount: Amount, text: str) -> Plan:
    """Use a height: as the goal, or as what full pay for going up or down takes."""
    metres = f"{amount.value:g} m"
    if plan.options["kind"] == "height":
        new = replace(plan, names={**plan.names, "goal_z": _above(amount.value)})
        return new.heeding(amount.said, f"so much above the table is the goal: {metres}")
    goes = "to" in changes(text)
    if plan.skill == "lift" and not goes:  # so high, rather than to the task's goal
        plan = plan.without("done").opt(kind="rise")
    lifts = "lift" in plan.weights and "up" in changes(text) and plan.skill != "lift"
    if endless(plan) or lifts:
        new = plan.opt(lift=amount.value)
        return new.heeding(amount.said, f"so much up or down is full pay: {metres}")
    return plan


def _above(height: float) -> str:
    return f"cube_half_size + {height:g}"
