"""Command lines into flags: tyro over frozen dataclasses, errors in one line, `--config` below."""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from contextvars import ContextVar
from dataclasses import fields, replace
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import Any, TypeVar

import tyro

from rewardlab.errors import ConfigError, UnknownName, UsageError

Flags = TypeVar("Flags", bound=Any)

_POSITIONAL = ("task", "goal")
_command: ContextVar[str] = ContextVar("command", default="")


def command() -> str:
    """Return the command line that is being carried out, for the run's record."""
    return _command.get()


def parse(kind: type[Flags], *, verb: str, description: str, args: Sequence[str]) -> Flags | None:
    """Read a verb's flags; `None` if help was asked for and printed.

    Values of the YAML file named by `--config` are defaults: what the command line says wins.

    Raises:
        UsageError: An unknown flag or a wrong value, in one line.
        ConfigError: The file of `--config`.
    """
    _command.set(shlex.join(["rewardlab", verb, *args]))
    _check_names(kind, verb, args)
    path = _value_of("--config", args)
    default = None if path is None or "--help" in args else _from_file(kind, verb, Path(path))
    return _tyro(kind, verb, description, args, default)


def _tyro(
    kind: type[Flags], verb: str, description: str, args: Sequence[str], default: Flags | None
) -> Flags | None:
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            parsed: Flags = tyro.cli(
                kind,
                prog=f"rewardlab {verb}",
                description=description,
                args=list(args),
                **({} if default is None else {"default": default}),
            )
            return parsed
    except SystemExit as stop:
        if not stop.code:
            return None
        raise UsageError(f"{_first_part(said.getvalue())} See: rewardlab {verb} --help") from stop


def _first_part(boxed: str) -> str:
    """Return what tyro's box says between its title and its first rule, as one line."""
    lines = [line.strip("╭╮╰╯│|+ ") for line in boxed.splitlines()[1:]]
    lines = [line if line.strip("─-") else "" for line in lines]  # a rule says nothing
    rest = dropwhile(lambda line: not line, lines)
    text = _plain(" ".join(" ".join(takewhile(bool, rest)).split()))
    return text if text.endswith(".") else text + "."


def _plain(text: str) -> str:
    """Put what tyro says of numbers and of missing flags into a user's words."""
    for kind, words in (("int", "a whole number"), ("float", "a number")):
        why = rf"invalid .* {kind}\(.*: |no type .*\b{kind.upper()}\b.* from \[|.* to {kind}: "
        wrong = rf"^Error parsing (\S+): (?:{why})('.*')\]?\.?$"
        text = re.sub(wrong, rf"\1: \2 is not {words}", text)
    hint = "put a goal in quotes, options of a task after --task-option"
    text = re.sub(r"^Unrecognized options: (.*?)\.?$", rf"not understood: \1; {hint}", text)
    missing = r"^Missing from .*?: (\S+)(?: [A-Z]{2,})? (.*?)\.? \(required\)\.?$"
    return re.sub(missing, r"\1 is missing: \2", text)


def _check_names(kind: type[Flags], verb: str, args: Sequence[str]) -> None:
    known = ["--help"]
    for f in fields(kind):
        known.append(f"--{f.name.replace('_', '-')}")
        if f.default is True:
            known.append(f"--no-{f.name.replace('_', '-')}")
    for token in args:
        name = token.partition("=")[0].replace("_", "-")
        if token.startswith("--") and len(token) > 2 and name not in known:
            raise UnknownName("flag", name, known, f"See: rewardlab {verb} --help")


def _value_of(flag: str, args: Sequence[str]) -> str | None:
    for i, token in enumerate(args):
        if token == flag and i + 1 < len(args):
            return args[i + 1]
        if token.startswith(f"{flag}="):
            return token.partition("=")[2]
    return None


def _from_file(kind: type[Flags], verb: str, path: Path) -> Flags:
    from rewardlab.config import RunConfig, check_keys, read_yaml

    data = read_yaml(path)
    data.pop("allow_degraded_sandbox", None)  # a person accepts a risk, not a file
    flags = [f.name for f in fields(kind) if f.name not in ("config", "settings", "json")]
    deeper = [f.name for f in fields(RunConfig) if f.name not in flags]
    check_keys(data, flags + deeper, str(path))
    try:
        parsed = _tyro(kind, verb, "", _tokens(kind, data), None)
    except UsageError as error:
        raise ConfigError(f"{path}: {error}") from error
    assert parsed is not None
    settings = {key: value for key, value in data.items() if key in deeper}
    return replace(parsed, settings=settings)


def _tokens(kind: type[Flags], data: Mapping[str, Any]) -> list[str]:
    """Return a file's values as they would stand on the command line, positional ones first."""
    positional: list[str] = []
    options: list[str] = []
    for f in fields(kind):
        value = data.get(f.name)
        flag = f"--{f.name.replace('_', '-')}"
        if value is None:
            continue
        if f.name in _POSITIONAL:
            positional.append(str(value))
        elif isinstance(f.default, bool) and isinstance(value, bool):
            if value is not f.default:
                options.append(flag if value else f"--no-{flag[2:]}")
        else:
            options.append(f"{flag}={value}")
    return positional + options
