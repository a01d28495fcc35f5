"""What a person's comment does to a plan: every comment is acted on visibly or refused."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rewardlab.coders.offline.advice import ADVICE
from rewardlab.coders.offline.plan import Plan
from rewardlab.errors import GoalNotUnderstood


def revise(plan: Plan, earlier: Iterable[str], comment: str | None) -> Plan:
    """Apply comments, oldest first.

    Args:
        plan: The plan of the goal.
        earlier: Comments of past rounds, perhaps made to another coder: those that cannot be acted
            on are told in the plan's changes.
        comment: The new one, if any.

    Raises:
        GoalNotUnderstood: The new comment says nothing that can be acted on here.
    """
    for old in earlier:
        plan = _heed(plan, old) or plan.changed(old, "nothing that this composer can act on")
    if comment is None:
        return plan
    revised = _heed(plan, comment)
    if revised is None:
        raise GoalNotUnderstood(
            f"the offline composer cannot act on the comment {comment!r}; it understands: "
            f"{', '.join(repr(advice.name) for advice in ADVICE)}. Terms of this program: "
            f"{', '.join(plan.weights)}. Other comments: --coder openai"
        )
    return revised


def _heed(plan: Plan, comment: str) -> Plan | None:
    """Apply all advice that is in a comment; `None` if there is none."""
    text = " ".join(comment.lower().replace("’", "'").split())
    effects: list[str] = []
    for advice in ADVICE:
        found = next((m for m in re.finditer(advice.pattern, text) if not _denied(text, m)), None)
        result = advice.act(plan, found.group(found.lastindex or 0)) if found else None
        if result and result[0] != plan:
            plan, effect = result
            effects.append(effect)
    return plan.changed(comment, "; ".join(effects)) if effects else None


def _denied(text: str, found: re.Match[str]) -> bool:
    """Tell whether a comment says the opposite: `do not push harder`."""
    return re.search(r"(?:\bnot|n't|\bnever) (?:\w+ )?$", text[: found.start()]) is not None
