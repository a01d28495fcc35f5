"""What a program sees as `self`: live objects over one private buffer, made from a schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from rewardlab.errors import closest
from rewardlab.program.schema import EntitySpec, FieldSpec, Schema

Array: TypeAlias = npt.NDArray[np.float64]


class UnknownMember(AttributeError):
    """A program read something that the scene does not have."""


class _Entity:
    """Base of the generated classes: read-only, and helpful about what does not exist."""

    __slots__ = ()
    _members: tuple[str, ...] = ()
    _label = "self"

    def __getattr__(self, name: str) -> Any:
        near = closest(name, self._members, 1)
        hint = f"nearest {near[0]}; " if near else ""
        members = ", ".join(self._members)
        raise UnknownMember(f"{self._label} has no {name!r}; {hint}it has: {members}")


class Facade(NamedTuple):
    """A scene that a program can read.

    Attributes:
        buffer: `(row_size,)` private copy of the row; refill it, and everything below changes.
        scene: The `self` of programs.
        action: Returns the action, a fresh array `(n,)` or an `int`.
        obs: Returns the raw observation, fresh; `None` if the scene has none.
    """

    buffer: Array
    scene: Any
    action: Callable[[], Any]
    obs: Callable[[], Any] | None


def facade(schema: Schema) -> Facade:
    """Build the objects for a schema."""
    buffer = np.zeros(schema.row_size)
    size = schema.size
    previous = _block(schema, buffer[size : 2 * size], "self.previous", {})
    initial = _block(schema, buffer[2 * size : 3 * size], "self.initial", {})
    given: dict[str, Callable[[Any], Any]] = {
        "previous": _constant(previous),
        "initial": _constant(initial),
        "time": _read_float(buffer[3 * size :]),
    }
    scene = _block(schema, buffer[:size], "self", given)
    obs = schema.layout.get("obs")
    read_obs = _fresh(buffer[obs.start : obs.stop]) if obs else None
    return Facade(buffer, scene, _read_action(schema, buffer[3 * size + 1 :]), read_obs)


def _block(schema: Schema, block: Array, label: str, given: dict[str, Callable[[Any], Any]]) -> Any:
    slots = iter(schema.layout.values())
    return _entity(schema.root, ((s.field, block[s.start : s.stop]) for s in slots), label, given)


def _entity(
    spec: EntitySpec,
    slots: Iterator[tuple[FieldSpec, Array]],
    label: str,
    given: dict[str, Callable[[Any], Any]],
) -> Any:
    """Build one object; `slots` are consumed in the order of `Schema.layout`: parts, fields."""
    members: dict[str, Callable[[Any], Any]] = {}
    for part in spec.parts:
        value = _entity(part.entity, slots, f"{label}.{part.name}", {})
        members[part.name] = _constant(value)
    for field in spec.fields:
        members[field.name] = _reader(*next(slots))
    members |= given
    body: dict[str, Any] = {name: property(read) for name, read in members.items()}
    body |= {"__slots__": (), "_members": tuple(members), "_label": label}
    return type(spec.name, (_Entity,), body)()


def _constant(value: Any) -> Callable[[Any], Any]:
    return lambda _: value


def _reader(field: FieldSpec, view: Array) -> Callable[[Any], Any]:
    if field.kind == "float":
        return _read_float(view)
    if field.kind == "bool":
        item = view[:1].reshape(()).item
        return lambda _: item() != 0.0
    copy = view.reshape(field.shape).copy
    return lambda _: copy()


def _read_float(view: Array) -> Callable[[Any], Any]:
    item = view[:1].reshape(()).item
    return lambda _: item()


def _read_action(schema: Schema, view: Array) -> Callable[[], Any]:
    if schema.action.discrete:
        return lambda: int(view[0])
    return _fresh(view)


def _fresh(view: Array) -> Callable[[], Any]:
    return view.copy
