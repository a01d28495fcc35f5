"""ManiSkill without Vulkan: what would be drawn is left out before it is built.

It lasts for the whole process, so tasks with and without visuals cannot be mixed in one.
"""

from __future__ import annotations

import warnings
from typing import Any

from rewardlab.errors import ConfigError


class _Modes:
    visuals: bool | None = None


class Inert:
    """Stands for a material: takes every setting, does nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass


def load(*, visuals: bool) -> None:
    """Import ManiSkill's environments with or without what is drawn.

    Raises:
        ConfigError: It was imported the other way before.
    """
    if _Modes.visuals not in (None, visuals):
        raise ConfigError(
            f"visuals={visuals}: this process has begun with visuals={not visuals}; ManiSkill "
            "cannot be switched, start a new one"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Vulkan's library, and of older interfaces
        if not visuals and _Modes.visuals is None:
            _leave_out()
        import mani_skill.envs
    mani_skill.logger.setLevel("ERROR")
    _Modes.visuals = visuals


def _leave_out() -> None:
    import sapien
    from sapien.wrapper import urdf_loader
    from sapien.wrapper.actor_builder import ActorBuilder

    sapien.render.RenderMaterial = Inert
    urdf_loader.RenderMaterial = Inert
    for name in dir(ActorBuilder):
        if name.startswith("add_") and "visual" in name:
            setattr(ActorBuilder, name, lambda self, *args, **kwargs: self)
