"""What is to become of a thing: the change that a sentence asks for, and whose side it is on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from rewardlab.coders.offline.lexicon import ARM, words_of

MOVING = frozenset({"press", "push", "pull", "turn", "slide", "sweep", "place", "pick"})
"""Manners that may serve any change."""

Side = Literal["own", "against", "neither"]

_PLACE = (
    r"(?:\w+ ){0,3}?(?:goal|target|hole|shelf|net|bin|hoop|spot|position|location|destination|"
    r"marker|peg|place|box|machine|block)\b"
)
_TABLE = r"(?:the |its |your )?(?:table|ground|floor|desk)\b"

CHANGES: Mapping[str, str] = {
    "unlock": r"\bunl(?:ock|atch)\w*",
    "lock": r"(?<!\bthe )(?<!\ba )(?<!\bits )(?<!\bof )\b(?:lock|latch)(?:ed|es|s|ing)?\b",
    "open": r"(?<!gripper )(?<!hand )(?<!fingers )\bopen(?:s|ed|ing)?\b"
    r"(?! (?:the )?(?:gripper|hand))|\bextend(?:ed)?\b|\bajar\b|\bunseal\w*",
    "close": r"\bclos(?:es?|ed|ing)\b(?! to\b| by\b)|\bshut(?:s|ting)?\b(?! off)"
    r"|\b(?:seal|slam|fasten)(?:s|ed|ing)?\b",
    "off": r"\b(?:turn|switch|shut)\w* (?:\w+ ){0,3}?off\b(?! the\b)"
    r"|\bstop\w* (?:the )?(?:water|flow)",
    "on": r"\b(?:turn|switch|get|put)\w* (?:\w+ ){0,3}?on\b(?! the | a | top| its)"
    r"|\bturn on\b|\bwater (?:\w+ )?(?:run|flow)s?\b",
    "onto": r"\bon(?:to)?(?: the)? top of\b|\bstack\w*|\btower\b|\bpile\w*"
    r"|\b(?:on(?:to)?|above|over|atop) (?:the )?(?:other |second |first )?"
    r"(?:cube|one|second|[a-e])\b",
    "up": r"\b(?:lift|rais|hoist|elevat|heav)\w*|\bup(?:wards?)?\b|\b(?:top|highest) position\b"
    rf"|\boff {_TABLE}|\binto the air\b",
    "down": r"\b(?:lower|drop|sink|settle)\w*|\bdown(?:wards?)?\b|\b(?:bottom|lowest) position\b"
    rf"|\b(?:back|put|place|set|lay|land|releas)\w* (?:\w+ ){{0,3}}?on(?:to)? {_TABLE}",
    "away": r"\baway\b|\bfar(?:ther)? from\b|\b(?:back|clear|keep) off\b|\bretreat\w*"
    r"|\b(?:keep|stay)\w* (?:\w+ ){0,3}?(?:out|off|clear)\b|\bincrease the (?:distance|gap)\b",
    "in": r"\b(?:insert|plug)\w*"
    r"|\b(?:push|press|slid|shov|put|mov)\w* (?:\w+ ){0,4}?in(?:side|wards?)?\b(?! \w)"
    r"|\b(?:back|all the way|right) in(?:to)?\b|\bin (?:until|till|again)\b",
    "out": r"\b(?:unplug|extract)\w*|\bout(?:wards?)?\b(?! of the way)"
    r"|\btowards? (?:you|yourself|me|us|the robot)\b",
    "tip": r"\b(?:knock|tip|topple|push|kick|throw)\w* (?:\w+ ){0,3}?over\b(?! to| the)"
    r"|\b(?:toppl|capsiz)\w+|\bfall (?:over|down)\b",
    "to": rf"\b(?:to|into|onto|at|towards?|under|through|over|on|for|in) {_PLACE}"
    r"|\b(?:to|so that|such that) (?:\w+ ){0,3}?where\b|\b(?:reduce|decrease) the distance\b",
    "release": r"\breleas\w*|\blet go\b|\blet it go\b",
    "back": r"\bback\b(?= *(?:,|$|again))|\bthe other way\b|\bundo\b|\brevers\w+",
}
"""Changes that a sentence may name, and the words that name them."""

_SAME: Mapping[str, tuple[str, ...]] = {
    "open": ("on", "out", "pull", "slide"),
    "close": ("off", "in", "push"),
    "off": ("close",),
    "on": ("open", "turn"),
    "press": ("in", "down", "push"),
    "up": ("out", "pull", "pick"),
    "unlock": ("open",),
    "lock": ("close",),
    "onto": ("to", "place"),
    "to": ("in", "push", "pull", "slide", "sweep", "place"),
    "place": ("to",),
    "out": ("pull",),
    "in": ("push",),
    "pull": ("out", "up", "release"),
    "down": ("press", "push", "in", "release"),
}
"""What comes to the same, for a task that asks for the first."""

_OPPOSITE: dict[str, str] = {
    **{"open": "close", "on": "off", "lock": "unlock", "in": "out", "up": "down", "to": "away"},
    **{"press": "pull", "onto": "away"},
}
_UNDONE = _OPPOSITE | {b: a for a, b in _OPPOSITE.items() if b != "away"} | {"away": "to"}


def changes(text: str) -> frozenset[str]:
    """Return the changes that a sentence names.

    Args:
        text: What it asks for, see `sentence.listen`.
    """
    found = {name for name, words in CHANGES.items() if re.search(words, text)}
    if "away" in found:
        found -= {"to", "up", "out"}
    if "tip" in found:
        found -= {"to", "up", "down"}
    if len(found) > 1:
        found -= {"back"}
    return frozenset(found)


def manners(text: str) -> frozenset[str]:
    """Return the skills that a sentence names: they say how rather than what."""
    said = words_of(text)
    named = (s.name for s in ARM if said & set(s.words) and s.name not in CHANGES)
    return frozenset(named)


def aims(name: str, goal: str) -> frozenset[str]:
    """Return what a task itself is about, by its name and its own sentence."""
    text = name.replace("-", " ")
    words = set(text.split())
    named = words & set(CHANGES)
    return frozenset(named | changes(goal) | manners(goal) | manners(text)) or frozenset({"to"})


def side(wanted: frozenset[str], own: frozenset[str]) -> Side:
    """Tell whether a wanted change is the task's own, undoes it, or is another."""
    alike = own | {same for change in own for same in _SAME.get(change, ())}
    undone = {_UNDONE[change] for change in own if change in _UNDONE}
    undone |= {same for change in undone for same in _SAME.get(change, ())}
    if wanted & own:
        return "own"
    if wanted == {"back"}:
        return "against"
    if wanted & (undone - alike):
        return "against"
    return "own" if wanted & alike else "neither"
