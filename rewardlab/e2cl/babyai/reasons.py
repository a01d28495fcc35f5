"""Why an action of BabyAI does nothing, told before it is tried: minigrid itself is silent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rewardlab.e2cl.world import OK, Action, Feedback, Verb

VERBS = tuple(Verb(name, 0) for name in ("left", "right", "forward", "pickup", "drop", "toggle"))
"""minigrid's actions in its order; `done`, which does nothing, is left out."""
NUMBERS = {verb.name: number for number, verb in enumerate(VERBS)}
KINDS = (
    *(OK, "blocked", "nothing to pick up", "already carrying", "nothing to drop"),
    *("no free cell", "nothing to toggle", "locked", "verb", "arity"),
)


def reason(env: Any, action: Action) -> Feedback:
    """Return what an action would meet in an unwrapped environment, which stays as it is.

    An action works iff it changes the agent's position, direction or load, or the grid.
    """
    if action.verb not in NUMBERS:
        return Feedback("verb", f"there is no action {action.verb}")
    if action.objects:
        return Feedback("arity", f"{action.verb} needs 0 objects, got {len(action.objects)}")
    check = _CHECKS.get(action.verb)
    ahead = env.grid.get(*env.front_pos)
    return check(env, ahead) if check else Feedback(OK)


def thing(cell: Any) -> str:
    """Return what stands in a cell, in words."""
    if cell.type == "wall":
        return "a wall"
    state = ("locked " if cell.is_locked else "closed ") if cell.type == "door" else ""
    return f"a {state}{cell.color} {cell.type}"


def _forward(env: Any, ahead: Any) -> Feedback:
    if ahead is None or ahead.can_overlap():
        return Feedback(OK)
    return Feedback("blocked", f"blocked by {thing(ahead)}")


def _pickup(env: Any, ahead: Any) -> Feedback:
    if ahead is None or not ahead.can_pickup():
        return Feedback("nothing to pick up", "nothing to pick up")
    if env.carrying is not None:
        return Feedback("already carrying", f"already carrying {thing(env.carrying)}")
    return Feedback(OK)


def _drop(env: Any, ahead: Any) -> Feedback:
    if env.carrying is None:
        return Feedback("nothing to drop", "nothing to drop")
    return Feedback(OK) if ahead is None else Feedback("no free cell", "no free cell")


def _toggle(env: Any, ahead: Any) -> Feedback:
    if ahead is None or ahead.type not in ("door", "box"):
        return Feedback("nothing to toggle", "nothing to toggle")
    if ahead.type == "door" and ahead.is_locked and not _has_key(env, ahead.color):
        return Feedback("locked", f"locked; no {ahead.color} key")
    return Feedback(OK)


def _has_key(env: Any, color: str) -> bool:
    held = env.carrying
    return held is not None and (held.type, held.color) == ("key", color)


_CHECKS: dict[str, Callable[[Any, Any], Feedback]] = {
    "forward": _forward,
    "pickup": _pickup,
    "drop": _drop,
    "toggle": _toggle,
}
