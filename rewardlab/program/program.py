"""A reward program: source text and where it came from; never executed here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rewardlab.errors import ConfigError, StorageError, UsageError
from rewardlab.store.files import read_json, write_json, write_text

READ_AT_MOST = 1_000_000
"""Characters of a file that are read: far more than any program may have, less than hurts."""

_OWN = ("user", "offline")
_trusted: set[str] = set()
"""Ids of the programs whose text this process was given by its user or composed itself."""


def id_of(source: str) -> str:
    """Return the id of a program with this text, without taking the text for trusted."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class RewardProgram:
    """The text of a dense reward function and its origin.

    Attributes:
        source: Python text that defines `compute_dense_reward(self, action)`.
        task_id: The task it was written for, e.g. `"metaworld/drawer-open"`.
        goal: The sentence it was written from.
        parent: `id` of the program it was refined from.
        origin: Who wrote it: `"offline"`, a model's name, `"file"`, `"edited"` …
        notes: JSON-ready facts about how it was made (coder's plan, comment, attempts).
        foreign: Its text came from a file or a model, so `origin` is only what that says.
    """

    source: str
    task_id: str = ""
    goal: str = ""
    parent: str | None = None
    origin: str = "user"
    notes: dict[str, Any] = field(default_factory=dict, compare=False)
    foreign: bool = field(default=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.foreign and self.origin in _OWN:
            _trusted.add(self.id)

    @property
    def trusted(self) -> bool:
        """Whether just this text is the user's own Python code's or the offline composer's.

        That is known of what this process made itself; no file can claim it.
        """
        return self.id in _trusted

    @property
    def id(self) -> str:
        """SHA-256 of the source, 64 hexadecimal digits."""
        return id_of(self.source)

    def save(self, path: str | Path) -> Path:
        """Write the source to `path` and its origin beside it (`program.py` → `program.json`).

        Raises:
            UsageError: `path` is a folder, or the very file that holds the origin.
            StorageError: It cannot be written.
        """
        path = check_output(path)
        meta = {
            "id": self.id,
            "task_id": self.task_id,
            "goal": self.goal,
            "parent": self.parent,
            "origin": self.origin,
            "notes": self.notes,
        }
        write_text(path, self.source)
        write_json(path.with_suffix(".json"), meta)
        return path

    @classmethod
    def load(cls, path: str | Path) -> RewardProgram:
        """Read a program; one edited since it was saved names the saved one as its parent.

        Raises:
            ConfigError: The file is missing, not UTF-8 or not readable.
        """
        path = Path(path)
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                source = file.read(READ_AT_MOST)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise ConfigError(f"cannot read reward program {str(path)!r}: {reason}") from error
        meta = _read_meta(path.with_suffix(".json"))
        program = cls(source, origin="file", foreign=True)
        if not meta:
            return program
        edited = meta.get("id") != program.id
        return cls(
            source,
            task_id=str(meta.get("task_id", "")),
            goal=str(meta.get("goal", "")),
            parent=meta.get("id") if edited else meta.get("parent"),
            origin="edited" if edited else str(meta.get("origin", "file")),
            notes={} if edited else dict(meta.get("notes") or {}),
            foreign=True,
        )


def check_output(path: str | Path) -> Path:
    """Return a path to which a program may be saved; whoever pays for one checks it before.

    Raises:
        UsageError: It is a folder, or the file that holds the origin.
    """
    path = Path(path)
    if not path.name or path.suffix == ".json" or path.is_dir():
        raise UsageError(f"cannot write a program to {str(path)!r}: name a file, e.g. reward.py")
    return path


def _read_meta(path: Path) -> dict[str, Any]:
    try:
        meta = read_json(path) or {}
    except StorageError:
        return {}
    return meta if "id" in meta and isinstance(meta.get("notes", {}), dict) else {}
