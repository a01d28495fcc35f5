"""Programs for an arm: reach a goal, move a thing to its goal, or carry it there."""

from __future__ import annotations

from collections.abc import Iterator

from rewardlab.coders.offline.plan import Draft, Number, Piece, Plan

AXES = "xyz"


def draft(plan: Plan) -> Draft:
    """Write a plan for an arm down as terms."""
    stages = {"reach": _reach, "move": _move, "carry": _carry}[plan.family](plan)
    return Draft(tuple(_members(plan)), (*stages, *_extras(plan)), tuple(_constants(plan)))


def _members(plan: Plan) -> Iterator[tuple[str, str]]:
    names, call = plan.names, plan.names["call"]
    yield "hand", f"self.{names['hand']}"
    if "openness" in names:
        yield "openness", f"self.{names['openness']}"
    yield call, f"self.{names['thing']}"
    if "tool" in names:
        yield names["tool_call"], f"self.{names['tool']}"
        yield f"{names['tool_call']}_start", f"self.initial.{names['tool']}"
    yield "goal", f"self.{names['goal']}"
    yield "hand_start", f"self.initial.{names['hand']}"
    yield f"{call}_start", f"self.initial.{names['thing']}"
    yield "hand_before", f"self.previous.{names['hand']}"


def _constants(plan: Plan) -> Iterator[tuple[str, Number, str]]:
    o = plan.options
    stated = "the task's own" if o.get("stated") else "the composer's choice"
    yield "TOLERANCE", o["tolerance"], f"[m] the goal counts as met within this; {stated}"
    yield "HOVER", o.get("hover", 0.1), "[m] how high to stay while not yet over the thing"
    yield "SLACK", o.get("slack", 0.01), "[m] this close counts as being there"
    yield "TIPS", (0.0, 0.0, o.get("drop", 0.0)), "[m] from the fingertips up to the hand"
    yield "AXES", tuple(o["axes"]), "coordinates that count"
    yield "LIFT_BY", o.get("lift", 0.1), "[m] how high to lift"
    yield "LOW", o.get("low", 0.0), "[m] lowest height of the hand over the thing"
    yield "HIGH", o.get("high", 0.1), "[m] highest"
    yield "FAST", 0.02, "[m] a step of the hand that counts as fast"


def _reach(plan: Plan) -> Iterator[Piece]:
    yield Piece(
        "reach",
        "the fingertips come to the goal",
        "closeness(left, whole)",
        ("left = math.dist(hand - TIPS, goal)", "whole = math.dist(hand_start - TIPS, goal)"),
    )
    yield _done("goal")


def _move(plan: Plan) -> Iterator[Piece]:
    call = plan.names["call"]
    reach = f"the hand comes {_manner(plan)} the {call}"
    yield Piece("reach", reach, "near", (f"near = {_near(plan, 'hand', call)}",))
    yield from _travel(plan, call)
    yield Piece(
        "force",
        f"the action drives on towards the goal, at the {call}",
        "near * drive * (left > TOLERANCE)",
        (
            f"way = {_way(plan, call)}",
            "drive = share(action[:3] @ way / max(math.hypot(*way), 0.01))",
        ),
    )


def _carry(plan: Plan) -> Iterator[Piece]:
    held = plan.names.get("tool_call", plan.names["call"])
    yield Piece(
        "reach",
        f"the fingertips come {_manner(plan)} the {held}",
        "near",
        ("tips = hand - TIPS", f"near = {_near(plan, 'tips', held)}"),
    )
    yield Piece(
        "grasp",
        f"the gripper closes on the {held}",
        "held",
        (
            f"around = share(1.0 - math.dist(tips, {held}) / 0.06)",
            "held = around * share((1.0 - openness) / 0.4)",
        ),
    )
    if plan.skill != "lift":
        yield _lift(plan, held)
    yield from _travel(plan, plan.names["call"])


def _lift(plan: Plan, held: str) -> Piece:
    return Piece(
        "lift",
        f"the {held} leaves its place, up to {plan.options.get('lift', 0.1):g} m",
        f"share(({held}[2] - {held}_start[2]) / LIFT_BY)",
    )


def _manner(plan: Plan) -> str:
    return "down on" if plan.options.get("approach") == "above" else "straight to"


def _near(plan: Plan, hand: str, thing: str) -> str:
    measure = "funnel" if plan.options.get("approach") == "above" else "way_to"
    start = "hand_start" if hand == "hand" else "hand_start - TIPS"
    return f"closeness({measure}({hand}, {thing}), {measure}({start}, {thing}_start))"


def _way(plan: Plan, call: str) -> str:
    whole = tuple(plan.options["axes"]) == (1.0, 1.0, 1.0)
    return f"goal - {call}" if whole else f"(goal - {call}) * AXES"


def _travel(plan: Plan, call: str) -> Iterator[Piece]:
    lines = (
        f"left = {_distance(plan, call)}",
        f"whole = max({_distance(plan, call + '_start')}, 0.01)",
    )
    doc = f"the {call} goes its way to the goal{_along(plan)}"
    yield Piece(plan.skill, doc, "share(1.0 - left / whole)", lines)
    yield Piece("finish", "the last third of that way", "closeness(left, whole / 3.0)")
    yield _done(call)


def _done(call: str) -> Piece:
    return Piece("done", "the goal is met", "(left <= TOLERANCE)")


def _extras(plan: Plan) -> Iterator[Piece]:
    call = plan.names.get("tool_call", plan.names["call"])
    if plan.options.get("grip") == "closed":
        yield Piece("grip", "the gripper is closed", "share((0.9 - openness) / 0.6)")
    else:
        yield Piece("grip", "the gripper is open", "share((openness - 0.3) / 0.6)")
    touch = f"closeness(math.dist(hand, {call}), 0.1)"
    yield Piece("touch", f"the last centimetres to the {call}", touch)
    height = f"within(hand[2] - {call}[2], LOW, HIGH, 0.1)"
    yield Piece("height", f"the hand keeps its height over the {call}", height)
    yield Piece("haste", "each step until the goal is met", "(left > TOLERANCE)", cost=True)
    calm = "share(math.dist(hand, hand_before) / FAST)"
    yield Piece("calm", "speed of the hand", calm, cost=True)
    yield Piece("effort", "size of the action", "(action @ action / len(action))", cost=True)


def _distance(plan: Plan, thing: str) -> str:
    weights = plan.options["axes"]
    if tuple(weights) == (1.0, 1.0, 1.0):
        return f"math.dist({thing}, goal)"
    parts = [f"{_times(w)}(goal[{i}] - {thing}[{i}])" for i, w in enumerate(weights) if w]
    if len(parts) == 1:
        return f"abs{parts[0]}"
    return f"math.hypot({', '.join(p[1:-1] if p.startswith('(') else p for p in parts)})"


def _times(weight: float) -> str:
    return "" if weight == 1.0 else f"{weight:g} * "


def _along(plan: Plan) -> str:
    used = [AXES[i] for i, w in enumerate(plan.options["axes"]) if w]
    return "" if len(used) == 3 else f", along {' and '.join(used)}"
