"""How well an agent acts, and how well it foresees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from rewardlab.e2cl.rollout import Rollout
from rewardlab.e2cl.samples import Sample
from rewardlab.e2cl.world import OK, Action


@dataclass(frozen=True)
class Score:
    """What one episode counts for.

    Attributes:
        steps: Actions tried.
        ok: Those that worked.
        plan: Whether all of them did, and the episode was ended.
        success: Whether the goal held.
        exact: Whether the actions tried are the expert's.
        lcs: Longest common subsequence with the expert's / the longer length.
    """

    steps: int
    ok: int
    plan: bool
    success: bool
    exact: bool
    lcs: float


def score(rollout: Rollout, program: Sequence[Action]) -> Score:
    """Return what a rollout counts for beside the expert's actions."""
    actions = tuple(tried.action for tried in rollout.tried)
    ok = sum(tried.kind == OK for tried in rollout.tried)
    return Score(
        steps=len(actions),
        ok=ok,
        plan=rollout.ended and ok == len(actions),
        success=rollout.success,
        exact=actions == tuple(program),
        lcs=alike(actions, program),
    )


def alike(a: Sequence[Any], b: Sequence[Any]) -> float:
    """Return the length of the longest common subsequence over the longer length; 1 if both empty.

    Of [a, b, c] and [a, c]: 2/3.
    """
    longer = max(len(a), len(b))
    if longer == 0:
        return 1.0
    row = [0] * (len(b) + 1)
    for x in a:
        above = row[:]
        for j, y in enumerate(b):
            row[j + 1] = above[j] + 1 if x == y else max(above[j + 1], row[j])
    return row[-1] / longer


class Foresight(NamedTuple):
    """How well answers are foreseen, over n pairs of a state and an action.

    Attributes:
        n: Pairs.
        errors: Share of them whose answer is an error.
        binary: Share in which error or not is foreseen.
        exact: Share in which the kind of answer is.
        recall: Share of the errors that are foreseen as some error; None without errors.
        false_positive: Share of what works that is foreseen as an error; None if nothing works.
    """

    n: int
    errors: float
    binary: float
    exact: float
    recall: float | None
    false_positive: float | None


def foresight(pairs: Sequence[Sample], foreseen: Sequence[str]) -> Foresight:
    """Compare what was foreseen with the answers of feedback samples."""
    told = np.array([pair.answer for pair in pairs])
    said = np.array(foreseen)
    error, alarm = told != OK, said != OK
    return Foresight(
        n=len(pairs),
        errors=float(error.mean()),
        binary=float((error == alarm).mean()),
        exact=float((told == said).mean()),
        recall=float(alarm[error].mean()) if error.any() else None,
        false_positive=float(alarm[~error].mean()) if not error.all() else None,
    )
