"""Normalisation of a run's observations and rewards, as its shapers allow it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from stable_baselines3.common.vec_env import VecEnv, VecNormalize

from rewardlab.training.run import Run
from rewardlab.training.shaped import ShapedVecEnv


def normalized(
    venv: VecEnv, run: Run, shaped: Sequence[ShapedVecEnv], *, gamma: float, replays: bool
) -> VecEnv:
    """Wrap environments in `VecNormalize` as a run asks for it, if it does.

    What its shapers rule out is changed, in the run's `config.yaml` too.

    Args:
        venv: The environments.
        run: The run.
        shaped: Its shaping environments, that of the task's reward first.
        gamma: The algorithm's discount.
        replays: Rewards are shaped by a replay buffer alone.
    """
    asked = run.config.normalize
    if asked is None:
        return venv
    settings: dict[str, Any] = dict(asked)
    if replays:
        settings["norm_reward"] = False  # its statistics would be those of unshaped rewards
    if any(each.shaper.invariance == "exact" for each in shaped[1:]):
        # clipping rewards would break the telescoping sum that makes such a shaper exact
        settings["clip_reward"] = np.inf
    if settings != asked:
        replace(run.config, normalize=settings).save(run.path / "config.yaml")
    return VecNormalize(venv, **{"gamma": gamma, **settings})
