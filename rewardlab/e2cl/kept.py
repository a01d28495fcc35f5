"""A study's samples in a process that works on several of its arms."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from rewardlab.e2cl.arms import Data
from rewardlab.e2cl.exam import seen_programs, unseen
from rewardlab.e2cl.samples import Explored
from rewardlab.e2cl.stored import load as load_samples
from rewardlab.e2cl.world import World


def data_of(world: World, folder: Path) -> Data:
    """Return a study's samples; kept for the next arm while their files stay the same."""
    return _read(world, folder, _stamps(folder))


def unseen_of(world: World, folder: Path) -> tuple[bool, ...]:
    """Return of each test episode whether its expert does what none does in a study's samples."""
    return _compared(world, folder, _stamps(folder))


def _stamps(folder: Path) -> tuple[tuple[str, int], ...]:
    """Return which files of samples there are, and since when."""
    files = sorted((folder / "data").iterdir())
    return tuple((path.name, path.stat().st_mtime_ns) for path in files)


@lru_cache(maxsize=1)
def _read(world: World, folder: Path, stamps: tuple[tuple[str, int], ...]) -> Data:
    parts = {}
    for name in ("plan", "guided", "free"):
        stored = load_samples(folder / "data", name, world.language)
        parts[name] = stored.explored if stored else Explored(())
    return Data(**parts)


@lru_cache(maxsize=1)
def _compared(world: World, folder: Path, stamps: tuple[tuple[str, int], ...]) -> tuple[bool, ...]:
    return unseen(world, seen_programs(_read(world, folder, stamps).plan.samples))
