"""The worlds by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from importlib import import_module
from typing import Any

from rewardlab.e2cl.world import World
from rewardlab.errors import StorageError, UnknownName, UsageError

WORLDS = {
    "babyai": ("rewardlab.e2cl.babyai.world", "BabyAI"),
    "household": ("rewardlab.e2cl.household.world", "Household"),
}
"""Module and class of each world."""


def make_world(name: str, **options: Any) -> World:
    """Return a world; `options` are the attributes of its class.

    Raises:
        UnknownName: There is no such world, or level of it.
        MissingExtra: Its package is not installed.
        UsageError: It has no such option.
    """
    if name not in WORLDS:
        raise UnknownName("world", name, WORLDS)
    module, kind = WORLDS[name]
    made = getattr(import_module(module), kind)
    allowed = [field.name for field in fields(made)]
    for option in options:
        if option not in allowed:
            raise UsageError(f"{name} has no option {option!r}; it has {', '.join(allowed)}")
    world: World = made(**options)
    return world


def world_of(config: Mapping[str, Any]) -> World:
    """Return the world that a study's configuration tells of.

    Raises:
        StorageError: It tells of none.
    """
    told = config.get("world")
    try:
        return make_world(str(told["world"]), **told["options"])  # type: ignore[index]
    except (KeyError, TypeError) as error:
        raise StorageError(f"this configuration names no world: {told!r}") from error
