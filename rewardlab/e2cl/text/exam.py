"""Measuring a text model on the test episodes."""

from __future__ import annotations

from collections.abc import Callable

from rewardlab.e2cl.agent import Agent
from rewardlab.e2cl.metrics import score
from rewardlab.e2cl.phases import expert
from rewardlab.e2cl.rollout import Mode, play
from rewardlab.e2cl.study import columns
from rewardlab.e2cl.summary import Measures
from rewardlab.e2cl.world import OK, World

MODES: tuple[Mode, ...] = ("plain", "self")


def measured(world: World, agent: Agent, *, tell: Callable[[str], None]) -> Measures:
    """Let an agent play all test episodes in both modes; what it did is told one by one."""
    episodes, modes = world.episodes("test"), {}
    programs = {episode: expert(world, episode) for episode in episodes}
    for mode in MODES:
        scores = []
        for episode in episodes:
            played = play(world, episode, agent, mode)
            scores.append(score(played, programs[episode]))
            failed = sum(tried.kind != OK for tried in played.tried)
            tell(
                f"{mode}, episode {episode}: {len(played.tried)} steps, {failed} of them failed, "
                + ("goal reached" if played.success else "goal not reached")
            )
        modes[mode] = columns(scores)
    return {0: {"modes": modes, "episodes": list(episodes), "unseen": [0] * len(episodes)}}
