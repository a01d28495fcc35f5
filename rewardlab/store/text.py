"""Text that others wrote, made safe to show to people."""

from __future__ import annotations

import unicodedata

_SHOWN_AS_THEY_ARE = "\n\t"


def printable(text: str) -> str:
    """Return text that cannot steer a terminal, nor show another order than it has.

    Control, bidirectional and other invisible characters are written as their numbers: a model or
    a stranger wrote some of what we show.
    """
    if text.isprintable():
        return text
    return "".join(c if _shows(c) else f"\\x{ord(c):02x}" for c in text)


def _shows(char: str) -> bool:
    return char in _SHOWN_AS_THEY_ARE or char.isprintable() or unicodedata.category(char) == "Zs"
