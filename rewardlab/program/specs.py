"""What a scene is made of, as programs see it: entities with fields, parts and methods; actions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, Literal

FieldKind = Literal["float", "bool", "array", "pose", "poses"]


@dataclass(frozen=True)
class FieldSpec:
    """One number or array of an entity.

    Attributes:
        name: Identifier under which programs read it; one that begins with `_` is hidden: it is
            recorded for the methods of its entity, programs can neither read nor see it.
        doc: What it is, in one sentence.
        kind: What a program gets: a Python `float` or `bool`, a float64 `array`, an `ObjectPose`
            (recorded as position and quaternion wxyz) or a list of them (`poses`).
        shape: `()` for scalars, `(7,)` for a pose, `(n, 7)` for poses.
        unit: SI unit, e.g. `"m"`, `"rad/s"`; `""` if it has none.
        low: Lower bound where one is known.
        high: Upper bound where one is known.
    """

    name: str
    doc: str
    kind: FieldKind = "array"
    shape: tuple[int, ...] = ()
    unit: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def size(self) -> int:
        """How many floats it takes in a row."""
        return prod(self.shape)

    @property
    def hidden(self) -> bool:
        """Whether it is recorded for methods only."""
        return self.name.startswith("_")


ParameterKind = Literal["entity", "float", "array"]
MethodResult = Literal["float", "bool", "array"]


@dataclass(frozen=True)
class Parameter:
    """What a method of an entity takes, by position or by name.

    Attributes:
        name: Its name.
        kind: `"entity"` for another part of the scene, `"float"` or `"array"`.
        default: Its value where it is left out; `None` if it must be given.
    """

    name: str
    kind: ParameterKind
    default: float | None = None


@dataclass(frozen=True)
class MethodSpec:
    """A question that a program may ask an entity: a pure function of recorded numbers.

    What it computes stands in `rewardlab.sandbox.methods`, under `<class>.<name>` or `<name>`.

    Attributes:
        name: Identifier under which programs call it.
        doc: What it answers, in one sentence.
        parameters: What it takes.
        returns: What a program gets; an array is a fresh one.
        shape: Of an array, as text, e.g. `"(M, 3)"`.
        unit: SI unit of what it returns.
    """

    name: str
    doc: str
    parameters: tuple[Parameter, ...] = ()
    returns: MethodResult = "float"
    shape: str = ""
    unit: str = ""


@dataclass(frozen=True)
class EntitySpec:
    """A class of the scene as a program sees it: fields and parts, which are entities again.

    Attributes:
        name: Class name, e.g. `"Robot"`.
        doc: What it is, in one sentence.
        fields: Its numbers.
        parts: Its named sub-entities.
        methods: What programs may ask it.
        constants: Numbers that its methods need and that never change in this task, by name, e.g.
            thresholds or the shape of its surface (nested tuples of floats, see `frozen`).
    """

    name: str
    doc: str
    fields: tuple[FieldSpec, ...] = ()
    parts: tuple[PartSpec, ...] = ()
    methods: tuple[MethodSpec, ...] = ()
    constants: tuple[tuple[str, Any], ...] = ()

    def field(self, name: str) -> FieldSpec | None:
        """Return the field of that name, if there is one."""
        return next((f for f in self.fields if f.name == name), None)

    def part(self, name: str) -> EntitySpec | None:
        """Return the entity of the part of that name, if there is one."""
        return next((p.entity for p in self.parts if p.name == name), None)

    def method(self, name: str) -> MethodSpec | None:
        """Return the method of that name, if there is one."""
        return next((m for m in self.methods if m.name == name), None)

    @cached_property
    def members(self) -> tuple[str, ...]:
        """Names of all parts, fields and methods that programs may use."""
        fields = tuple(f.name for f in self.fields if not f.hidden)
        return (*(p.name for p in self.parts), *fields, *(m.name for m in self.methods))


@dataclass(frozen=True)
class PartSpec:
    """A named sub-entity, e.g. `obj1: RigidObject`, with what it is in this task.

    Attributes:
        name: Identifier under which programs read it.
        entity: Its class.
        doc: What it is in this task.
        described: False for one that this task does not have: programs written for the suite may
            read it (zeros, identity), but nobody is told of it.
    """

    name: str
    entity: EntitySpec
    doc: str = ""
    described: bool = True


@dataclass(frozen=True)
class ActionSpec:
    """The action that led to a state, normalised to [-1, 1] where its bounds are finite.

    Attributes:
        size: Length of the array that a program gets (1 for a discrete action).
        discrete: Number of actions if they are discrete, else 0; a program then gets an `int`.
        names: What each entry does, with its unit.
    """

    size: int
    discrete: int = 0
    names: tuple[str, ...] = ()


def frozen(value: Any) -> Any:
    """Return nested lists as nested tuples, so that specs stay values: equal and hashable."""
    return tuple(frozen(v) for v in value) if isinstance(value, list | tuple) else value
