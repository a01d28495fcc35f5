"""Letting an agent act on test episodes."""

from __future__ import annotations

from functools import partial
from typing import Literal, NamedTuple, get_args

from rewardlab.e2cl.agent import Agent
from rewardlab.e2cl.inference import Decision, speculate
from rewardlab.e2cl.phases import repair
from rewardlab.e2cl.world import END, OK, Action, Episode, Tried, World

Mode = Literal["plain", "self", "oracle", "repair"]
"""How an agent acts: as planned; as it foresees and corrects itself; with the world's true answer
in place of what it foresees; so, and with the world's repairs in place of its corrections."""
MODES: tuple[Mode, ...] = get_args(Mode)


class Rollout(NamedTuple):
    """One episode as an agent played it.

    Attributes:
        episode: Its id.
        tried: All actions, with the kinds of their answers.
        ended: Whether agent or world ended it, not the limit of steps.
        success: Whether the goal held at the end.
        foreseen: Steps whose plan was foreseen to fail.
        corrected: Steps at which something else than the plan was done.
    """

    episode: str
    tried: tuple[Tried, ...]
    ended: bool
    success: bool
    foreseen: int = 0
    corrected: int = 0


def play(world: World, episode: str, policy: Agent, mode: Mode) -> Rollout:
    """Play an episode greedily."""
    under_way = world.start(episode)
    tried: list[Tried] = []
    foreseen = corrected = 0
    ended = False
    while not ended and len(tried) < world.max_steps:
        decided = decide(under_way, policy, mode)
        foreseen += decided.foreseen != OK
        corrected += decided.action != decided.planned
        if decided.action == END:
            ended = True
        else:
            tried.append(Tried(decided.action, under_way.step(decided.action).kind))
            ended = under_way.over
    return Rollout(episode, tuple(tried), ended, under_way.succeeded(), foreseen, corrected)


def decide(episode: Episode, policy: Agent, mode: Mode) -> Decision:
    """Decide on the next action in a mode."""
    view = episode.view()
    if mode == "plain":
        planned = policy.plan(view)
        return Decision(planned, planned)
    foresee = partial(policy.foresee, view) if mode == "self" else partial(_truth, episode)
    correct = partial(_repaired, episode) if mode == "repair" else partial(policy.correct, view)
    return speculate(partial(policy.plan, view), foresee, correct)


def _truth(episode: Episode, action: Action) -> str:
    return episode.probe(action).kind


def _repaired(episode: Episode, action: Action, kind: str) -> Action | None:
    return repair(episode, action, episode.probe(action))
