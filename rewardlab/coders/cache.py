"""Replies by content: asking the same model the same thing again costs nothing."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rewardlab.errors import StorageError
from rewardlab.store.files import read_json, write_json


class ReplyCache:
    """A folder of replies, each named by the hash of what was asked.

    Args:
        folder: By default `$REWARDLAB_CACHE/replies`, else `rewardlab/replies` in the user's cache
            folder (`$XDG_CACHE_HOME` or `~/.cache`).
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_folder() / "replies"

    def get(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what was answered to `asked`; a damaged entry counts as none."""
        try:
            entry = read_json(self._path(asked))
        except StorageError:
            return None
        return entry if entry and isinstance(entry.get("text"), str) else None

    def put(self, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """Keep an answer for its owner only; a folder that cannot be written keeps none."""
        try:
            write_json(self._path(asked), dict(answer), private=True)
        except StorageError:
            return

    def _path(self, asked: Mapping[str, Any]) -> Path:
        name = content_hash(asked)
        return self.folder / name[:2] / f"{name}.json"


def content_hash(value: Any) -> str:
    """Return the SHA-256 of a JSON-ready value, independent of the order of keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def cache_folder() -> Path:
    """Return the folder in which rewardlab may keep what it can make again."""
    own = os.environ.get("REWARDLAB_CACHE")
    if own:
        return Path(own).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rewardlab"
