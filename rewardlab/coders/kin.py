"""Whether an example of another scene can be followed in the asked one, and what it lacks there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.program.reading import read
from rewardlab.program.schema import Schema
from rewardlab.program.specs import EntitySpec

FAMILIES = (
    frozenset({"PandaRobot", "MobilePandaRobot", "MobileDualArmPanda"}),
    frozenset({"FetchArm", "FetchRobot"}),
)
"""Robots that count as one: the same arm, fixed, on a base or twice, with and without fingers."""


def akin(a: Schema, b: Schema) -> bool:
    """Return whether two scenes have the same robot, or robots of one family."""
    robots = {_robot(a), _robot(b)}
    return "" not in robots and (len(robots) == 1 or any(robots <= f for f in FAMILIES))


def absent(source: str, own: Schema, asked: Schema) -> tuple[str, ...]:
    """Return the members that a program reads in its own scene and that the asked one lacks.

    Args:
        source: The program.
        own: The scene that it was written for.
        asked: The scene that it is to be an example for.

    Returns:
        Paths, e.g. `("self.goal_position",)`; nothing if it does not read as valid in its own
        scene, or if the asked one objects to more than to such members.
    """
    errors = [f for f in read(source, asked).findings if f.severity == "error"]
    if not errors or not read(source, own).ok:
        return ()
    paths = {path: path.rpartition(".")[2] for path in _missing(own.root, asked.root, "self")}
    reads = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Attribute)]
    lines = {node.lineno for node in reads if node.attr in paths.values()}
    if any(f.code != "UnknownAttribute" or f.line not in lines for f in errors):
        return ()
    names = {node.attr for node in reads if node.lineno in {f.line for f in errors}}
    return tuple(path for path, name in paths.items() if name in names)


def _robot(scene: Schema) -> str:
    """Return the class of the part `robot`, else of the first part (an ant, a hopper)."""
    parts = {part.name: part.entity.name for part in scene.root.parts}
    return parts.get("robot") or next(iter(parts.values()), "")


def _missing(own: EntitySpec, asked: EntitySpec, path: str) -> Iterator[str]:
    """Yield members of a thing that the other lacks, those of parts that both have among them."""
    yield from (f"{path}.{name}" for name in own.members if name not in asked.members)
    for part in own.parts:
        other = asked.part(part.name)
        if other is not None:
            yield from _missing(part.entity, other, f"{path}.{part.name}")
