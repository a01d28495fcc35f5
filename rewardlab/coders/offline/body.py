"""Programs for a body that walks: gaits, poses, flips and waving a leg."""

from __future__ import annotations

from collections.abc import Iterator

from rewardlab.coders.offline.plan import Draft, Number, Piece, Plan


def draft(plan: Plan) -> Draft:
    """Write a plan for a walking body down as terms."""
    makers = {"gait": _gait, "pose": _pose, "flip": _flip, "wave": _wave}
    pieces = (*makers[plan.family](plan), *_common(plan))
    return Draft(tuple(_members(plan)), pieces, tuple(_constants(plan)))


def _members(plan: Plan) -> Iterator[tuple[str, str]]:
    names = plan.names
    for local, role in (("forward", "vx"), ("sideways", "vy"), ("rise", "vz"), ("height", "z")):
        if role in names:
            yield local, f"self.{names[role]}"
    if "up" in names:
        yield "up", f"self.{names['up']}"
    if "quaternion" in names:
        yield "q", f"self.{names['quaternion']}"
    for local, role in (("pitch", "pitch"), ("spin", "pitch_rate"), ("swing", "swing")):
        if role in names:
            yield local, f"self.{names[role]}"
    if "z" in names:
        yield "height_start", f"self.initial.{names['z']}"
    if "pitch" in names:
        yield "pitch_start", f"self.initial.{names['pitch']}"
    ways = [f"self.{names[a]} - self.initial.{names[a]}" for a in "xy" if a in names]
    if ways:
        yield "moved", ways[0] if len(ways) == 1 else f"math.hypot({', '.join(ways)})"
    if "paw_z" in names:
        yield "paw", f"self.{names['paw_z']}"


def _constants(plan: Plan) -> Iterator[tuple[str, Number, str]]:
    o = plan.options
    yield "SPEED", o.get("speed", 1.0), f"[m/s] full pay at this speed; {o.get('why_speed', '')}"
    yield "JUMP_BY", o.get("jump", 0.3), "[m] full pay at this much above the start"
    yield "TALL", o.get("tall", 1.0), "[m] height of the body when it stands"
    yield "FLOOR", o.get("floor", 0.3), "[m] height of the body when it lies"
    yield (
        "LEAST",
        o.get("low", 0.8),
        "share of the starting height at which the pay for height is gone",
    )
    yield "TURN", 6.2832, "[rad] a whole turn"
    yield "SPIN_RATE", o.get("spin", 6.0), "[rad/s] full pay at this rate"
    yield "PAW_HEIGHT", o.get("paw", 0.3), "[m] height of the waving foot for full pay"
    yield "SWING_RATE", o.get("swing", 3.0), "[rad/s] full pay at this swing of the leg"


def _gait(plan: Plan) -> Iterator[Piece]:
    ahead = plan.options["sign"] > 0
    way, axis = ("forward" if ahead else "backward"), "forward"
    if plan.options.get("aside"):
        way, axis = ("to the left" if ahead else "to the right"), "sideways"
    limit = "not more than that" if plan.options.get("exact") else "bounded"
    yield Piece(
        plan.skill,
        f"speed {way}, {limit}; the other way counts against",
        "pace",
        (f"pace = max(-1.0, {_pace(plan, axis if ahead else f'-{axis}')})",),
    )


def _pace(plan: Plan, speed: str) -> str:
    if plan.options.get("exact"):
        return f"1.0 - abs({speed} - SPEED) / SPEED"
    return f"min({speed} / SPEED, 1.0)"


def _pose(plan: Plan) -> Iterator[Piece]:
    if plan.skill == "jump":
        yield Piece("jump", "height over the start", "share((height - height_start) / JUMP_BY)")
        yield Piece("rise", "speed upwards", "share(rise / 2.0)")
    elif plan.skill == "lie":
        low = "share(1.0 - (height - FLOOR) / max(height_start - FLOOR, 0.05))"
        yield Piece("lie", "the body is low", low)
    else:
        whole = "TALL" if "tall" in plan.options else "max(height_start, 0.05)"
        yield Piece("stand", "the body stands tall", f"share(height / {whole})")
    if plan.skill != "jump":
        speed = "forward" if "vy" not in plan.names else "math.hypot(forward, sideways)"
        yield Piece("still", "it keeps still", f"rest({speed})")


def _flip(plan: Plan) -> Iterator[Piece]:
    sign = "" if plan.options["sign"] > 0 else "-"
    way = "forwards" if plan.options["sign"] > 0 else "backwards"
    turned = "pitch - pitch_start" if not sign else "pitch_start - pitch"
    yield Piece("jump", "height over the start", "share((height - height_start) / JUMP_BY)")
    yield Piece("spin", f"rate of turning {way}", f"share({sign}spin / SPIN_RATE)")
    yield Piece("flip", "share of a whole turn done", f"share(({turned}) / TURN)")


def _wave(plan: Plan) -> Iterator[Piece]:
    leg = plan.options["leg"].replace("_", " ")
    yield Piece("paw", f"the {leg} foot is up", "share(paw / PAW_HEIGHT)")
    yield Piece(
        "wave",
        "the leg swings, while it is up",
        "share(paw / PAW_HEIGHT) * share(abs(swing) / SWING_RATE)",
    )
    yield Piece("stay", "it stays where it was", "rest(moved)")


def _common(plan: Plan) -> Iterator[Piece]:
    names = plan.names
    if "up" in names:
        yield Piece("upright", "the body's up axis points up", "share(up[2])")
    elif "quaternion" in names:
        upright = "share(1.0 - 2.0 * (q[1] ** 2 + q[2] ** 2))"
        yield Piece("upright", "the body's up axis points up", upright)
    elif "pitch" in names:
        yield Piece("upright", "the body is not pitched", "share(math.cos(pitch))")
    if "z" in names:
        high = "share((height / max(height_start, 0.05) - LEAST) / 0.1)"
        yield Piece("high", "the body keeps its height", high)
        yield Piece("low", "the body keeps down", "share(2.0 - height / max(height_start, 0.05))")
    if "vy" in names:
        aside = plan.options.get("aside")
        across, way = ("forward", "ahead") if aside else ("sideways", "to the side")
        yield Piece("drift", f"speed {way}", f"share(abs({across}) / SPEED)", cost=True)
    if "vz" in names:
        yield Piece("bounce", "speed up and down", "share(abs(rise))", cost=True)
    if plan.options.get("effort", True):
        yield Piece("effort", "size of the action", "(action @ action / len(action))", cost=True)
