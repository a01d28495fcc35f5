"""Numbers that a shaper is built with: refused by name where they cannot mean anything."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import Any

from rewardlab.errors import UsageError


def finite(owner: str, **given: Any) -> None:
    """Refuse options that are no finite numbers; `None` stands for a default and passes.

    Args:
        owner: Whose options, for the message.
        **given: Their values by name; so it is in all functions here.

    Raises:
        UsageError: One is not.
    """
    _check(owner, given, "a finite number", math.isfinite)


def positive(owner: str, *, bounded: bool = True, **given: Any) -> None:
    """Refuse options that are not above 0; infinity passes unless `bounded`."""
    allowed = "a number above 0" + ("" if bounded else " (inf: no bound)")
    _check(owner, given, allowed, lambda v: v > 0 and (not bounded or math.isfinite(v)))


def not_negative(owner: str, **given: Any) -> None:
    """Refuse options that are not finite numbers, 0 or above."""
    _check(owner, given, "a number, 0 or above", lambda v: v >= 0 and math.isfinite(v))


def share(owner: str, **given: Any) -> None:
    """Refuse options that do not lie between 0 and 1."""
    _check(owner, given, "a number between 0 and 1", lambda v: 0 <= v <= 1)


def whole(owner: str, *, least: int = 1, most: float = math.inf, **given: Any) -> None:
    """Refuse options that are no whole numbers from `least` to `most`."""
    up_to = "or more" if math.isinf(most) else f"to {most:g}"
    _check(
        owner,
        given,
        f"a whole number, {least} {up_to}",
        lambda v: least <= v <= most and v == int(v),
    )


def _check(owner: str, given: dict[str, Any], allowed: str, holds: Callable[[Any], bool]) -> None:
    for name, value in given.items():
        number = isinstance(value, Real) and not isinstance(value, bool)
        if value is not None and not (number and holds(value)):
            raise UsageError(f"{owner}: {name} is {value!r:.80}; give {allowed}")
