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
        self._number = max((int(p.stem) for p in done if p.stem.isdecimal()), default=0)
        self._entry: dict[str, Any] = {}

    def add(self, entry: Mapping[str, Any]) -> None:
        """Write down a call."""
        self._number += 1
        self._entry = dict(entry)
        self._write()

    def complete(self, **facts: Any) -> None:
        """Add to the last call what became known of its reply, e.g. the findings."""
        self._entry.update(facts)
        self._write()

    def _write(self) -> None:
        if self._folder is not None:
            write_json(self._folder / f"{self._number:04d}.json", self._entry, private=True)
