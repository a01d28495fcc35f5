"""States and actions, with their true answers, on which foresight is measured."""

from __future__ import annotations

import random

from rewardlab.e2cl.phases import Prefix, prefixes
from rewardlab.e2cl.samples import Origin, Sample
from rewardlab.e2cl.world import END, Action, Verb, World


def pairs(world: World, episode: str, seed: int = 1) -> tuple[Sample, ...]:
    """Return, per expert step: it, its verb with other objects, and another verb of its arity."""
    rng = random.Random(f"{seed} {episode}")
    arity = {verb.name: verb.arity for verb in world.language.verbs}
    samples: list[Sample] = []
    for at in prefixes(world.start(episode)):
        if at.action == END:
            break
        alike = [verb for verb in world.language.verbs if verb.arity == arity[at.action.verb]]
        origin = Origin(episode, at.step, seed, "pairs")
        samples += [
            Sample("feedback", at.view, tried, origin, answer=at.episode.probe(tried).kind)
            for tried in _tried(at, alike, rng)
        ]
    return tuple(samples)


def _tried(at: Prefix, alike: list[Verb], rng: random.Random) -> list[Action]:
    verb, objects = at.action
    others = tuple(rng.choice(at.view.ids) for _ in objects)
    other = rng.choice([each.name for each in alike if each.name != verb] or [verb])
    return [at.action, Action(verb, others), Action(other, objects)]
