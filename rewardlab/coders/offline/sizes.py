"""Numbers of a sentence in the plan of an arm: how high, how far, to which angle."""

from __future__ import annotations

import re
from dataclasses import replace

from rewardlab.coders.offline.amounts import Amount
from rewardlab.coders.offline.effects import endless
from rewardlab.coders.offline.plan import Plan
from rewardlab.coders.offline.wish import changes
from rewardlab.program.schema import Schema

_LIMIT = r"(?:within|than|under|below|at most|up to) (?:the )?"
_ASIDE = r"\s+(?:to the (?!top)|away|from|forward|back|left|right|sideways|aside)"
_CLOSE = {"m": 0.01, "rad": 0.05}
"""How near to a stated position a joint counts as being there, by the unit of its position."""


def sized(plan: Plan, amount: Amount, text: str, scene: Schema) -> Plan:
    """Return a plan that uses a number, or the plan itself if it has no use for it."""
    said = re.escape(amount.said)
    used = any(change.effect.startswith("so much") for change in plan.heeded)
    if used or amount.value <= 0.0 or re.search(rf"\b{_LIMIT}{said}", text):
        return plan
    if plan.options["kind"] == "joint":
        return _joint(plan, amount, scene)
    if amount.kind != "length":
        return plan
    if plan.options["away"]:
        return _further(plan, amount)
    return plan if re.search(rf"{said}{_ASIDE}", text) else _upwards(plan, amount, text)


def _joint(plan: Plan, amount: Amount, scene: Schema) -> Plan:
    unit = scene.layout[plan.names["angle"]].field.unit
    if amount.kind != {"m": "length", "rad": "angle"}.get(unit):
        return plan
    if plan.options["away"]:
        return _further(plan, amount)
    effect = (
        f"so much is asked of the joint: {amount.value:.3g} {unit}, instead of the task's target"
    )
    new = plan.opt(target=amount.value, tolerance=_CLOSE[unit], stated=False)
    return new.heeding(amount.said, effect)


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
