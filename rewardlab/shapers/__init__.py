"""Reward shapers: what stands between an environment's reward and the algorithm."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rewardlab.shapers.base import Shaped, Shaper, Transitions
    from rewardlab.shapers.bsrs import BSRS
    from rewardlab.shapers.clip import Clip
    from rewardlab.shapers.counts import CountBonus
    from rewardlab.shapers.designed import ExpRD
    from rewardlab.shapers.dynamic import DynamicPotential
    from rewardlab.shapers.explors import ExploRS
    from rewardlab.shapers.icm import ICM
    from rewardlab.shapers.lirpg import LIRPG
    from rewardlab.shapers.normalize import Normalize
    from rewardlab.shapers.potential import Potential
    from rewardlab.shapers.program_potential import ProgramPotential
    from rewardlab.shapers.redesigned import ExpAdaRD
    from rewardlab.shapers.rnd import RND
    from rewardlab.shapers.scale import Scale
    from rewardlab.shapers.schedule import Schedule
    from rewardlab.shapers.sors import SORS
    from rewardlab.shapers.sum import Sum
    from rewardlab.shapers.teacher import Teacher

__all__ = [
    "BSRS",
    "ICM",
    "LIRPG",
    "RND",
    "SORS",
    "Clip",
    "CountBonus",
    "DynamicPotential",
    "ExpAdaRD",
    "ExpRD",
    "ExploRS",
    "Normalize",
    "Potential",
    "ProgramPotential",
    "Scale",
    "Schedule",
    "Shaped",
    "Shaper",
    "Sum",
    "Teacher",
    "Transitions",
]

_MODULES = {
    "BSRS": "bsrs",
    "Clip": "clip",
    "CountBonus": "counts",
    "DynamicPotential": "dynamic",
    "ExpAdaRD": "redesigned",
    "ExpRD": "designed",
    "ExploRS": "explors",
    "ICM": "icm",
    "LIRPG": "lirpg",
    "Normalize": "normalize",
    "Potential": "potential",
    "ProgramPotential": "program_potential",
    "RND": "rnd",
    "SORS": "sors",
    "Scale": "scale",
    "Schedule": "schedule",
    "Shaped": "base",
    "Shaper": "base",
    "Sum": "sum",
    "Teacher": "teacher",
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
