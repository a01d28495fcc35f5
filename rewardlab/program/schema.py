"""What a program may see, as plain data: the one source of prompt, checks, live objects and rows.

A `Schema` is a tree of entities with typed fields. `Schema.layout` fixes where each field stands
in the flat float64 block of one scene; a recorded *row* is

    [current | previous | initial | time | action]        shape (3 * size + 1 + n_action,)

and is all that ever crosses to a jailed worker.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from rewardlab.program.specs import (
    ActionSpec,
    EntitySpec,
    FieldSpec,
    MethodSpec,
    Parameter,
    PartSpec,
    frozen,
)


@dataclass(frozen=True)
class Slot:
    """Where a field stands in a scene block: `block[start:stop].reshape(shape)`."""

    start: int
    stop: int
    field: FieldSpec


@dataclass(frozen=True)
class Schema:
    """The scene of one task.

    Attributes:
        root: The class of `self`. If it has a field `obs`, that is the raw observation, also
            passed as third argument to programs that take one.
        action: The action's size and meaning.
        dt: Seconds between two control steps [s].
    """

    root: EntitySpec
    action: ActionSpec
    dt: float

    @cached_property
    def layout(self) -> dict[str, Slot]:
        """Slots by dotted path, e.g. `"robot.ee_position"`, in row order."""
        slots: dict[str, Slot] = {}
        start = 0
        for path, field in _walk(self.root, ""):
            slots[path] = Slot(start, start + field.size, field)
            start += field.size
        return slots

    @cached_property
    def described(self) -> dict[str, Slot]:
        """The part of `layout` that this task has (see `PartSpec.described`)."""
        paths = {path for path, _ in _walk(self.root, "", hidden=False)}
        return {path: slot for path, slot in self.layout.items() if path in paths}

    @cached_property
    def size(self) -> int:
        """Floats in one scene block."""
        return max((slot.stop for slot in self.layout.values()), default=0)

    @property
    def row_size(self) -> int:
        """Floats in one recorded row."""
        return 3 * self.size + 1 + self.action.size

    @cached_property
    def hash(self) -> str:
        """SHA-256 over names, shapes, order and constants: rows of equal hash score alike."""
        fields = [[path, slot.field.shape] for path, slot in self.layout.items()]
        constants = [entity.constants for entity in _entities(self.root) if entity.constants]
        facts = [
            fields,
            self.action.size,
            self.action.discrete,
            *([constants] if constants else []),
        ]
        text = json.dumps(facts)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary; `Schema.from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Schema:
        """Rebuild a schema from `to_json`."""
        return cls(_entity(data["root"]), _action(data["action"]), float(data["dt"]))


def _walk(
    entity: EntitySpec, prefix: str, *, hidden: bool = True
) -> Iterator[tuple[str, FieldSpec]]:
    for part in entity.parts:
        if part.described or hidden:
            yield from _walk(part.entity, f"{prefix}{part.name}.", hidden=hidden)
    for field in entity.fields:
        yield prefix + field.name, field


def _entities(entity: EntitySpec) -> Iterator[EntitySpec]:
    for part in entity.parts:
        yield from _entities(part.entity)
    yield entity


def _entity(data: dict[str, Any]) -> EntitySpec:
    return EntitySpec(
        data["name"],
        data["doc"],
        tuple(FieldSpec(**{**f, "shape": tuple(f["shape"])}) for f in data["fields"]),
        tuple(
            PartSpec(p["name"], _entity(p["entity"]), p["doc"], p.get("described", True))
            for p in data["parts"]
        ),
        tuple(
            MethodSpec(**{**m, "parameters": tuple(Parameter(**p) for p in m["parameters"])})
            for m in data.get("methods", ())
        ),
        frozen(data.get("constants", ())),
    )


def _action(data: dict[str, Any]) -> ActionSpec:
    return ActionSpec(data["size"], data["discrete"], tuple(data["names"]))
