"""Experts that came with a suite: who shows how a task is done."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from rewardlab.envs.scene import Array

if TYPE_CHECKING:
    from rewardlab.envs.tasks import Task

Expert: TypeAlias = Callable[[Array], Array]
"""Gives an action in [-1, 1] for an observation."""


def expert_of(task: Task) -> Expert | None:
    """Return the expert of a task: MetaWorld's scripted policies; `None` where there is none."""
    if task.suite != "metaworld":
        return None
    from metaworld.policies import ENV_POLICY_MAP

    policy = ENV_POLICY_MAP.get(f"{task.id.partition('/')[2]}-v3")
    if policy is None:
        return None
    scripted = policy()

    def act(obs: Array) -> Array:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that responses are clipped, as they are here
            response: Array = scripted.get_action(obs)
        return np.clip(response, -1.0, 1.0)

    return act
