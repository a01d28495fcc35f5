"""Text as people read it: what others wrote made safe, numbers in their usual form."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_SHOWN_AS_THEY_ARE = "\n\t"


def printable(text: str) -> str:
    """Return text that cannot steer a terminal, nor show another order than it has.

    Control, bidirectional and other invisible characters are written as their numbers: a model or
    a stranger wrote some of what we show.
    """
    if text.isprintable():
        return text
    return "".join(c if _shows(c) else f"\\x{ord(c):02x}" for c in text)


def percent(rate: float | None, interval: Sequence[float] | None = None) -> str:
    """Return a success rate with its interval, e.g. `95 % [76, 99]`."""
    if rate is None:
        return "unknown (no success signal)"
    bounds = f" [{interval[0]:.0%}, {interval[1]:.0%}]".replace("%", "") if interval else ""
    return f"{rate:.0%}".replace("%", " %") + bounds


def counted(n: int, thing: str) -> str:
    """Return how many there are of a thing, e.g. `1 call`, `2,000 calls`."""
    return f"{n:,} {thing}" + ("" if n == 1 else "s")


def _shows(char: str) -> bool:
    return char in _SHOWN_AS_THEY_ARE or char.isprintable() or unicodedata.category(char) == "Zs"
