"""Programs for an arm: reach a goal, move a thing, or carry it, towards a goal or away from it."""

from __future__ import annotations

from collections.abc import Iterator

from rewardlab.coders.offline.plan import Draft, Number, Piece, Plan

AXES = "xyz"


def draft(plan: Plan) -> Draft:
    """Write a plan for an arm down as terms."""
    stages = {"reach": _reach, "move": _move, "carry": _carry}[plan.family](plan)
    pieces = (*_measured(plan), *stages, *_extras(plan))
    return Draft(tuple(_members(plan)), pieces, tuple(_constants(plan)))


def _members(plan: Plan) -> Iterator[tuple[str, str]]:
    names, call = plan.names, plan.names["call"]
    yield "hand", f"self.{names['hand']}"
    if "openness" in names:
        yield "openness", f"self.{names['openness']}"
    if "thing" in names:
        yield call, f"self.{names['thing']}"
    if "tool" in names:
        yield names["tool_call"], f"self.{names['tool']}"
        yield f"{names['tool_call']}_start", f"self.initial.{names['tool']}"
    for local in ("goal", "goal_z", "rest_z", "angle", "target"):
        if local in names:
            yield local, f"self.{names[local]}"
    if "angle" in names:
        yield "angle_start", f"self.initial.{names['angle']}"
    if names.get("up"):
        yield "up", f"self.{names['up']}.pose.to_transformation_matrix()[2, 2]"
    yield "hand_start", f"self.initial.{names['hand']}"
    if "thing" in names:
        yield f"{call}_start", f"self.initial.{names['thing']}"
    yield "hand_before", f"self.previous.{names['hand']}"


def _constants(plan: Plan) -> Iterator[tuple[str, Number, str]]:
    o = plan.options
    stated = "the task's own" if o.get("stated") else "the composer's choice"
    yield "TOLERANCE", o["tolerance"], f"[m] the goal counts as met within this; {stated}"
    yield "SPAN", o.get("span", 0.2), "[m or rad] full pay so much further away than at the start"
    part = "share of the way" if o.get("share") else "[m] of the way"
    yield "ASKED", o.get("asked", 1.0), f"{part} from the start to the task's goal"
    yield "TARGET", o.get("target", 0.0), "[m or rad] where the joint should be; the goal's own"
    yield "NEARBY", 0.5, "[m] at this distance a tenth is paid for being near"
    yield "HOVER", o.get("hover", 0.1), "[m] how high to stay while not yet over the thing"
    yield "SLACK", o.get("slack", 0.01), "[m] this close counts as being there"
    yield "TIPS", (0.0, 0.0, o.get("drop", 0.0)), "[m] from the fingertips up to the hand"
    yield "AXES", tuple(o["axes"]), "coordinates that count"
    yield "LIFT_BY", o.get("lift", 0.1), "[m] how high to lift"
    yield "LOW", o.get("low", 0.0), "[m] lowest height of the hand over the thing"
    yield "HIGH", o.get("high", 0.1), "[m] highest"
    yield "FAST", 0.02, "[m] a step of the hand that counts as fast"


def _measured(plan: Plan) -> Iterator[Piece]:
    """Yield what every stage may use: how far it still is, how far it was, whether it is held."""
    if plan.family == "reach":
        call, start = _tips(plan, "hand"), _tips(plan, "hand_start")
    else:
        call, start = plan.names["call"], f"{plan.names['call']}_start"
    least = "0.05" if plan.options["kind"] == "joint" else "0.01"
    now, before = _distance(plan, call), _distance(plan, start)
    if "asked" in plan.options:
        part = "ASKED * whole_way" if plan.options["share"] else "ASKED"
        yield Piece("asked", "", "", (f"whole_way = {before}", f"asked = {part}"))
        now, before = f"abs(whole_way - {now} - asked)", "asked"
    yield Piece("measured", "", "", (f"left = {now}", f"whole = max({before}, {least})"))


def _reach(plan: Plan) -> Iterator[Piece]:
    if plan.options["away"]:
        yield Piece("leave", "the fingertips leave the goal", _further())
        return
    yield Piece("reach", "the fingertips come to the goal", "closeness(left, whole)")
    yield _done("goal")


def _move(plan: Plan) -> Iterator[Piece]:
    call = plan.names["call"]
    if plan.options["kind"] in ("spot", "tip"):
        gap = "cdist(self.robot.get_ee_coords(), self.{held}.get_pcd()).min()".format(**plan.names)
        near = f"near = closeness({gap}, NEARBY)"
    else:
        near = f"near = {_near(plan, 'hand', call)}"
    yield Piece("reach", f"the hand comes {_manner(plan)} {_said(call)}", "near", (near,))
    yield from _travel(plan, call)
    yield Piece(
        "force",
        f"the action drives on towards the goal, at {_said(call)}",
        "near * drive * (left > TOLERANCE)",
        (
            f"way = {_way(plan, call)}",
            "drive = share(action[:3] @ way / max(math.hypot(*way), 0.01))",
        ),
    )


def _carry(plan: Plan) -> Iterator[Piece]:
    held = plan.names.get("tool_call", plan.names["call"])
    lets_go = "release" in plan.weights
    there = ("there = closeness(left, 0.02)",) if lets_go else ()
    yield Piece(
        "reach",
        f"the fingertips come {_manner(plan)} {_said(held)}",
        "max(near, there)" if lets_go else "near",
        (*there, f"tips = {_tips(plan, 'hand')}", f"near = {_near(plan, 'tips', held)}"),
    )
    yield Piece(
        "grasp",
        f"the gripper closes on {_said(held)}{', until it is there' if lets_go else ''}",
        "max(held, there)" if lets_go else "held",
        tuple(_grasp(plan, held)),
    )
    if plan.skill != "lift":
        yield _lift(plan, held)
    yield from _travel(plan, plan.names["call"])
    yield Piece("release", "there, the gripper opens", "there * share(openness)")


