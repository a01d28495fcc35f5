"""Every call of a coder, written down the moment it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rewardlab.store.files import write_json


class Transcript:
    """Writes calls as `0001.json`, `0002.json` … into a folder, readable by their owner only.

    Args:
        folder: Where to write; `None` writes nothing. Calls already there are kept.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        done = folder.glob("[0-9]*.json") if folder else ()
        self._last = max((int(p.stem) for p in done if p.stem.isdecimal()), default=0)
        self._entries: dict[int, dict[str, Any]] = {}

    def add(self, entry: Mapping[str, Any]) -> int:
        """Write down a call and return its number."""
        self._last += 1
        self._entries[self._last] = dict(entry)
        self._write(self._last)
        return self._last

    def complete(self, number: int, **facts: Any) -> None:
        """Add to a call what became known of its reply, e.g. the findings."""
        self._entries[number].update(facts)
        self._write(number)
        del self._entries[number]

    def _write(self, number: int) -> None:
        if self._folder is not None:
            write_json(self._folder / f"{number:04d}.json", self._entries[number], private=True)
