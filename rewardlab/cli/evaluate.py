"""Measure a run's policy: its success rate with a Wilson interval, over fresh random goals.

Examples:
  rewardlab evaluate window-close-ppo --episodes 100
  rewardlab evaluate window-close-ppo --checkpoint best --video
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from tyro.conf import arg

from rewardlab.cli.answer import Answer, percent
from rewardlab.cli.flags import Json, Out, Run, Switch


@dataclass(frozen=True)
class Flags:
    """Flags of `rewardlab evaluate`."""

    run: Run
    episodes: Annotated[int, arg(metavar="N", help="Episodes.")] = 20
    checkpoint: Annotated[
        Literal["final", "best", "latest"],
        arg(help="Which policy of the run; latest is that of a run that has not finished."),
    ] = "final"
    seed: Annotated[
        int | None,
        arg(metavar="N", help="Fixes the goals.", help_behavior_hint="(default: the evaluation's)"),
    ] = None
    video: Annotated[Switch, arg(help="Film it into the run folder.", help_behavior_hint="")] = (
        False
    )
    out: Out = "results"
    json: Json = False


def run(flags: Flags) -> Answer:
    """Evaluate it."""
    import rewardlab

    result = rewardlab.evaluate(
        rewardlab.Run.open(flags.run, out=flags.out),
        episodes=flags.episodes,
        seed=flags.seed,
        checkpoint=flags.checkpoint,
        video=flags.video,
        progress=True,
    )
    view = (
        f"{result.run}: success {percent(result.success, result.success_ci)} over "
        f"{result.episodes} episodes, mean return {result.return_mean:.1f}"
    )
    return Answer(result.to_json(), f"{view}\nvideo: {result.video}" if result.video else view)
