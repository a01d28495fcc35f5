"""Kinds of things that expressions stand for, and what a scene says about them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

from rewardlab.program.schema import Schema
from rewardlab.program.specs import EntitySpec, FieldSpec, MethodSpec


class Kind(NamedTuple):
    """One thing that an expression may stand for.

    Attributes:
        tag: `"scene"` (`self`), `"past"` (`self.previous`, `self.initial`), `"part"`, `"array"`,
            `"float"`, `"bool"`, `"pose"`, `"poses"`, `"method"`, `"module"`, `"symbol"`,
            `"builtin"`, `"function"`, `"error"`, `"none"`, `"number"`, `"missing"` or `"unknown"`.
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
POSE = Kind("pose")
"""A pose that the program made."""

_POSE = EntitySpec(
    "ObjectPose",
    "A position and an orientation.",
    (
        FieldSpec("p", "position", "array", (3,), "m"),
        FieldSpec("q", "orientation, a unit quaternion wxyz", "array", (4,), low=-1.0, high=1.0),
    ),
    methods=(
        MethodSpec("inv", "the pose that undoes it"),
        MethodSpec("to_transformation_matrix", "itself as a matrix", (), "array", "(4, 4)"),
    ),
)
_OF_POSE = "<pose>"
_INVERSE = Kind("method", f"{_OF_POSE}.inv")


@dataclass(frozen=True)
class SceneKinds:
    """Lookups in a schema by kind."""

    schema: Schema

    def entity(self, kind: Kind) -> EntitySpec | None:
        """Return the class of an entity or pose."""
        if kind.tag == "pose":
            return _POSE
        if kind.tag not in ENTITIES:
            return None
        spec: EntitySpec = self.schema.root
        for name in kind.name.split(".") if kind.tag == "part" else ():
            spec = spec.part(name) or spec
        return spec

    def field(self, kind: Kind) -> FieldSpec | None:
        """Return the field that an array, float or bool of the scene comes from."""
        slot = self.schema.layout.get(kind.name)
        if slot is None and kind.tag == "array":
            return _POSE.field(kind.name.rpartition(".")[2])
        return slot.field if slot is not None else None

    def method(self, kind: Kind) -> MethodSpec | None:
        """Return the method that a kind is."""
        if kind.tag != "method":
            return None
        owner, _, name = kind.name.rpartition(".")
        spec = _POSE if owner == _OF_POSE else self.entity(Kind("part", owner))
        return spec.method(name) if spec is not None else None

    def result(self, kind: Kind) -> Kind:
        """Return what a call of a method gives."""
        method = self.method(kind)
        if method is None:
            return UNKNOWN
        given = Kind(method.returns, f"{kind.name}()")
        return POSE if kind == _INVERSE else given

    def members(self, kind: Kind) -> tuple[str, ...]:
        """Return the members of an entity or pose."""
        spec = self.entity(kind)
        if spec is None or kind.tag in ("part", "pose"):
            return spec.members if spec is not None else ()
        extra = ("previous", "initial", "time", "dt") if kind.tag == "scene" else ("dt",)
        return tuple(dict.fromkeys((*spec.members, *extra)))

    def shown(self, kind: Kind) -> tuple[str, ...]:
        """Return the members that the description of the task shows; programs may read others."""
        spec = self.entity(kind)
        if spec is None:
            return ()
        unseen = {part.name for part in spec.parts if not part.described}
        unseen |= {"dt"} if spec.field("dt") is None else set()
        return tuple(name for name in self.members(kind) if name not in unseen)

    def member(self, kind: Kind, name: str) -> Kind | None:
        """Return what a member of an entity or pose is, `None` if it has no such member."""
        spec = self.entity(kind)
        if spec is None or name.startswith("_"):
            return None
        path = f"{kind.name}.{name}" if kind.tag in ("part", "pose") else name
        if spec.part(name) is not None:
            return Kind("part", path)
        field = spec.field(name)
        if field is not None:
            return Kind(field.kind, path)
        if spec.method(name) is not None:
            return Kind("method", f"{_OF_POSE}.{name}" if kind.tag == "pose" else path)
        if kind.tag in ("scene", "past") and name == "dt":
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
        return names.union(*(spec.members for spec in self._classes))

    @cached_property
    def methods(self) -> set[str]:
        """Every name that is a method of some entity and nothing else of any other."""
        methods = {method.name for spec in self._classes for method in spec.methods}
        for spec in self._classes:
            methods -= {field.name for field in spec.fields} | {part.name for part in spec.parts}
        return methods

    @property
    def questions(self) -> set[str]:
        """Every name that is a method which answers yes or no, whichever entity is asked."""
        found = [method for spec in self._classes for method in spec.methods]
        others = {method.name for method in found if method.returns != "bool"}
        return self.methods.intersection(m.name for m in found) - others

    @cached_property
    def _classes(self) -> list[EntitySpec]:
        found = [self.schema.root]
        for spec in found:
            found += [part.entity for part in spec.parts]
        return found


def is_entity(kind: Kind) -> bool:
    """Return whether a kind is the scene or one of its parts."""
    return kind.tag in ENTITIES