def _grasp(plan: Plan, held: str) -> Iterator[str]:
    yield f"around = share(1.0 - math.dist(tips, {held}) / 0.06)"
    closed = "around * share((1.0 - openness) / 0.4)"
    if not plan.options.get("tells_grasp"):
        yield f"held = {closed}"
        return
    yield f"grasped = float(self.robot.check_grasp(self.{plan.names['held']}))"
    yield f"held = 0.4 * {closed} + 0.6 * grasped"


def _lift(plan: Plan, held: str) -> Piece:
    lifted = f"share(({held}[2] - {held}_start[2]) / LIFT_BY)"
    return Piece(
        "lift",
        f"{_said(held)} leaves its place, up to {plan.options.get('lift', 0.1):g} m",
        f"max({lifted}, there)" if "release" in plan.weights else lifted,
    )


def _tips(plan: Plan, hand: str) -> str:
    return f"{hand} - TIPS" if plan.options.get("drop") else hand


def _manner(plan: Plan) -> str:
    return "down on" if plan.options.get("approach") == "above" else "straight to"


def _near(plan: Plan, hand: str, thing: str) -> str:
    measure = "funnel" if plan.options.get("approach") == "above" else "way_to"
    start = "hand_start" if hand == "hand" else _tips(plan, "hand_start")
    return f"closeness({measure}({hand}, {thing}), {measure}({start}, {thing}_start))"


def _way(plan: Plan, call: str) -> str:
    whole = tuple(plan.options["axes"]) == (1.0, 1.0, 1.0)
    return f"goal - {call}" if whole else f"(goal - {call}) * AXES"


def _travel(plan: Plan, call: str) -> Iterator[Piece]:
    kind, thing = plan.options["kind"], _said(call)
    if kind == "spot":
        yield Piece("upright", f"{thing} stands upright", "share(up)")
    if plan.options["away"]:
        yield Piece(plan.skill, f"{thing} goes away from {_aim(plan)}", _further())
    elif kind == "tip":
        yield Piece(plan.skill, f"{thing} tips over", "share(1.0 - up)")
    elif kind == "rise":
        rise = f"share(({call}[2] - {call}_start[2]) / LIFT_BY)"
        yield Piece(plan.skill, f"{thing} goes up", rise)
    elif kind == "sink":
        sink = f"share(0.5 + 0.5 * ({call}_start[2] - {call}[2]) / LIFT_BY)"
        yield Piece(plan.skill, f"{thing} goes down", sink)
    else:
        doc = f"{thing} goes its way to {_aim(plan)}{_along(plan)}"
        yield Piece(plan.skill, doc, "share(1.0 - left / whole)")
        yield Piece("finish", "the last third of that way", "closeness(left, whole / 3.0)")
        yield _done(call)


def _aim(plan: Plan) -> str:
    if "asked" in plan.options:
        return "the part of it that is asked for"
    return {"joint": "the target of its joint", "rest": "the table"}.get(
        plan.options["kind"], "the goal"
    )


def _further() -> str:
    return "share(0.5 + 0.5 * (left - whole) / SPAN)"


def _done(call: str) -> Piece:
    return Piece("done", "the goal is met", "(left <= TOLERANCE)")


def _extras(plan: Plan) -> Iterator[Piece]:
    call = plan.names.get("tool_call", plan.names["call"])
    if plan.options.get("grip") == "closed":
        yield Piece("grip", "the gripper is closed", "share((0.9 - openness) / 0.6)")
    else:
        yield Piece("grip", "the gripper is open", "share((openness - 0.3) / 0.6)")
    touch = f"closeness(math.dist(hand, {call}), 0.1)"
    yield Piece("touch", f"the last centimetres to {_said(call)}", touch)
    height = f"within(hand[2] - {call}[2], LOW, HIGH, 0.1)"
    yield Piece("height", f"the hand keeps its height over {_said(call)}", height)
    yield Piece("haste", "each step until the goal is met", "(left > TOLERANCE)", cost=True)
    calm = "share(math.dist(hand, hand_before) / FAST)"
    yield Piece("calm", "speed of the hand", calm, cost=True)
    yield Piece("effort", "size of the action", "(action @ action / len(action))", cost=True)


def _distance(plan: Plan, thing: str) -> str:
    kind, weights = plan.options["kind"], tuple(plan.options["axes"])
    if kind == "joint":
        angle = "angle_start" if thing.endswith("_start") else "angle"
        return (
            f"abs(TARGET - {angle})" if "target" in plan.options else f"max(target - {angle}, 0.0)"
        )
    if kind == "height":
        return f"max(goal_z - {thing}[2], 0.0)"
    if kind == "rest":
        return f"max({thing}[2] - rest_z, 0.0)"
    if kind == "spot":
        return f"math.dist({thing}[:2], goal)"
    if weights == (1.0, 1.0, 1.0):
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


def _said(call: str) -> str:
    """Return a local name as it is said: `cube_a` is cube A, `handle` the handle."""
    name, _, letter = call.partition("_")
    return f"{name} {letter.upper()}" if letter else f"the {name}"
