"""Gymnasium ids of the published MDPs: `room-2021` is `rewardlab/Room-2021-v0`."""

from __future__ import annotations

from gymnasium.envs.registration import register, registry

from rewardlab.envs.tabular.published import PUBLISHED

CONTINUOUS = "linek-2022"
"""The one that was published on a continuous line; `mdp` snaps it to a grid."""


def env_id(name: str) -> str:
    """Return the Gymnasium id of a published MDP."""
    return f"rewardlab/{name.title()}-v0"


def register_all() -> None:
    """Register those that are not yet registered."""
    for name in PUBLISHED:
        if env_id(name) in registry:
            continue
        if name == CONTINUOUS:
            register(env_id(name), entry_point="rewardlab.envs.tabular.walk:WalkEnv")
        else:
            make = "rewardlab.envs.tabular.env:make"
            register(env_id(name), entry_point=make, kwargs={"name": name})
