"""Why an action cannot be done, in words and as a class: by the simulator's exact sentences."""

from __future__ import annotations

import re

from rewardlab.e2cl.world import OK, Feedback

_NODE = r"(?:<[^>]*> \(\d+\))"
_SENTENCES: tuple[tuple[str, str], ...] = (
    (r"NODE is not close to NODE", "near"),
    (r"NODE is not holding (?:NODE|a knife)", "hold"),
    (r"NODE does not hold anything in hands", "hold"),
    (r"NODE not grabbed", "hold"),
    (r"NODE does not face NODE", "face"),
    (r"NODE is not facing NODE while sitting", "face"),
    (r"NODE is sitting", "sitting"),
    (r"NODE is lying", "lying"),
    (r"NODE is not sitting", "posture"),
    (r"NODE is not lying or sitting", "posture"),
    (r"NODE does not have a free hand", "free_hand"),
    (r"NODE is inside other closed thing", "inside_closed"),
    (r"NODE is not (?:open|closed|on|off|plugged_in|plugged_out)", "already_state"),
    (r"NODE is still on", "already_state"),
    (r"NODE already grabbed", "already_state"),
    (r"NODE is unplugged", "plugged"),
    (r"NODE is not grabbable", "grabbable"),
    (r"NODE can not be opened", "openable"),
    (r"NODE is not open or is not openable", "openable"),
    (r"NODE does not have (?:a )?switch", "switch"),
    (r"NODE does not have a plug", "plug"),
    (r"NODE is not sittable", "sittable"),
    (r"NODE is not lieable", "lieable"),
    (r"NODE is not drinkable or not recipient", "drinkable"),
    (r"NODE is not pourable or drinkable", "pourable"),
    (r"NODE is not recipient", "recipient"),
    (r"NODE is not clothes", "clothes"),
    (r"NODE is not readable", "readable"),
    (r"NODE not lookable", "lookable"),
    (r"NODE is not movable", "movable"),
    (r"(?:NODE is not|none of object on NODE is) eatable", "eatable"),
    (r"NODE is not cuttable", "cuttable"),
    (r"NODE is not person", "person"),
    (r"NODE is not on NODE", "worn"),
    (r"char room NODE is not node room NODE", "room"),
    (r"No path between between NODE and NODE", "room"),
    (r"Door\(s\) .* is \(are\) closed", "room"),
    (r"Too many things on NODE", "occupancy"),
    (r"NODE cannot be found", "absent"),
    (r"Could not find object .*", "absent"),
)
_TEMPLATES = tuple((re.compile(s.replace("NODE", _NODE)), kind) for s, kind in _SENTENCES)
_OURS = ("verb", "arity", "absent", "self", "other")
KINDS = tuple(dict.fromkeys([OK, *(kind for _, kind in _SENTENCES), *_OURS]))
"""All classes of answers; `other` is a sentence that is not known here."""


def feedback(message: str) -> Feedback:
    """Return what the simulator's message says.

    Args:
        message: E.g. `<character> (65) is not close to <computer> (417) when executing "…"`.
    """
    said = message.partition(" when executing")[0].strip()
    kind = next((kind for known, kind in _TEMPLATES if known.fullmatch(said)), "other")
    return Feedback(kind, words(said))


def words(said: str) -> str:
    """Return a sentence for people: no ids, the character being the robot agent."""
    plain = re.sub(r"<([^>]*)> \(\d+\)", r"\1", said)
    return re.sub(r"\bcharacter\b", "robot agent", plain)
