"""What an arm's scene is made of: the hand, things that it may move, and where they are to go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from rewardlab.coders.offline import lexicon
from rewardlab.coders.offline.lexicon import words_of
from rewardlab.program.schema import Schema
from rewardlab.program.specs import EntitySpec


@dataclass(frozen=True)
class Thing:
    """Something that an arm may move.

    Attributes:
        path: Its entity in the scene, e.g. `"cubeA"`.
        where: Its position in the scene, e.g. `"cubeA.pose.p"`.
        call: What programs call it.
        doc: What it is.
        words: Words that may mean it.
        jointed: Whether its joint has a target.
        turns: Whether it may tip over, being free with an orientation.
    """

    path: str
    where: str
    call: str
    doc: str
    words: frozenset[str]
    jointed: bool = False
    turns: bool = False


@dataclass(frozen=True)
class ArmScene:
    """A scene with an arm.

    Attributes:
        hand: Position of the hand in the scene.
        openness: The gripper's openness; empty if it has none.
        goal: Where the thing should go; empty if there is no such place.
        things: What it may move.
        tells_grasp: Whether the robot tells what it grasps.
        members: Names of the scene's own fields.
        table: Height of the table, where the scene says so [m].
        grips: Whether actions move the gripper.
    """

    hand: str
    openness: str
    goal: str
    things: tuple[Thing, ...]
    tells_grasp: bool = False
    members: frozenset[str] = field(default_factory=frozenset)
    table: float = 0.0
    grips: bool = True

    @property
    def names(self) -> dict[str, str]:
        """Members by role."""
        roles = {"hand": self.hand, "openness": self.openness, "goal": self.goal}
        return {role: path for role, path in roles.items() if path}


_HAND = re.compile(
    r"(?:bodies|sites)\.\w*(?:fingertip|tips_arm|end_effector|gripper|grip|hand|tcp|ee)\.position"
)
_GOAL = re.compile(r"(?:bodies|sites)\.\w*(?:target|goal)\w*\.position")
_PARTS_OF_MODELS = ("robot", "bodies", "sites", "joints")
_THING = re.compile(r"bodies\.(\w*(?:obj|cube|puck|ball|block|peg)\w*)\.position")


def find_arm(scene: Schema) -> ArmScene | None:
    """Find an arm in a scene, by the names of its members; `None` if there is none."""
    hand, goal = _hand(scene), _goal(scene)
    things = tuple(_things(scene.root, "")) or tuple(_derived(scene))
    members = frozenset(f.name for f in scene.root.fields)
    placed = goal or "goal_height" in members or any(t.jointed for t in things) or len(things) > 1
    if not hand or not placed:
        return None
    robot = scene.root.part("robot")
    grasps = robot is not None and robot.method("check_grasp") is not None
    openness = "robot.gripper_openness"
    return ArmScene(
        hand,
        openness if openness in scene.layout else "",
        goal,
        things,
        grasps,
        members,
        _table(scene),
        not any("gripper is shut" in name for name in scene.action.names),
    )


def _table(scene: Schema) -> float:
    found = re.search(r"table at height (\d+(?:\.\d+)?)", scene.root.doc)
    return float(found.group(1)) if found else 0.0


def _hand(scene: Schema) -> str:
    robot = scene.root.part("robot")
    if robot is not None and robot.method("get_ee_coords"):
        return "robot.get_ee_coords().mean(axis=0)"
    if "robot.ee_pose" in scene.layout:
        return "robot.ee_pose.p"
    if "robot.ee_position" in scene.layout:
        return "robot.ee_position"
    return next((path for path in scene.layout if _HAND.fullmatch(path)), "")


def _goal(scene: Schema) -> str:
    known = (path for path in ("goal_position", "target_xy") if path in scene.layout)
    return next(known, next((path for path in scene.layout if _GOAL.fullmatch(path)), ""))


def _things(entity: EntitySpec, prefix: str) -> Iterator[Thing]:
    for part in entity.parts:
        path = f"{prefix}{part.name}"
        if not part.described or part.name in _PARTS_OF_MODELS:
            continue
        inner = tuple(_things(part.entity, f"{path}."))
        if inner:
            around = words_of(part.doc) | words_of(part.name)
            yield from (replace(thing, words=thing.words | around) for thing in inner)
        elif part.entity.field("target_qpos"):
            yield _thing(path, f"{path}.pose.p", part.doc, jointed=True)
        elif part.entity.field("position"):
            yield _thing(path, f"{path}.position", part.doc)
        elif part.entity.field("pose"):
            yield _thing(path, f"{path}.pose.p", part.doc, turns=True)


def _thing(path: str, where: str, doc: str, *, jointed: bool = False, turns: bool = False) -> Thing:
    name = path.rpartition(".")[2]
    letter = re.fullmatch(r"([a-z]+)([A-Z])", name)
    lettered = letter is not None and letter[1] in doc
    call = f"{name[:-1]}_{name[-1].lower()}" if lettered else _call(f"{doc} {name}")
    words = words_of(doc) | words_of(name) | ({letter[1]} if letter else set())
    return Thing(path, where, call, doc, frozenset(words), jointed, turns)


def _derived(scene: Schema) -> Iterator[Thing]:
    """Yield things of a scene that was derived from a model."""
    for path in scene.layout:
        if found := _THING.fullmatch(path):
            doc = found.group(1).replace("_", " ")
            name = path.removesuffix(".position")
            yield Thing(name, path, _call(doc), doc, frozenset(words_of(doc)))


def _call(doc: str) -> str:
    words = re.findall(r"[a-z]+", doc.lower())
    nouns = [n for word in words for n in lexicon.roots(word) if n in lexicon.THINGS]
    return nouns[0] if nouns else "thing"


def describe(things: tuple[Thing, ...]) -> str:
    """Return what a scene has, for a message."""
    return "; ".join(f"{thing.path} ({thing.doc})" for thing in things) or "no objects"
