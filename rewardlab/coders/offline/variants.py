"""How candidates of one goal differ, deterministically."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rewardlab.coders.offline.plan import Plan


def vary(plan: Plan, sample: int) -> Plan:
    """Return candidate `sample` of a plan; candidate 0 is the plan itself.

    The first candidates differ in structure; further ones repeat these with other weights.
    """
    if sample == 0:
        return plan
    plan = replace(plan, sample=sample)
    round_, which = divmod(sample, len(VARIANTS) + 1)
    if which:
        plan = VARIANTS[which - 1](plan)
    return _stretch(plan, 1.0 + 0.25 * round_) if round_ else plan


def _stretch(plan: Plan, factor: float) -> Plan:
    main = plan.skill if plan.skill in plan.weights else next(iter(plan.weights))
    return plan.weigh(**{main: round(plan.weights[main] * factor, 3)})


def _bell(plan: Plan) -> Plan:
    return _stretch(plan, 1.0 if plan.family in ("reach", "move", "carry") else 0.75).opt(
        closeness="gaussian"
    )


def _bold(plan: Plan) -> Plan:
    return _stretch(plan, 1.5)


def _straight(plan: Plan) -> Plan:
    if "approach" in plan.options:
        return plan.opt(approach="straight")
    return plan.weigh(effort=round(3.0 * plan.weights.get("effort", 0.02), 3))


VARIANTS: tuple[Callable[[Plan], Plan], ...] = (_bell, _bold, _straight)
