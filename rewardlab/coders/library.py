"""Solved tasks: the packaged reference library, read from `prompts/library/<suite>/<task>.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from rewardlab.coders.base import Example


@dataclass(frozen=True)
class Solved(Example):
    """A program that solves its task.

    Attributes:
        env_id: Name of the environment underneath its task.
    """

    env_id: str = ""


@cache
def reference() -> tuple[Solved, ...]:
    """Return the packaged programs, by task id."""
    import yaml

    folder = files("rewardlab").joinpath("prompts", "library")
    entries = (Solved(**yaml.safe_load(file.read_text("utf-8"))) for file in _yaml_files(folder))
    return tuple(sorted(entries, key=lambda entry: entry.task_id))


def _yaml_files(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _yaml_files(entry)
        elif entry.name.endswith(".yaml"):
            yield entry
