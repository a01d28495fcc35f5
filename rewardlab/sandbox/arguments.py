"""What programs pass to the methods of a scene: bound like Python does, checked, and copied."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from rewardlab.program.specs import MethodSpec, Parameter
from rewardlab.sandbox.methods import Numbers

Entities: TypeAlias = dict[int, Numbers]
"""The numbers of each part of a scene, by the identity of the object that programs see."""

Binder: TypeAlias = Callable[[Sequence[Any], Mapping[str, Any]], Sequence[Any]]

_NUMBERS = (float, int, bool, np.floating, np.integer, np.bool_)


def binder(method: MethodSpec, label: str, entities: Entities) -> Binder:
    """Return the function that makes arguments ready for a method.

    Args:
        method: Whose parameters.
        label: What it is asked of, for messages.
        entities: What an `"entity"` may be.

    Returns:
        Takes what was passed by position and by name, returns one value per parameter; it raises
        `TypeError` or `ValueError` with what was received and what is allowed.
    """
    signature = f"{label}.{method.name}({', '.join(map(_shown, method.parameters))})"
    known = {parameter.name for parameter in method.parameters}

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Sequence[Any]:
        if not args and not kwargs and not known:
            return ()
        given = dict(zip((p.name for p in method.parameters), args, strict=False))
        twice = given.keys() & kwargs.keys()
        if len(args) > len(known) or twice or not kwargs.keys() <= known:
            names = [*map(_kind, args), *(f"{name}=…" for name in kwargs)]
            raise TypeError(f"{signature} was called with ({', '.join(names)})")
        given |= kwargs
        return [_take(p, given, signature, entities) for p in method.parameters]

    return bind


def _take(
    parameter: Parameter, given: Mapping[str, Any], signature: str, entities: Entities
) -> Any:
    """Return the value of one parameter."""
    value = given.get(parameter.name, parameter.default)
    if value is None:
        raise TypeError(f"{signature}: give {parameter.name}")
    if parameter.kind == "entity":
        found = entities.get(id(value))
        if found is None:
            wanted = "a part of the scene, e.g. self.<name>"
            raise TypeError(f"{signature}: {parameter.name} is {_kind(value)}, give {wanted}")
        return found
    if parameter.kind == "float":
        if not isinstance(value, _NUMBERS):
            raise TypeError(f"{signature}: {parameter.name} is {_kind(value)}, give a number")
        return float(value)
    return np.array(value, float)


def _shown(parameter: Parameter) -> str:
    default = parameter.default
    return parameter.name if default is None else f"{parameter.name}={default:g}"


def _kind(value: Any) -> str:
    return type(value).__name__
