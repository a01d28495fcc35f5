"""Amounts in a sentence: numbers with the units that they are in, and words such as `halfway`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["length", "speed", "angle", "share", "other"]


class Amount(NamedTuple):
    """How much a sentence asks for.

    Attributes:
        said: Its words, e.g. `"30 cm"`.
        value: In SI units and radians.
        kind: What it measures; `share` is a part of the whole way (`30 %`, `halfway`); `other` is
            all that no program has a use for: seconds, times, what describes a thing (`a 4 cm
            cube`) or has no unit.
    """

    said: str
    value: float
    kind: Kind

    @property
    def whole(self) -> bool:
        """Whether it asks for all there is, which goals without an amount do too."""
        return self.kind == "share" and self.value == 1.0


_COUNTED = {
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8},
    **{
        "a": 1,
        "an": 1,
        "nine": 9,
        "ten": 10,
        "fifteen": 15,
        "twenty": 20,
        "thirty": 30,
        "forty": 40,
    },
    **{"forty-five": 45, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100, "half": 0.5},
}


def _metres(milli: str, centi: str) -> str:
    return rf"(?:(?P<{milli}>mm|millimet\w+)|(?P<{centi}>cm|centimet\w+)|(?:m|met(?:er|re)s?))"


_PER = r"(?:\s*/\s*|\s+(?:per|a|an)\s+)"
_UNIT = (
    rf"(?P<speed>{_metres('mm_s', 'cm_s')}{_PER}(?:s|sec|seconds?)\b|mps\b"
    r"|(?P<kmh>km\s*/\s*h|kmh|kph)\b)"
    rf"|(?P<length>{_metres('mm', 'cm')}\b(?!\s*/))"
    r"|(?P<angle>(?P<degrees>°|deg(?:rees?)?\b)|rad(?:ians?)?\b(?!\s*/))"
    r"|(?P<share>(?:percent|per cent)\b|%)"
    r"|(?P<other>(?:s|sec|seconds?|minutes?|min|times|newtons?|n|kg)\b)"
)
_DIGITS = re.compile(
    r"(?<![\w.,/-])(?P<number>-?(?:\d+(?:[.,]\d+)?|[.,]\d+))"
    rf"(?:\s*-?\s*(?:{_UNIT})|(?![.,]?\w))"
)
_WORDS = re.compile(
    rf"\b(?P<number>{'|'.join(sorted(_COUNTED, key=len, reverse=True))})"
    rf"(?:\s+(?:a|an|of a))?[\s-]+(?:{_UNIT})"
)
_OF_A_THING = re.compile(
    r"[\s-]+(?:(?!the |a |this |that |with )\w+ )?(?:cube|block|puck|ball|box)s?\b"
    r"|\s+(?:wide|long|tall|thick|deep)\b"
)
_END = r"(?=$|[,.;]| (?:and|then|to|so|but|while|with|without|only|open|ajar|towards?|up|down)\b)"
_SHARES = {
    "whole": (1.0, r"fully|completely|entirely|all the way"),
    "most": (0.9, r"(?:almost|nearly)(?: (?:fully|completely|all the way))?|most of the way"),
    "three_quarters": (0.75, r"three[\s-]quarters?"),
    "two_thirds": (2.0 / 3.0, r"two[\s-]thirds"),
    "half": (0.5, rf"half(?:[\s-]?way|[\s-](?:open|closed|shut|up)| (?:of )?the way|{_END})"),
    "part": (0.5, r"part(?:ly|ially|way)"),
    "third": (1.0 / 3.0, r"(?:a|one)[\s-]third"),
    "quarter": (0.25, r"(?:a|one)[\s-]quarter"),
    "little": (0.2, rf"slightly{_END}|a (?:little|bit|tad|crack)(?: bit)?{_END}|ajar"),
}
"""Words for a part of the whole way; what is vague counts as the composer decided."""
_PARTS = re.compile(
    r"\b(?:" + "|".join(f"(?P<{name}>{said})" for name, (_, said) in _SHARES.items()) + r")(?!\w)"
)
_MEASURED: tuple[Kind, ...] = ("speed", "length", "angle", "share")
_FACTORS = {"mm": 0.001, "mm_s": 0.001, "cm": 0.01, "cm_s": 0.01, "kmh": 1.0 / 3.6, "share": 0.01}
_FACTORS["degrees"] = math.pi / 180.0


def amounts(text: str) -> tuple[Amount, ...]:
    """Return the amounts of a sentence, in order."""
    return tuple(_amounts(text))


def _amounts(text: str) -> Iterator[Amount]:
    end = 0
    found = (*_DIGITS.finditer(text), *_WORDS.finditer(text), *_PARTS.finditer(text))
    for match in sorted(found, key=lambda match: match.start()):
        if match.start() < end:
            continue
        end = match.end()
        groups = {name: said for name, said in match.groupdict().items() if said}
        if "number" not in groups:
            yield Amount(match.group(), _SHARES[next(iter(groups))][0], "share")
            continue
        number = _COUNTED.get(groups["number"]) or float(groups["number"].replace(",", "."))
        factor = next((f for unit, f in _FACTORS.items() if unit in groups), 1.0)
        kind: Kind = next((kind for kind in _MEASURED if kind in groups), "other")
        if number < 0.0 or _OF_A_THING.match(text[end:]):
            kind = "other"
        yield Amount(match.group().strip(), round(number * factor, 6), kind)
