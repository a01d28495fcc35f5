"""Libraries of solved tasks: the packaged reference library, and the one that a user's runs fill.

Each entry is a YAML file. The packaged ones lie in `prompts/library/<suite>/<task>.yaml`, a user's
in `$REWARDLAB_LIBRARY`, else in `rewardlab/library` in the user's data folder (`$XDG_DATA_HOME` or
`~/.local/share`). What stands in an entry is data: it is read with a size limit, nothing of it is
executed, and an entry that cannot be used is told by name and skipped.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

from rewardlab.coders.base import Example
from rewardlab.coders.text import CODE_LIMIT, GOAL_LIMIT, clean, one_line
from rewardlab.errors import AmbiguousName, UnknownName, UsageError
from rewardlab.program.entry import ENTRY
from rewardlab.program.program import id_of
from rewardlab.program.size import measured
from rewardlab.store.files import storage_error, write_bytes

MAX_BYTES = 100_000
"""A larger file is no entry."""
_TASK = re.compile(r"[a-z0-9_]+/[\w.:+/-]{1,150}", re.ASCII)
_TEXTS = {"task_id": 200, "env_id": 200, "goal": GOAL_LIMIT, "source": CODE_LIMIT, "run": 200}
_NEEDED = ("task_id", "env_id", "goal", "source")


@dataclass(frozen=True)
class Solved(Example):
    """A program that solves its task.

    Attributes:
        env_id: Name of the environment underneath its task.
        name: Name of its file without `.yaml`.
        run: The run in which it proved itself.
        result: What was measured then: `success`, `success_ci`, `episodes`.
    """

    env_id: str = ""
    name: str = ""
    run: str = ""
    result: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def id(self) -> str:
        """The id of its program, see `RewardProgram.id`."""
        return id_of(self.source)


class Broken(NamedTuple):
    """A file that is no usable entry, and why."""

    name: str
    why: str


class Shelf(NamedTuple):
    """What a folder holds.

    Attributes:
        entries: By task id, then program.
        broken: By name.
    """

    entries: tuple[Solved, ...] = ()
    broken: tuple[Broken, ...] = ()


@cache
def reference() -> tuple[Solved, ...]:
    """Return the packaged programs, by task id."""
    return packaged().entries


def packaged() -> Shelf:
    """Return the packaged library, with what is broken in it."""
    return _shelf(files("rewardlab").joinpath("prompts", "library"), depth=1)


def own() -> Shelf:
    """Return the user's library; a folder that is not there is empty."""
    return _shelf(own_folder())


def own_folder() -> Path:
    """Return where the user's library lies."""
    place = os.environ.get("REWARDLAB_LIBRARY")
    if place:
        return Path(place).expanduser()
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "rewardlab" / "library"


def add(solved: Solved) -> Path:
    """Put a program into the user's library, in place of what is there of the same program.

    Raises:
        UsageError: It is no usable entry.
        StorageError: It cannot be written.
    """
    import yaml

    data = {key: getattr(solved, key) for key in _NEEDED}
    data |= {"run": solved.run, "result": dict(solved.result)}
    try:
        _entry(data)
    except ValueError as error:
        raise UsageError(f"this cannot be kept in a library: {error}") from error
    task = re.sub(r"[^A-Za-z0-9]+", "-", solved.task_id).strip("-")[:40]
    path = own_folder() / f"{task}-{solved.id[:12]}.yaml"
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
    write_bytes(path, text.encode(), private=True)
    return path


def remove(name: str) -> Path:
    """Take an entry, or a broken file, out of the user's library.

    Args:
        name: Its name or a unique beginning of that.

    Raises:
        UnknownName: There is none.
        AmbiguousName: Several start so.
    """
    names = sorted(path.stem for path in own_folder().glob("*.yaml"))
    found = [n for n in names if n == name] or [n for n in names if name and n.startswith(name)]
    if len(found) > 1:
        raise AmbiguousName("library entry", name, found)
    if not found:
        raise UnknownName("library entry", name, names)
    path = own_folder() / f"{found[0]}.yaml"
    try:
        path.unlink()
    except OSError as error:
        raise storage_error(path, error) from error
    return path


def _shelf(folder: Traversable, *, depth: int = 0) -> Shelf:
    entries: list[Solved] = []
    broken: list[Broken] = []
    try:
        found = sorted(_yaml_files(folder, depth), key=lambda file: file.name)
    except FileNotFoundError:
        return Shelf()
    except OSError as error:
        return Shelf(broken=(Broken(folder.name, error.strerror or str(error)),))
    for file in found:
        try:
            entries.append(_read(file))
        except (OSError, ValueError) as error:
            broken.append(Broken(one_line(file.name, 80), one_line(str(error), 200)))
    return Shelf(tuple(sorted(entries, key=lambda e: (e.task_id, e.id))), tuple(broken))


def _yaml_files(folder: Traversable, depth: int) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.name.endswith(".yaml"):
            yield entry
        elif depth and entry.is_dir():
            yield from _yaml_files(entry, depth - 1)


def _read(file: Traversable) -> Solved:
    import yaml

    if not file.is_file():
        raise ValueError("it is no ordinary file")
    with file.open("rb") as stream:
        text = stream.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES:,} bytes")
    try:
        data = yaml.safe_load(text.decode())
    except (yaml.YAMLError, RecursionError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        said = getattr(error, "problem", None) or error
        raise ValueError(f"it is no YAML: {line}{said}") from error
    return _entry(data, file.name.removesuffix(".yaml"))


def _entry(data: Any, name: str = "") -> Solved:
    """Return an entry, or say in a `ValueError` what is wrong with it."""
    keys = f"{', '.join(_NEEDED)}, and maybe run, result"
    if not isinstance(data, dict) or not set(_NEEDED) <= set(data) <= {*_TEXTS, "result"}:
        raise ValueError(f"its keys are not {keys}")
    for key, limit in _TEXTS.items():
        text = data.get(key, "")
        if not isinstance(text, str) or len(text) > limit or (key != "run" and not text.strip()):
            raise ValueError(f"{key} is not a text of at most {limit:,} characters")
    if not _TASK.fullmatch(data["task_id"]):
        raise ValueError("task_id is not written like metaworld/reach")
    tree = measured(data["source"])
    if not isinstance(tree, ast.Module):
        raise ValueError(f"its source: {tree}")
    if not any(isinstance(n, ast.FunctionDef) and n.name == ENTRY for n in ast.walk(tree)):
        raise ValueError(f"its source does not define {ENTRY}")
    goal = clean(data["goal"])
    texts = {key: data[key] for key in ("task_id", "env_id", "source")}
    return Solved(**texts, goal=goal, name=name, run=data.get("run", ""), result=_result(data))


def _result(data: Mapping[str, Any]) -> dict[str, Any]:
    result = data.get("result", {})
    if not isinstance(result, dict) or len(result) > 20 or not all(map(_is_fact, result.items())):
        raise ValueError("result is not a mapping of names to numbers")
    return result


def _is_fact(item: tuple[Any, Any]) -> bool:
    key, value = item
    values = value if isinstance(value, list) and len(value) == 2 else [value]
    return isinstance(key, str) and all(
        isinstance(number, int | float) and abs(number) <= 1e12 for number in values
    )
