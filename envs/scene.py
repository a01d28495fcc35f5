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

from dataclasses import dataclass
from typing import Any, TypeAlias, get_type_hints

import numpy as np
import numpy.typing as npt

from rewardlab.program.schema import ActionSpec, EntitySpec, FieldKind, FieldSpec, PartSpec, Schema

Array: TypeAlias = npt.NDArray[np.float64]


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


class Entity:
    """Base class of everything a program can name."""

    @classmethod
    def spec(cls) -> EntitySpec:
        """Return the declaration as plain data, inherited members first."""
        hints = get_type_hints(cls)
        fields: list[FieldSpec] = []
        parts: list[PartSpec] = []
        for name, member in _members(cls).items():
            hint = hints[name]
            if isinstance(hint, type) and issubclass(hint, Entity):
                parts.append(PartSpec(name, hint.spec(), member.doc))
            else:
                kind: FieldKind = "float" if hint is float else "bool" if hint is bool else "array"
                fields.append(
                    FieldSpec(
                        name, member.doc, kind, member.shape, member.unit, member.low, member.high
                    )
                )
        doc = " ".join((cls.__doc__ or "").split())
        return EntitySpec(cls.__name__, doc, tuple(fields), tuple(parts))


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
    return EntitySpec(root.name, root.doc, (*root.fields, obs), root.parts)


def _members(cls: type[Entity]) -> dict[str, _Member]:
    found: dict[str, _Member] = {}
    for base in reversed(cls.__mro__):
        found |= {k: v for k, v in vars(base).items() if isinstance(v, _Member)}
    return found
