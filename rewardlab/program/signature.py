"""How a function of the vocabulary may be called, written as `name(a, b; keyword_only)`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_CALLS = re.compile(r"(\w+)\(([^)]*)\)")


@dataclass(frozen=True)
class Signature:
    """What a call may pass.

    Attributes:
        positional: Parameters that may be passed by position, in order; never `out`.
        keywords: Parameters that may be passed by name.
        variadic: Any number of positional arguments.
        any_keyword: Any keyword, as `dict.update` takes.
    """

    positional: tuple[str, ...] = ()
    keywords: frozenset[str] = frozenset()
    variadic: bool = False
    any_keyword: bool = False

    @property
    def n_max(self) -> float:
        """Most positional arguments."""
        return float("inf") if self.variadic else len(self.positional)


@dataclass(frozen=True)
class Symbol:
    """A name of a module: a function, a constant, a number type or a class with constructors."""

    kind: Literal["function", "constant", "type", "class"]
    signature: Signature = Signature()


def parse_calls(text: str) -> dict[str, Signature]:
    """Read `name(a, b; c)` entries: `;` starts keyword-only, `*` any positional, `**` any name."""
    return {name: _signature(arguments) for name, arguments in _CALLS.findall(text)}


def words(text: str) -> frozenset[str]:
    """Read names separated by spaces."""
    return frozenset(text.split())


def functions(text: str) -> dict[str, Symbol]:
    """Read entries as functions."""
    return {name: Symbol("function", call) for name, call in parse_calls(text).items()}


def alike(names: str, arguments: str) -> dict[str, Symbol]:
    """Give several functions the same arguments."""
    return {name: Symbol("function", _signature(arguments)) for name in names.split()}


def constants(names: str) -> dict[str, Symbol]:
    """Read names of constants."""
    return {name: Symbol("constant") for name in names.split()}


def types(names: str) -> dict[str, Symbol]:
    """Read names of number types, which convert one value when called."""
    return {name: Symbol("type", _signature("x")) for name in names.split()}


def _signature(arguments: str) -> Signature:
    before, _, after = arguments.partition(";")
    given = [a.strip() for a in before.split(",") if a.strip()]
    positional = tuple(a for a in given if not a.startswith("*"))
    named = {*positional, *(a.strip() for a in after.split(",") if a.strip())}
    keywords = frozenset(a for a in named if not a.startswith("*"))
    return Signature(positional, keywords, "*" in given, "**" in {*named, *given})
