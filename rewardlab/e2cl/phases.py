"""The phases of exploration, each a function of one episode.

Every draw is seeded by the run's seed, the phase and the episode: neither the order of episodes
nor the number of processes changes what is found. Source: arXiv 2409.03256.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import NamedTuple
from zlib import crc32

import numpy as np

from rewardlab.e2cl.policy import Policy
from rewardlab.e2cl.samples import Explored, Origin, Sample
from rewardlab.e2cl.world import END, Action, Episode, Feedback, View, World

N_DRAWN = 2
"""Actions that a policy draws at each prefix of an expert's."""

Corrector = Callable[[Episode, Action, Feedback], Action | None]
"""Proposes what to do instead of an action that failed, None if it knows nothing."""


class Prefix(NamedTuple):
    """A state on an expert's way, before its action (`END` in the last one)."""

    step: int
    episode: Episode
    view: View
    action: Action


def demonstrate(world: World, episode: str, seed: int) -> Explored:
    """Return the expert's actions as samples to plan, the last one `END`.

    It stops before the first of them that fails.
    """
    under_way = world.start(episode)
    samples = tuple(
        Sample("plan", at.view, at.action, Origin(episode, at.step, seed, "plan"))
        for at in prefixes(under_way)
    )
    done = under_way.over or (samples and samples[-1].action == END)
    return Explored(samples, lost=int(not done))


def guided(world: World, episode: str, seed: int, policy: Policy) -> Explored:
    """Teacher-guided exploration: try one action at each prefix of the expert's.

    At each the likeliest action, two drawn ones and the expert's are probed, `END` not. What fails
    is corrected to the expert's action.
    """
    rng = seeded(seed, "guided", episode)
    samples: list[Sample] = []
    for at in prefixes(world.start(episode)):
        origin = Origin(episode, at.step, seed, "guided")
        drawn = [policy.plan(at.view, rng) for _ in range(N_DRAWN)]
        for tried in dict.fromkeys([policy.plan(at.view), *drawn, at.action]):
            if tried != END:
                told = at.episode.probe(tried)
                samples += learned(at.view, tried, told, at.action, origin)
    return Explored(tuple(samples))


def free(world: World, episode: str, seed: int, policy: Policy, corrector: Corrector) -> Explored:
    """Teacher-free exploration: roll the policy out, greedily and drawing, and have it corrected.

    A failed action leaves the state and stays in the history. Corrections pass `helps`.
    """
    rng = seeded(seed, "free", episode)
    samples: list[Sample] = []
    steps = count()
    for draws in (None, rng):
        under_way = world.start(episode)
        for _ in range(world.max_steps):
            view = under_way.view()
            action = policy.plan(view, draws)
            if action == END:
                break
            told = under_way.step(action)
            instead = None if told.ok else corrector(under_way, action, told)
            if instead is not None and not helps(under_way, action, instead):
                instead = None
            samples += learned(
                view, action, told, instead, Origin(episode, next(steps), seed, "free")
            )
            if under_way.over:
                break
    return Explored(tuple(samples))


def repair(episode: Episode, action: Action, feedback: Feedback) -> Action | None:
    """Return the first of the world's repairs that helps: the corrector without a model."""
    proposed = episode.repairs(action, feedback)
    return next((instead for instead in proposed if helps(episode, action, instead)), None)


def helps(episode: Episode, failed: Action, instead: Action) -> bool:
    """Return whether an action works here and the failed one works after it."""
    if instead == END or not episode.probe(instead).ok:
        return False
    after = episode.fork()
    return after.step(instead).ok and not after.over and after.probe(failed).ok


def prefixes(episode: Episode) -> Iterator[Prefix]:
    """Walk along the expert, which ends where it is done, fails or knows nothing more."""
    for step in count():
        action = None if episode.over else episode.teacher()
        if action is None or (action != END and not episode.probe(action).ok):
            return
        yield Prefix(step, episode, episode.view(), action)
        if action == END:
            return
        episode.step(action)


def expert(world: World, episode: str) -> tuple[Action, ...]:
    """Return the expert's actions up to the first that fails, without `END`."""
    return tuple(at.action for at in prefixes(world.start(episode)) if at.action != END)


def learned(
    view: View, tried: Action, told: Feedback, instead: Action | None, origin: Origin
) -> Iterator[Sample]:
    """Yield what an action teaches: its answer, and if it failed its correction, where known."""
    yield Sample("feedback", view, tried, origin, answer=told.kind)
    if not told.ok and instead is not None:
        yield Sample("correct", view, instead, origin, failed=tried, error=told.kind)


def seeded(seed: int, phase: str, episode: str) -> np.random.Generator:
    """Return the generator of an episode in a phase."""
    return np.random.default_rng([seed, crc32(phase.encode()), crc32(episode.encode())])
