"""Writing files so that a crash leaves the old or the new one, never half of it."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from rewardlab.errors import StorageError, UsageError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MAX_JSON_BYTES = 64_000_000
"""A larger JSON file is none of ours."""
_MAX_DEPTH = 32
"""Folders in each other that a run folder may have."""
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def check_name(name: str) -> str:
    """Return `name` if it may name a file or folder of ours, else raise `UsageError`."""
    if not NAME.fullmatch(name) or ".." in name or _DEVICES.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be a name: use letters, digits, '.', '_' and '-', at most 64"
        )
    return name


def run_folder(out: str | Path, name: str) -> Path:
    """Return where a run of this name lies below `out`; it never lies anywhere else.

    Raises:
        UsageError: No such name is allowed, or the folder's own is not UTF-8.
        StorageError: A link stands in its place, or in it.
    """
    try:
        os.fspath(out).encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{str(out)!r} cannot hold runs: its name is not UTF-8") from error
    path = Path(out) / check_name(name)
    if not path.resolve().is_relative_to(Path(out).resolve()):
        raise StorageError(f"{path} leads out of {out}: rewardlab follows no links there")
    return without_links(path)


def without_links(folder: Path) -> Path:
    """Return a folder in which no name leads elsewhere; it need not exist.

    What a stranger packed into a run folder could otherwise let us read, show or overwrite files
    outside it.

    Raises:
        StorageError: It is, or holds, something else than files and folders.
    """
    if folder.is_symlink():
        raise StorageError(
            f"{folder} is a symbolic link to {os.readlink(folder)}: name that folder itself"
        )
    left = [(str(folder), 0)]
    while left:
        path, depth = left.pop()
        if depth > _MAX_DEPTH:
            raise StorageError(f"{folder} holds folders more than {_MAX_DEPTH} deep: none of ours")
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(path) as entries:
            left += [(entry.path, depth + 1) for entry in entries if not _is_plain_file(entry)]
    return folder


def _is_plain_file(entry: os.DirEntry[str]) -> bool:
    """Return whether it is a file, not a folder.

    Raises:
        StorageError: It is something else.
    """
    if entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False):
        return not entry.is_dir(follow_symlinks=False)
    what = "is a symbolic link" if entry.is_symlink() else "is no ordinary file"
    raise StorageError(
        f"{entry.path} {what}, and rewardlab follows none in a run folder: put the file itself "
        "there"
    )


def storage_error(path: Path, error: OSError) -> StorageError:
    """Say in one line why a path could not be read or written."""
    if error.errno == errno.ENOSPC:
        return StorageError(f"the disk is full: cannot write {path}; free some space and resume")
    return StorageError(f"cannot use {path}: {error.strerror or error}")


def write_bytes(path: Path, data: bytes, *, private: bool = False) -> None:
    """Replace a file by new content in one step.

    Args:
        path: The file; its folder is made if missing.
        data: The new content.
        private: Let nobody but its owner read it (mode 0600).

    Raises:
        StorageError: Disk full, no permission …
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    mode = 0o600 if private else 0o666
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise storage_error(path, error) from error


def write_text(path: Path, text: str) -> None:
    """Replace a text file in one step."""
    write_bytes(path, text.encode())


def write_json(path: Path, data: Any, *, private: bool = False) -> None:
    """Replace a JSON file in one step; `private` as in `write_bytes`."""
    write_bytes(path, (json.dumps(data, indent=2) + "\n").encode(), private=private)


def append_json(path: Path, data: Any, *, private: bool = False) -> None:
    """Add a line to a JSON-lines file; what a crash left of a last line is ended first.

    Args:
        path: The file; it and its folder are made if missing.
        data: What to add.
        private: Make the file for nobody but its owner (mode 0600).
    """
    line = json.dumps(data).encode() + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = 0o600 if private else 0o666
        with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, mode), "a+b") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                line = line if file.read(1) == b"\n" else b"\n" + line
            file.write(line)
    except OSError as error:
        raise storage_error(path, error) from error


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a file that holds one JSON object; `None` if there is none.

    Raises:
        StorageError: It is there but cannot be read.
    """
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise ValueError(f"it is larger than {MAX_JSON_BYTES:,} bytes")
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise storage_error(path, error) from error
    except (ValueError, RecursionError) as error:
        raise StorageError(f"{path} is damaged: {error}") from error
    if not isinstance(data, dict):
        raise StorageError(f"{path} is damaged: it holds a {type(data).__name__}, not an object")
    return data


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of one JSON object a line; lines that a crash damaged are left out.

    Raises:
        StorageError: It cannot be read, or is too large to be one of ours.
    """
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise StorageError(f"{path} is damaged: it is larger than {MAX_JSON_BYTES:,} bytes")
        lines = path.read_text("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise storage_error(path, error) from error
    rows = []
    for line in lines:
        with suppress(ValueError, RecursionError):
            rows.append(json.loads(line))
    return [row for row in rows if isinstance(row, dict)]
