"""Plain values, as YAML files and flags give them, read as type annotations want them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from rewardlab.errors import ConfigError

_WORDS = {
    bool: "true or false", int: "a whole number", float: "a number", str: "text",
    list: "a list", tuple: "a list", Sequence: "a list", dict: "a mapping", NoneType: "null",
    Mapping: "a mapping", type: "a class, in Python", Callable: "a function, in Python",
}  # fmt: skip


def read_value(value: Any, kind: Any, where: str) -> Any:
    """Return an option's value as the kind of value that is wanted.

    Args:
        value: What a YAML file, a flag or a caller gives.
        kind: A type annotation; types without words of their own take everything.
        where: The option, as the error calls it.

    Raises:
        ConfigError: It is none of that kind.
    """
    kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    for one in kinds:
        if get_origin(one) is Sequence and isinstance(value, list | tuple):
            return [read_value(item, get_args(one)[0], where) for item in value]
        if one is float and (number := _number(value)) is not None:
            return number
        if one is not float and _fits(value, one):
            return tuple(value) if isinstance(value, list) and get_origin(one) is tuple else value
    allowed = " or ".join(_said(one) for one in kinds)
    raise ConfigError(f"{where} cannot be {value!r}; give {allowed}")


def _fits(value: Any, kind: Any) -> bool:
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    plain = get_origin(kind) or kind
    if plain is Callable:
        return callable(value)
    if plain not in _WORDS:
        return True  # what it may be is for whoever takes it to say
    if plain in (tuple, Sequence):
        return isinstance(value, list | tuple)
    return isinstance(value, plain) and (plain is bool or not isinstance(value, bool))


def _number(value: Any) -> float | None:
    """Return a number, also where YAML 1.1 reads text: `1e-3` has no point."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _said(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    plain = get_origin(kind) or kind
    return _WORDS.get(plain) or str(getattr(plain, "__name__", plain))
