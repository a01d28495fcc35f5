"""What the composer knows of words: skills, their opposites, directions, things and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from rewardlab.coders.offline.amounts import Amount, Kind, amounts

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


def _skill(name: str, family: Family, words: str = "") -> Skill:
    return Skill(name, family, (name, *words.split()))


ARM = (
    _skill("hammer", "carry", "drive"),
    _skill("open", "move", "unseal widen extend"),
    _skill("close", "move", "shut seal slam fasten"),
    _skill("unlock", "move", "unlatch"),
    _skill("lock", "move", "latch"),
    _skill("insert", "carry", "plug slot"),
    _skill("unplug", "move", "extract"),
    _skill("assemble", "carry", "mount fit"),
    _skill("disassemble", "carry", "unmount"),
    _skill("stack", "carry", "pile"),
    _skill(
        "place", "carry", "put drop dunk bring carry set lay deliver deposit transport transfer"
    ),
    _skill("lift", "carry", "raise hoist elevate heave"),
    _skill("lower", "carry", "sink settle"),
    _skill("sweep", "move", "wipe brush"),
    _skill("press", "move", "hit poke depress click squeeze trigger activate strike"),
    _skill("turn", "move", "rotate twist switch spin crank"),
    _skill("slide", "move", "glide"),
    _skill("pull", "move", "drag tug yank haul retract"),
    _skill(
        "push",
        "move",
        "shove nudge kick move roll knock swing wheel steer guide thrust bump scoot force shift",
    ),
    _skill("pick", "carry", "grasp grab take hold grip seize catch fetch collect clutch"),
    _skill("reach", "reach", "touch hover point approach"),
)

BODY = (
    _skill("flip", "flip", "somersault backflip frontflip salto tumble"),
    _skill("wave", "wave", "waggle wiggle wag beckon"),
    _skill("jump", "pose", "hop leap bounce vault"),
    _skill("lie", "pose", "lay rest recline crouch sprawl flatten"),
    _skill(
        "stand", "pose", "balance wait stay rise freeze still motionless halt stop pause remain"
    ),
    _skill(
        "run",
        "gait",
        "walk trot jog sprint gallop go move crawl stroll step march advance proceed race dash "
        "stride travel hike amble creep sneak tiptoe scurry retreat charge",
    ),
)

FLIPPING = re.compile(r"\b(?:rotat|turn|spin|roll|go)\w* .*\b(?:air|heels)\b")
"""A flip in other words."""

DIRECTIONS = ("forward", "backward", "up", "down", "left", "right", "front", "back", "sideways")

_THINGS = (
    "armchair ball basketball bin block bottle box button cabinet chair cube cup cupboard dial "
    "door drawer egg faucet glass hammer handle hole hoop knob lamp lever lid lock machine mug "
    "nail net nut peg plate puck ring shelf spoon stick stool switch tap thermos toy valve water "
    "wheel window wrench"
)
THINGS = frozenset(_THINGS.split())
"""Nouns that name an object: if one is in a goal but not in the scene, the goal is refused."""

_SETTINGS = "hole wall net hoop bin table shelf block peg machine box door ring"
SETTINGS = frozenset(_SETTINGS.split())
"""Nouns that may stand for a place; a scene need not list them."""

_FIXED = "button cabinet chair dial door drawer faucet handle knob lever lock window"
FIXED = frozenset(_FIXED.split())
"""Nouns of things that a hand moves where they are, without carrying them."""

SYNONYMS: Mapping[str, str] = {
    **{"tap": "faucet", "water": "faucet", "cup": "mug", "knob": "dial", "block": "cube"},
    **{"cupboard": "cabinet", "armchair": "chair", "stool": "chair"},
}
"""Nouns that a person may use for those of scenes."""

_WAYS: Mapping[str, str] = {
    **{"ahead": "forward", "reverse": "backward", "retreat": "backward", "sidestep": "sideways"},
    **{"upward": "up", "downward": "down", "sideway": "sideways"},
}

LEGS = ("front left", "front right", "back left", "back right")

_STOP = (
    "can could d have i just like possibly sure where "
    "a about across again against all along an and arm around as at away be by carefully "
    "clockwise completely control coordination counter-clockwise counterclockwise direction do "
    "down end fall falling fast fingers fingertips firm for free from fully gently get give "
    "goal gripper half hand in initial inside into is it its joint keep let m make me meter "
    "meters metre metres middle much object of off on one onto or other out over place please "
    "position quickly revolving robot s second seconds see should sliding slowly so some target "
    "that the them then there thing through to top toward towards turn under until upright us "
    "use using want way while with without x y you your z"
)
STOP = frozenset(_STOP.split())
"""Words that carry nothing a composer acts on."""

_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_COMMAND = re.compile(r"(?:^|, |\band |\bthen |\bplease |\bto )([a-z]+)")


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
        amounts: Numbers it states.
    """

    text: str
    words: tuple[str, ...]
    arm: tuple[Skill, ...]
    body: tuple[Skill, ...]
    things: tuple[str, ...]
    directions: tuple[str, ...]
    amounts: tuple[Amount, ...]

    def stated(self, kind: Kind) -> Amount | None:
        """Return the first number of a kind that it states."""
        return next((amount for amount in self.amounts if amount.kind == kind), None)


def understand(text: str) -> Intent:
    """Read what a sentence asks for, in lower case, see `sentence.listen`."""
    words = tuple(_WORD.findall(text))
    verbs = {word for words in _COMMAND.findall(text) for word in words.split()[-1:]}
    said = {root for word in words for root in roots(word)}
    said |= {"flip"} if FLIPPING.search(text) else set()
    return Intent(
        text,
        words,
        tuple(skill for skill in ARM if said & set(skill.words)),
        tuple(skill for skill in BODY if said & set(skill.words)),
        tuple(dict.fromkeys(n for w in words if w not in verbs for n in roots(w) if n in THINGS)),
        tuple(dict.fromkeys(d for word in words if (d := direction(word)))),
        amounts(text),
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
    word = _WAYS.get(word.removesuffix("s"), word)
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
