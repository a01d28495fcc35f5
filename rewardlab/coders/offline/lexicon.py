"""What the composer knows of words: skills, their opposites, directions, things and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Family = Literal["reach", "move", "carry", "gait", "pose", "flip", "wave"]


@dataclass(frozen=True)
class Skill:
    """Something the composer can write a reward for.

    Attributes:
        name: Its verb, which also names its term in programs.
        family: Which kind of program it takes.
        words: Verbs that mean it, in the infinitive.
    """

    name: str
    family: Family
    words: tuple[str, ...]


ARM = (
    Skill("hammer", "carry", ("hammer", "drive")),
    Skill("open", "move", ("open",)),
    Skill("close", "move", ("close", "shut")),
    Skill("unlock", "move", ("unlock", "unlatch")),
    Skill("lock", "move", ("lock", "latch")),
    Skill("insert", "carry", ("insert", "plug")),
    Skill("unplug", "move", ("unplug", "extract")),
    Skill("assemble", "carry", ("assemble", "mount", "fit")),
    Skill("disassemble", "carry", ("disassemble", "unmount")),
    Skill("stack", "carry", ("stack",)),
    Skill("place", "carry", ("place", "put", "drop", "dunk", "bring", "carry")),
    Skill("lift", "carry", ("lift", "raise", "hoist")),
    Skill("lower", "carry", ("lower",)),
    Skill("sweep", "move", ("sweep", "wipe")),
    Skill("press", "move", ("press", "hit", "poke")),
    Skill("turn", "move", ("turn", "rotate", "twist", "switch")),
    Skill("slide", "move", ("slide",)),
    Skill("pull", "move", ("pull", "drag", "tug", "yank")),
    Skill("push", "move", ("push", "shove", "nudge", "kick", "move", "roll", "knock", "swing")),
    Skill("pick", "carry", ("pick", "grasp", "grab", "take", "hold")),
    Skill("reach", "reach", ("reach", "touch", "hover", "point")),
)

BODY = (
    Skill("flip", "flip", ("flip", "somersault", "backflip", "frontflip")),
    Skill("wave", "wave", ("wave", "waggle")),
    Skill("jump", "pose", ("jump", "hop", "leap", "bounce")),
    Skill("lie", "pose", ("lie", "lay", "rest")),
    Skill("stand", "pose", ("stand", "balance", "wait", "stay", "rise")),
    Skill(
        "run",
        "gait",
        ("run", "walk", "trot", "jog", "sprint", "gallop", "go", "move", "crawl", "stroll"),
    ),
)

DIRECTIONS = ("forward", "backward", "up", "down", "left", "right", "front", "back", "sideways")

_THINGS = (
    "armchair ball basketball bin block bottle box button cabinet chair cube cup cupboard dial door "
    "drawer faucet handle hammer hole hoop knob lamp lever lid lock machine mug nail net nut peg plate "
    "puck ring shelf stick stool switch tap thermos toy valve water wheel window wrench glass spoon egg"
)
THINGS = frozenset(_THINGS.split())
"""Nouns that name an object: if one is in a goal but not in the scene, the goal is refused."""

_SETTINGS = "hole wall net hoop bin table shelf block peg machine box door ring"
SETTINGS = frozenset(_SETTINGS.split())
"""Nouns that may stand for a place; a scene need not list them."""

FIXED = frozenset("button cabinet chair dial door drawer faucet handle knob lever lock window".split())
"""Nouns of things that a hand moves where they are, without carrying them."""

SYNONYMS: Mapping[str, str] = {
    **{"tap": "faucet", "water": "faucet", "cup": "mug", "knob": "dial", "block": "cube"},
    **{"cupboard": "cabinet", "armchair": "chair", "stool": "chair"},
}
"""Nouns that a person may use for those of scenes."""

LEGS = ("front left", "front right", "back left", "back right")

_STOP = (
    "a about across again against all along an and arm around as at away be by carefully "
    "clockwise completely control coordination counter-clockwise counterclockwise direction "
    "do end fall falling fast for free from fully gently get goal gripper half hand in "
    "initial inside into is it its joint keep let m make me meter meters metre metres middle "
    "much object of off on one onto or other out over place please position quickly revolving "
    "robot s second seconds see should sliding slowly so some target that the them then there "
    "thing through to top toward towards turn under until upright us use using want way while "
    "with without x y you your z"
)
STOP = frozenset(_STOP.split())
"""Words that carry nothing a composer acts on."""

_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(?:m/s|mps|meters? per second|metres? per second)")
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(cm|mm|m|meters?|metres?)\b(?!/)")
_UNITS = {"cm": 0.01, "mm": 0.001}


@dataclass(frozen=True)
class Intent:
    """What a sentence says, before a scene is looked at.

    Attributes:
        text: What it asks for, in lower case.
        words: Its words.
        arm: Skills of an arm that it names, strongest first.
        body: Skills of a walking body that it names, strongest first.
        things: Object nouns in order.
        directions: Direction words in order.
        speed: A speed it states [m/s].
        length: A length it states [m].
    """

    text: str
    words: tuple[str, ...]
    arm: tuple[Skill, ...]
    body: tuple[Skill, ...]
    things: tuple[str, ...]
    directions: tuple[str, ...]
    speed: float | None
    length: float | None


def understand(text: str) -> Intent:
    """Read what a sentence asks for, in lower case, see `sentence.listen`."""
    words = tuple(_WORD.findall(text))
    said = {root for word in words for root in roots(word)}
    speed, length = _NUMBER.search(text), _LENGTH.search(text)
    return Intent(
        text,
        words,
        tuple(skill for skill in ARM if said & set(skill.words)),
        tuple(skill for skill in BODY if said & set(skill.words)),
        tuple(dict.fromkeys(n for word in words for n in roots(word) if n in THINGS)),
        tuple(dict.fromkeys(d for word in words if (d := direction(word)))),
        float(speed.group(1)) if speed else None,
        float(length.group(1)) * _UNITS.get(length.group(2), 1.0) if length else None,
    )


def roots(word: str) -> Iterator[str]:
    """Yield what a word may be an inflected form of, itself first: `"sliding"` → `"slide"`."""
    yield word
    if word == "lying":
        yield "lie"
    for ending in ("ing", "ed", "es", "s", "'s"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 1:
            yield stem
            yield stem + "e"
            if len(stem) > 2 and stem[-1] == stem[-2]:
                yield stem[:-1]


def direction(word: str) -> str | None:
    """Return the direction that a word means, if it means one."""
    word = {"ahead": "forward", "reverse": "backward", "upward": "up", "downward": "down"}.get(
        word.removesuffix("s"), word
    )
    word = word if word in DIRECTIONS else word.removesuffix("s").removesuffix("wards")
    return word if word in DIRECTIONS else None


def words_of(text: str) -> set[str]:
    """Return the words of a text, with what they may be inflected forms of."""
    return {root for word in re.findall(r"[a-z]+", text.lower()) for root in roots(word)}


def unknown(word: str, known: set[str]) -> bool:
    """Tell whether a word means nothing here, `known` being the scene's own words."""
    forms = set(roots(word))
    verbs = {verb for skill in (*ARM, *BODY) for verb in skill.words}
    return not (forms & (verbs | known | STOP | THINGS | SETTINGS) or direction(word))
