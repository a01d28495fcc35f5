"""Reward shapers: what stands between an environment's reward and the algorithm."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rewardlab.shapers.base import Shaped, Shaper, Transitions
    from rewardlab.shapers.bsrs import BSRS
    from rewardlab.shapers.potential import Potential
    from rewardlab.shapers.rnd import RND

__all__ = [
    "BSRS",
    "RND",
    "Potential",
    "Shaped",
    "Shaper",
    "Transitions",
]

_MODULES = {
    "BSRS": "bsrs",
    "Potential": "potential",
    "RND": "rnd",
    "Shaped": "base",
    "Shaper": "base",
    "Transitions": "base",
}


def __getattr__(name: str) -> Any:
    """Import a shaper when it is first used: some need torch, some a solver."""
    if name not in _MODULES:
        raise AttributeError(f"module 'rewardlab.shapers' has no attribute {name!r}")
    value = getattr(import_module(f"rewardlab.shapers.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
