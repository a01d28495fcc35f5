"""What a program sees as `self`: live objects over one private buffer, made from a schema.

Programs read copies: floats, fresh arrays, poses that nothing can change. The numbers themselves,
hidden ones included, stand in no object that they can name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, NoReturn, TypeAlias

import numpy as np
import numpy.typing as npt

from rewardlab.errors import closest
from rewardlab.program.schema import Schema
from rewardlab.program.specs import EntitySpec, FieldSpec, MethodSpec
from rewardlab.sandbox.arguments import Entities, binder
from rewardlab.sandbox.methods import METHODS, Numbers
from rewardlab.sandbox.pose import ReadOnly, Sealed, UnknownMember, pose

Array: TypeAlias = npt.NDArray[np.float64]
Reader: TypeAlias = Callable[[Any], Any]


class _Entity(metaclass=Sealed):
    """Base of the generated classes: read-only, and helpful about what does not exist."""

    __slots__ = ()
    _members: tuple[str, ...] = ()
    _label = "self"

    def __getattr__(self, name: str) -> Any:
        near = closest(name, self._members, 1)
        hint = f"nearest {near[0]}; " if near else ""
        members = ", ".join(self._members)
        raise UnknownMember(f"{self._label} has no {name!r}; {hint}it has: {members}")

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise ReadOnly(f"{self._label}.{name} cannot be set: the scene is read-only")

    def __delattr__(self, name: str) -> NoReturn:
        raise ReadOnly(f"{self._label}.{name} cannot be deleted: the scene is read-only")


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
    size, entities = schema.size, Entities()
    before, first = buffer[size : 2 * size], buffer[2 * size : 3 * size]
    given: dict[str, Reader] = {
        "previous": _constant(_Block(schema, before, "self.previous", entities).build()),
        "initial": _constant(_Block(schema, first, "self.initial", entities).build()),
        "time": _read_float(buffer[3 * size : 3 * size + 1]),
    }
    scene = _Block(schema, buffer[:size], "self", entities).build(given)
    obs = schema.layout.get("obs")
    read_obs = _fresh(buffer[obs.start : obs.stop]) if obs else None
    return Facade(buffer, scene, _read_action(schema, buffer[3 * size + 1 :]), read_obs)


class _Block:
    """One scene: now, one step ago, or at the beginning.

    Args:
        schema: What it holds.
        block: `(size,)` its numbers.
        label: How programs name it.
        entities: Where its parts are registered for methods.
    """

    def __init__(self, schema: Schema, block: Array, label: str, entities: Entities) -> None:
        self._root, self._label, self._entities = schema.root, label, entities
        self._slots: Iterator[tuple[FieldSpec, Array]] = (
            (slot.field, block[slot.start : slot.stop].reshape(slot.field.shape))
            for slot in schema.layout.values()
        )

    def build(self, given: dict[str, Reader] | None = None) -> Any:
        """Build its root with the members `given` in addition."""
        return self._entity(self._root, "", given or {})

    def _entity(self, spec: EntitySpec, path: str, given: dict[str, Reader]) -> Any:
        """Build one object; slots are consumed in the order of `Schema.layout`: parts, fields."""
        members: dict[str, Reader] = {}
        for part in spec.parts:
            value = self._entity(part.entity, f"{path}.{part.name}".lstrip("."), {})
            members[part.name] = _constant(value)
        label = f"{self._label}.{path}".rstrip(".")
        numbers = Numbers(label, path, {}, dict(spec.constants))
        for field in spec.fields:
            _, numbers.fields[field.name] = next(self._slots)
            if not field.hidden:
                members[field.name] = _reader(field, numbers.fields[field.name])
        body: dict[str, Any] = {name: property(read) for name, read in (members | given).items()}
        body |= {m.name: _method(spec, m, numbers, self._entities) for m in spec.methods}
        body |= {"__slots__": (), "_members": tuple(body), "_label": label}
        entity = Sealed(spec.name, (_Entity,), body)()
        self._entities[id(entity)] = numbers
        return entity


def _method(
    spec: EntitySpec, method: MethodSpec, numbers: Numbers, entities: Entities
) -> Callable[..., Any]:
    """Return a plain function for the class: bound to an object, nothing can be put on it."""
    make = METHODS.get(f"{spec.name}.{method.name}") or METHODS[method.name]
    call, bind = make(numbers), binder(method, numbers.label, entities)

    def ask(_: Any, /, *args: Any, **kwargs: Any) -> Any:
        return call(*bind(args, kwargs))

    return ask


def _constant(value: Any) -> Reader:
    return lambda _: value


def _reader(field: FieldSpec, view: Array) -> Reader:
    if field.kind == "float":
        return _read_float(view)
    if field.kind == "bool":
        item = view.item
        return lambda _: item() != 0.0
    numbers = view.tolist
    if field.kind == "pose":
        return lambda _: pose(tuple(numbers()))
    if field.kind == "poses":
        return lambda _: [pose(tuple(each)) for each in numbers()]
    copy = view.copy
    return lambda _: copy()


def _read_float(view: Array) -> Reader:
    item = view.item
    return lambda _: item()


def _read_action(schema: Schema, view: Array) -> Callable[[], Any]:
    if schema.action.discrete:
        return lambda: int(view[0])
    return _fresh(view)


def _fresh(view: Array) -> Callable[[], Any]:
    return view.copy
