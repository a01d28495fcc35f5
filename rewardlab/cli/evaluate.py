"""Measure a run's policy: its success rate with a Wilson interval, over fresh random goals.

A model that Stable-Baselines3 saved can be measured too. Its .zip holds pickles, which can run code
of whoever made it: that needs --trust-pickle.

Examples:
  rewardlab evaluate window-close-ppo --episodes 100
  rewardlab evaluate window-close-ppo --checkpoint best --video
  rewardlab evaluate model.zip --task metaworld/window-close --trust-pickle
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from rewardlab.cli.answer import Answer
from rewardlab.cli.flags import AllowDegraded, Json, KeepAbove, Out, Sandbox, Switch
from rewardlab.store.text import percent


@dataclass(frozen=True)
class Flags:
    """Flags of `rewardlab evaluate`."""

    run: Annotated[
        Positional[str],
        arg(metavar="RUN", help="A run's folder, its name or a prefix of it; or a model's .zip."),
    ]
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
    task: Annotated[
        str | None,
        arg(
            metavar="TASK",
            help="Task to measure a model on; for a run only if a module of yours registers it.",
            help_behavior_hint="",
        ),
    ] = None
    trust_pickle: Annotated[
        Switch,
        arg(
            help="Accept that a model's .zip can run code of whoever made it.",
            help_behavior_hint="",
        ),
    ] = False
    algo: Annotated[
        str, arg(metavar="NAME", help="Algorithm of a model; auto goes by what its file says.")
    ] = "auto"
    vec_normalize: Annotated[
        str | None,
        arg(
            metavar="FILE",
            help="vecnormalize.pkl of a model; needs --trust-pickle too.",
            help_behavior_hint="",
        ),
    ] = None
    keep_above: KeepAbove = 0.5
    sandbox: Sandbox = "auto"
    allow_degraded_sandbox: AllowDegraded = False
    out: Out = "results"
    json: Json = False


def run(flags: Flags) -> Answer:
    """Evaluate it."""
    from pathlib import Path

    import rewardlab
    from rewardlab.training.run import is_model_file

    model = is_model_file(Path(flags.run))
    result = rewardlab.evaluate(
        flags.run if model else rewardlab.Run.open(flags.run, out=flags.out),
        episodes=flags.episodes,
        seed=flags.seed,
        checkpoint=flags.checkpoint,
        video=flags.video,
        progress=True,
        task=flags.task,
        trust_pickle=flags.trust_pickle,
        algo=flags.algo,
        vec_normalize=flags.vec_normalize,
        sandbox=flags.sandbox,
        allow_degraded_sandbox=flags.allow_degraded_sandbox,
        keep_above=flags.keep_above,
    )
    lines = [
        f"{result.run}: success {percent(result.success, result.success_ci)} over "
        f"{result.episodes} episodes, mean return {result.return_mean:.1f}",
        *([f"video: {result.video}"] if result.video else []),
        *([f"kept as an example: {result.kept}"] if result.kept else []),
    ]
    return Answer(result.to_json(), "\n".join(lines))
