"""Speculative inference: foresee the answer, correct at most once, then act."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from rewardlab.e2cl.world import END, OK, Action


class Decision(NamedTuple):
    """What is done, and why.

    Attributes:
        action: To be taken.
        planned: What the plan was.
        foreseen: Kind of answer that the plan was expected to get; `OK` to `END`.
    """

    action: Action
    planned: Action
    foreseen: str = OK


def speculate(
    plan: Callable[[], Action],
    foresee: Callable[[Action], str],
    correct: Callable[[Action, str], Action | None],
) -> Decision:
    """Decide on one action.

    The correction of a plan that is foreseen to fail is taken if it ends the episode or is
    foreseen to work; else the plan is. `END` is never foreseen. Source: arXiv 2409.03256; the
    original foresees `END` too.

    Args:
        plan: Returns the planned action; called once.
        foresee: Returns the kind of answer to an action; called at most twice.
        correct: Returns what to do instead of a failing action, None if it knows nothing; called
            at most once.
    """
    planned = plan()
    if planned == END:
        return Decision(END, END)
    kind = foresee(planned)
    if kind == OK:
        return Decision(planned, planned)
    instead = correct(planned, kind)
    if instead is not None and (instead == END or foresee(instead) == OK):
        return Decision(instead, planned, kind)
    return Decision(planned, planned, kind)
