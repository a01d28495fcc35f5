"""Where something stands that a program looks for in the wrong place, or by another name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher

from rewardlab.errors import closest
from rewardlab.program.kinds import Kind, SceneKinds, is_entity

_DEPTH = 3
_DEEPER = 0.78
"""How much like the name that is looked for the path of something deeper must be, of 1."""

_HALVES = {
    "p": ("position", "pos", "xyz"),
    "q": ("quaternion", "quat", "orientation", "rotation"),
}
_SAME = {
    "ee_pose": ("ee_pose", "tcp_pose", "tcp", "end_effector", "gripper_pose", "hand", "hand_pose"),
    "handle": ("handle", "target_link", "switch", "lever", "door", "drawer"),
    "cubeA": ("cubeA", "cube", "obj", "object", "obj1"),
    "velocity": ("velocity", "linear_velocity"),
    "base_position": ("base_position", "base_pose"),
    "goal_position": ("goal_position", "goal_pos", "target_position", "target_pos"),
    "target_xy": ("target_xy", "goal_xy", "goal_position", "target_position", "target_pos"),
    "get_ee_coords": ("get_ee_coords", "lfinger", "rfinger", "fingertips"),
    "time": ("time", "step_count", "elapsed_steps", "current_step", "timestep"),
}
"""What programs call things that have another name here."""

_PAST = {
    "initial": ("init", "initial", "start"),
    "previous": ("prev", "previous", "last", "old"),
}
"""Words in names of what programs would remember, by where it is found here."""


def suggestions(base: str, kind: Kind, name: str, scene: SceneKinds, root: str) -> list[str]:
    """Return up to two expressions that may be meant by `base.name`, best first.

    Members of the thing itself are named alone, deeper ones by their whole path. What the rest of
    the scene has is suggested only where it is the same question, e.g. `self.cubeA.is_grasped` →
    `self.robot.check_grasp(self.cubeA)`.

    Args:
        base: Text of the thing that has no such member.
        kind: What it is.
        name: The member it does not have.
        scene: What there is.
        root: How the program names the scene.
    """
    if kind.tag == "pose" and name in ("x", "y", "z"):
        return [f"{base}.p[{'xyz'.index(name)}]"]
    past = _remembered(kind, name, scene, root)
    if past:
        return past
    known = {m: m for m in reversed(scene.members(kind)) if kind.tag != "pose"}
    asked = _held(base, kind, scene, root)
    for alias, path in _below(kind, scene, f"{base}.", asked):
        known.setdefault(alias, path)
    found = _same(known.items(), name)
    if not found and is_entity(kind):
        found = _same(_below(Kind("scene"), scene, f"{root}.", asked), name)
    if not found:
        alone = {f"{base}.{member}": member for member in scene.members(kind)}
        close = [known[alias] for alias in closest(name, known, n=4) if _near(alias, name, known)]
        found = [alone.get(path, path) for path in close]
    return list(dict.fromkeys(found))[:2]


def owners(base: str, kind: Kind, name: str, scene: SceneKinds) -> list[str]:
    """Return up to two paths of what has the member that follows, for `base.unknown.name`."""
    paths = _same(_below(kind, scene, f"{base}.", base), name)
    found = [path.rpartition(".")[0] for path in paths if path.endswith(f".{name}")]
    return list(dict.fromkeys(found))[:2]


def _remembered(kind: Kind, name: str, scene: SceneKinds, root: str) -> list[str]:
    """Return where a thing's past is: `self.cube_init_pos` → `self.initial.cubeA.pose.p`."""
    words = name.lower().split("_")
    place = f".{kind.name}" if kind.tag == "part" else ""
    for past, signs in _PAST.items():
        rest = "_".join(word for word in words if word not in signs)
        if kind.tag in ("scene", "part") and len(rest) < len(name) and rest not in ("", "action"):
            there = f"{root}.{past}{place}"
            below = _below(kind, scene, f"{there}.", there)
            return list(dict.fromkeys(_same(below, rest)))[:1] or [there]
    return []


def _same(known: Iterable[tuple[str, str]], name: str) -> list[str]:
    return [path for alias, path in known if _stem(alias) == _stem(name)]


def _near(alias: str, name: str, known: Mapping[str, str]) -> bool:
    """Return whether a name is meant: what stands deeper must look more like it."""
    if known[alias] == alias:
        return True
    return SequenceMatcher(None, name.lower(), alias.lower()).ratio() >= _DEEPER


def _below(
    kind: Kind, scene: SceneKinds, path: str, asked: str, names: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    """Yield names by which something in a thing may be looked for, and the path of it.

    They are the path's last name and the whole path with underscores; `pose.p` counts as
    `position`, and `ee_pose.p` as `ee_position`.
    """
    for member in scene.members(kind):
        inner = scene.member(kind, member)
        if inner is None or inner.tag == "past":
            continue
        found = path + _asked(member, inner, scene, asked)
        deeper = len(names) < _DEPTH and (inner.tag == "pose" or is_entity(inner))
        same = _HALVES if kind.tag == "pose" else _SAME
        for alias in same.get(member, (member,)):
            yield alias, found
            if names:
                yield re.sub(r"(^|_)pose_", r"\1", "_".join([*names, alias])), found
            if deeper:
                yield from _below(inner, scene, f"{path}{member}.", asked, (*names, alias))


def _held(base: str, kind: Kind, scene: SceneKinds, root: str) -> str:
    """Return what a grasp may be asked about: the thing, or the first that a gripper can hold."""
    held = (*holdable(kind, base, scene), *holdable(Kind("scene"), root, scene))
    return next(iter(held), base)


def holdable(kind: Kind, path: str, scene: SceneKinds) -> Iterator[str]:
    """Yield the paths of what a gripper can hold: a thing itself, if it can, and what is in it."""
    spec = scene.entity(kind) if is_entity(kind) else None
    if spec is None:
        return
    if spec.field("_grasp") is not None:
        yield path
    for part in spec.parts:
        inner = scene.member(kind, part.name)
        if inner is not None:
            yield from holdable(inner, f"{path}.{part.name}", scene)


def _asked(member: str, kind: Kind, scene: SceneKinds, asked: str) -> str:
    """Return a member as it is written, a method with its call."""
    method = scene.method(kind)
    if method is None:
        return member
    required = [p for p in method.parameters if p.default is None]
    given = (asked if p.kind == "entity" else p.name for p in required)
    return f"{member}({', '.join(given)})"


def _stem(name: str) -> str:
    """Return what a name is about: `is_grasped`, `check_grasp` → `grasp`."""
    return re.sub(r"^(is|has|get|check)_|(ed|ing)$", "", name.lower())
