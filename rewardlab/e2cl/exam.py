"""Measuring a policy on the test episodes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from rewardlab.e2cl.metrics import Foresight, Score, foresight, score
from rewardlab.e2cl.pairs import pairs
from rewardlab.e2cl.phases import expert, prefixes
from rewardlab.e2cl.policy import Policy
from rewardlab.e2cl.rollout import Mode, play
from rewardlab.e2cl.samples import Sample
from rewardlab.e2cl.world import END, Action, View, World

_AT_ONCE = 256
"""Pairs that are foreseen together."""


class Exam(NamedTuple):
    """What test episodes hold, for any policy.

    Attributes:
        programs: The expert's actions in each test episode.
        pairs: States and actions whose answers are to be foreseen.
    """

    programs: dict[str, tuple[Action, ...]]
    pairs: tuple[Sample, ...]


class Grades(NamedTuple):
    """How a policy did.

    Attributes:
        modes: Scores of all test episodes, in their order, in each mode of acting.
        foresight: How well it foresees; None if it never learned to.
        interventions: Shares of steps whose plan was foreseen to fail, and was replaced, by mode.
    """

    modes: dict[Mode, tuple[Score, ...]]
    foresight: Foresight | None
    interventions: dict[Mode, tuple[float, float]]


@lru_cache(maxsize=1)
def exam(world: World) -> Exam:
    """Return what a world's test episodes hold; kept for the next policy."""
    episodes = world.episodes("test")
    asked = tuple(pair for episode in episodes for pair in pairs(world, episode))
    return Exam({episode: expert(world, episode) for episode in episodes}, asked)


def grade(world: World, policy: Policy, modes: Iterable[Mode], *, foresees: bool) -> Grades:
    """Measure a policy in some modes, and its foresight."""
    programs, asked = exam(world)
    scores: dict[Mode, tuple[Score, ...]] = {}
    interventions: dict[Mode, tuple[float, float]] = {}
    for mode in modes:
        played = [play(world, episode, policy, mode) for episode in programs]
        scores[mode] = tuple(score(each, programs[each.episode]) for each in played)
        steps = max(1, sum(len(each.tried) for each in played))
        foreseen = sum(each.foreseen for each in played) / steps
        interventions[mode] = (foreseen, sum(each.corrected for each in played) / steps)
    return Grades(scores, _foresight(policy, asked) if foresees else None, interventions)


def seen_programs(samples: Iterable[Sample]) -> set[tuple[Any, ...]]:
    """Return what experts did in the episodes of planning samples: verbs and names of objects."""
    by_episode: dict[str, list[Any]] = {}
    for sample in samples:
        if sample.action != END:
            named = _named(sample.view, sample.action)
            by_episode.setdefault(sample.origin.episode, []).append(named)
    return {tuple(actions) for actions in by_episode.values()}


def unseen(world: World, known: set[tuple[Any, ...]]) -> tuple[bool, ...]:
    """Return of each test episode whether its expert does what no known one does."""
    return tuple(
        tuple(
            _named(at.view, at.action) for at in prefixes(world.start(episode)) if at.action != END
        )
        not in known
        for episode in world.episodes("test")
    )


def _named(view: View, action: Action) -> tuple[str, ...]:
    return (action.verb, *(view.names[view.ids.index(i)] for i in action.objects))


def _foresight(policy: Policy, asked: tuple[Sample, ...]) -> Foresight:
    said: list[str] = []
    for i in range(0, len(asked), _AT_ONCE):
        said += policy.foresee_all([(pair.view, pair.action) for pair in asked[i : i + _AT_ONCE]])
    return foresight(asked, said)
