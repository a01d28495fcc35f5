"""Kinds of things that expressions stand for, and what a scene says about them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

from rewardlab.program.schema import EntitySpec, FieldSpec, Schema


class Kind(NamedTuple):
    """One thing that an expression may stand for.

    Attributes:
        tag: `"scene"` (`self`), `"past"` (`self.previous`, `self.initial`), `"part"`, `"array"`,
            `"float"`, `"bool"`, `"module"`, `"symbol"`, `"builtin"`, `"function"`, `"error"`,
            `"none"`, `"number"`, `"missing"` or `"unknown"`.
        name: Path in the scene, or dotted name in the vocabulary.
    """

    tag: str
    name: str = ""


Kinds: TypeAlias = frozenset[Kind]

UNKNOWN = Kind("unknown")
MISSING = Kind("missing")
STEP = Kind("float", "dt")
"""`self.dt` where the scene has no such field: a constant of the task."""
ANY: Kinds = frozenset({UNKNOWN})
ENTITIES = ("scene", "past", "part")


@dataclass(frozen=True)
class SceneKinds:
    """Lookups in a schema by kind."""

    schema: Schema

    def entity(self, kind: Kind) -> EntitySpec | None:
        """Return the class of an entity."""
        if kind.tag not in ENTITIES:
            return None
        spec: EntitySpec = self.schema.root
        for name in kind.name.split(".") if kind.tag == "part" else ():
            spec = spec.part(name) or spec
        return spec

    def field(self, kind: Kind) -> FieldSpec | None:
        """Return the field that an array, float or bool of the scene comes from."""
        slot = self.schema.layout.get(kind.name)
        return slot.field if slot is not None else None

    def members(self, kind: Kind) -> tuple[str, ...]:
        """Return the members of an entity."""
        spec = self.entity(kind)
        if spec is None or kind.tag == "part":
            return spec.members if spec is not None else ()
        extra = ("previous", "initial", "time", "dt") if kind.tag == "scene" else ("dt",)
        return tuple(dict.fromkeys((*spec.members, *extra)))

    def member(self, kind: Kind, name: str) -> Kind | None:
        """Return what an entity's member is, `None` if it has no such member."""
        spec = self.entity(kind)
        if spec is None:
            return None
        path = f"{kind.name}.{name}" if kind.tag == "part" else name
        if spec.part(name) is not None:
            return Kind("part", path)
        field = spec.field(name)
        if field is not None:
            return Kind(field.kind, path)
        if kind.tag != "part" and name == "dt":
            return STEP
        if kind.tag != "scene":
            return None
        if name in ("previous", "initial"):
            return Kind("past", name)
        return Kind("float", "time") if name == "time" else None

    @cached_property
    def names(self) -> set[str]:
        """Every member name of every entity."""
        names = {"previous", "initial", "time", "dt"}
        stack = [self.schema.root]
        while stack:
            spec = stack.pop()
            names.update(spec.members)
            stack += [part.entity for part in spec.parts]
        return names


def is_entity(kind: Kind) -> bool:
    """Return whether a kind is the scene or one of its parts."""
    return kind.tag in ENTITIES
