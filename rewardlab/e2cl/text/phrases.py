"""Actions as phrases, and phrases back as actions; no phrase has two readings."""

from __future__ import annotations

import re
from functools import cache

from rewardlab.e2cl.world import END, Action, Language, View

PHRASES = {
    "STANDUP": "stand up", "SLEEP": "sleep", "WAKEUP": "wake up",
    "WALK": "walk to {}", "RUN": "run to {}", "FIND": "find {}", "TURNTO": "turn to {}",
    "LOOKAT": "look at {}", "POINTAT": "point at {}", "WATCH": "watch {}", "READ": "read {}",
    "GRAB": "grab {}", "DROP": "drop {}", "RELEASE": "release {}", "PUTOBJBACK": "put back {}",
    "PUTBACK": "put {} on {}", "PUTIN": "put {} in {}", "POUR": "pour {} into {}",
    "OPEN": "open {}", "CLOSE": "close {}", "SWITCHON": "switch on {}",
    "SWITCHOFF": "switch off {}",
    "PLUGIN": "plug in {}", "PLUGOUT": "unplug {}", "SIT": "sit on {}", "LIE": "lie on {}",
    "PUTON": "put on {}", "PUTOFF": "take off {}", "TYPE": "type on {}", "TOUCH": "touch {}",
    "PUSH": "push {}", "PULL": "pull {}", "MOVE": "move {}", "WIPE": "wipe {}", "WASH": "wash {}",
    "RINSE": "rinse {}", "SCRUB": "scrub {}", "SQUEEZE": "squeeze {}", "CUT": "cut {}",
    "EAT": "eat {}", "DRINK": "drink {}", "GREET": "greet {}",
    "left": "turn left", "right": "turn right", "forward": "go forward", "pickup": "pick up",
    "drop": "drop what you carry", "toggle": "toggle",
}  # fmt: skip
"""How each verb is said; one that is not here is said as it is called."""


def template(verb: str, arity: int) -> str:
    """Return how a verb is said, with `{}` for each object."""
    return PHRASES.get(verb, " ".join([verb.lower(), *["{}"] * arity]))


def phrase(action: Action, view: View) -> str:
    """Return an action in words, things being called as in the view; ids that it lacks stay ids."""
    if action == END:
        return END.verb
    names = dict(zip(view.ids, view.names, strict=True))
    said = template(action.verb, len(action.objects))
    return said.format(*(names.get(i, f"#{i}") for i in action.objects))


def read(line: str, view: View, language: Language) -> Action | None:
    """Return the action that a line says, `None` if it says none or of a thing that is not seen."""
    said = " ".join(line.split()).strip(" .!\"'`").lower()
    if said == END.verb.lower():
        return END
    ids = {name.lower(): i for i, name in zip(view.ids, view.names, strict=True)}
    for pattern, verb in _patterns(language):
        found = pattern.fullmatch(said)
        if found and all(name in ids for name in found.groups()):
            return Action(verb, tuple(ids[name] for name in found.groups()))
    return None


@cache
def _patterns(language: Language) -> tuple[tuple[re.Pattern[str], str], ...]:
    said = ((template(verb.name, verb.arity), verb.name) for verb in language.verbs)
    return tuple((re.compile(text.lower().replace("{}", r"(\S+)")), verb) for text, verb in said)
