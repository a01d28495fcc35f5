"""Identifiers under which programs read what a model names freely."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable


def identifiers(names: Iterable[str], kind: str) -> list[str]:
    """Turn the names of a model's elements into distinct identifiers.

    `"rf/upper arm"` becomes `rf_upper_arm`; an element without a name, or with one that does not
    begin with a letter, is called after its kind and place, e.g. `body_3`.
    """
    found: list[str] = []
    for i, name in enumerate(names):
        plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
        if not plain:
            plain = f"{kind}_{i}"
        elif not plain[0].isalpha():
            plain = f"{kind}_{plain}"
        if keyword.iskeyword(plain):
            plain += "_"
        while plain in found:
            plain += f"_{i}"
        found.append(plain)
    return found
