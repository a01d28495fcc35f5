"""Scenes as Python classes: the typed declaration from which a `Schema` is derived.

```python
class Robot(Entity):
    \"\"\"A Sawyer arm.\"\"\"
    ee_position: Array = field("midpoint between the fingertips", shape=(3,), unit="m")
    gripper_openness: float = field("1 open, 0.30 closed on nothing", low=0.0, high=1.0)

class DrawerScene(Scene):
    \"\"\"A table with a drawer.\"\"\"
    robot: Robot = part("the arm")
```
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeAlias, TypeVar, cast, get_type_hints

import numpy as np
import numpy.typing as npt

from rewardlab.program.schema import Schema
from rewardlab.program.specs import (
    ActionSpec,
    EntitySpec,
    FieldKind,
    FieldSpec,
    MethodResult,
    MethodSpec,
    Parameter,
    ParameterKind,
    PartSpec,
    frozen,
)

Array: TypeAlias = npt.NDArray[np.float64]


class ObjectPose:
    """Annotation of a pose: position `(3,)` and orientation, a unit quaternion wxyz `(4,)`."""


class Method:
    """Annotation of a method."""


_KINDS: dict[Any, FieldKind] = {
    float: "float",
    bool: "bool",
    ObjectPose: "pose",
    list[ObjectPose]: "poses",
}


@dataclass(frozen=True)
class _Member:
    doc: str
    shape: tuple[int, ...] = ()
    unit: str = ""
    low: float | None = None
    high: float | None = None


def field(
    doc: str,
    *,
    shape: tuple[int, ...] = (),
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
) -> Any:
    """Declare a number or array of an `Entity`; its annotation says `float`, `bool` or `Array`."""
    return _Member(doc, shape, unit, low, high)


def part(doc: str = "") -> Any:
    """Declare a sub-entity; its annotation is another `Entity` class."""
    return _Member(doc)


def method(call: str, doc: str, *, shape: str = "", unit: str = "") -> Any:
    """Declare a question that programs may ask the entity; its annotation is `Method`.

    Args:
        call: Parameters and result as they are written in Python, e.g.
            `"(obj: entity, max_angle: float = 85) -> bool"`.
        doc: What it answers, in one sentence.
        shape: Of an array that it returns, e.g. `"(M, 3)"`.
        unit: Of what it returns.
    """
    return _Question(call, doc, shape, unit)


@dataclass(frozen=True)
class _Question:
    call: str
    doc: str
    shape: str
    unit: str

    def spec(self, name: str) -> MethodSpec:
        """Read `call`: it is our own text, so a malformed one fails at import."""
        function = ast.parse(f"def {name}{self.call}: ...").body[0]
        assert isinstance(function, ast.FunctionDef)
        assert isinstance(function.returns, ast.Name)
        given = function.args.args
        defaults = [None] * (len(given) - len(function.args.defaults)) + function.args.defaults
        parameters = tuple(
            Parameter(
                argument.arg,
                cast(ParameterKind, ast.unparse(argument.annotation or ast.Constant(None))),
                None if default is None else float(ast.literal_eval(default)),
            )
            for argument, default in zip(given, defaults, strict=True)
        )
        returns = cast(MethodResult, function.returns.id)
        return MethodSpec(name, self.doc, parameters, returns, self.shape, self.unit)


class Entity:
    """Base class of everything a program can name.

    Attributes:
        constants: Numbers that its methods need, see `EntitySpec.constants`.
        label: Name that a coder sees, if not the class's own.
    """

    constants: ClassVar[Mapping[str, Any]] = {}
    label: ClassVar[str] = ""

    @classmethod
    def spec(cls) -> EntitySpec:
        """Return the declaration as plain data, inherited members first."""
        hints = get_type_hints(cls)
        fields: list[FieldSpec] = []
        parts: list[PartSpec] = []
        for name, member in _members(cls, _Member).items():
            hint = hints[name]
            if isinstance(hint, type) and issubclass(hint, Entity):
                parts.append(PartSpec(name, hint.spec(), member.doc))
            else:
                kind = _KINDS.get(hint, "array")
                shape = (7,) if kind == "pose" else member.shape
                fields.append(
                    FieldSpec(name, member.doc, kind, shape, member.unit, member.low, member.high)
                )
        methods = (question.spec(name) for name, question in _members(cls, _Question).items())
        return EntitySpec(
            cls.label or cls.__name__,
            " ".join((cls.__doc__ or "").split()),
            tuple(fields),
            tuple(parts),
            tuple(methods),
            frozen(tuple(cls.constants.items())),
        )


class Scene(Entity):
    """Base class of what a program gets as `self`."""

    @classmethod
    def schema(cls, *, action: ActionSpec, dt: float, n_obs: int = 0) -> Schema:
        """Return the schema of a task with this scene.

        Args:
            action: Size and meaning of the action.
            dt: Seconds between control steps [s].
            n_obs: Length of the raw observation, appended as the field `obs` if not 0.
        """
        return Schema(with_obs(cls.spec(), n_obs), action, dt)


def with_obs(root: EntitySpec, n_obs: int) -> EntitySpec:
    """Append the raw observation as the field `obs` to a scene's root."""
    if not n_obs:
        return root
    obs = FieldSpec("obs", "raw observation of the environment", "array", (n_obs,))
    return replace(root, fields=(*root.fields, obs))


_T = TypeVar("_T")


def _members(cls: type[Entity], kind: type[_T]) -> dict[str, _T]:
    found: dict[str, _T] = {}
    for base in reversed(cls.__mro__):
        found |= {k: v for k, v in vars(base).items() if isinstance(v, kind)}
    return found
