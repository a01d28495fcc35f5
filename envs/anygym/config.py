"""What a user may say about an environment in a small YAML file.

```yaml
goal: Keep the pole upright.
fields:
  cart_position: {index: 0, unit: m, doc: position of the cart}
  pole_angle: {index: 2, unit: rad, low: -0.42, high: 0.42}
success: abs(self.pole_angle) < 0.05 and self.time > 3
horizon: 500
```
"""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rewardlab.config import check_keys, read_yaml
from rewardlab.errors import ConfigError
from rewardlab.program.specs import FieldSpec

RESERVED = ("obs", "previous", "initial", "time", "action")


@dataclass(frozen=True)
class NamedField:
    """A name for entries of the observation.

    Attributes:
        spec: How programs see it.
        index: Which entries; an `int` makes it a float, a list an array.
    """

    spec: FieldSpec
    index: tuple[int, ...]


@dataclass(frozen=True)
class GymConfig:
    """All that such a file says.

    Attributes:
        goal: What is to be done.
        fields: Names for entries of the observation.
        success: An expression over the scene that is true when the task is solved.
        horizon: Steps per episode.
    """

    goal: str = ""
    fields: tuple[NamedField, ...] = ()
    success: str = ""
    horizon: int | None = None


def read_config(config: str | Path | Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the mapping that a file holds, or the one given.

    Raises:
        ConfigError: Unreadable, not YAML (with its line), or not a mapping.
    """
    if config is None:
        return {}
    return dict(config) if isinstance(config, Mapping) else read_yaml(Path(config))


def parse_config(data: Mapping[str, Any], *, n_obs: int, where: str = "config") -> GymConfig:
    """Check a mapping against an observation of `n_obs` entries.

    Raises:
        ConfigError: Unknown key, wrong type, unusable name or index out of range.
    """
    check_keys(data, ["goal", "fields", "success", "horizon"], where)
    goal, success = data.get("goal") or "", data.get("success") or ""
    for key, text in (("goal", goal), ("success", success)):
        if not isinstance(text, str):
            raise ConfigError(f"{where}: {key} must be text, got {text!r}")
    horizon = data.get("horizon")
    if horizon is not None and (not _is_int(horizon) or horizon < 1):
        raise ConfigError(f"{where}: horizon must be a number of steps, at least 1: {horizon!r}")
    fields = data.get("fields") or {}
    if not isinstance(fields, dict):
        raise ConfigError(f"{where}: fields must be 'name: {{index: …}}' lines, got {fields!r}")
    named = tuple(_field(name, value, n_obs, where) for name, value in fields.items())
    return GymConfig(goal.strip(), named, success.strip(), horizon)


def _field(name: Any, value: Any, n_obs: int, where: str) -> NamedField:
    where = f"{where}: field {name!r}"
    usable = isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name)
    if not usable or name.startswith("_") or name in RESERVED:
        raise ConfigError(
            f"{where}: not usable as a name; take letters, digits and underscores, beginning with "
            f"a letter, and none of {', '.join(RESERVED)}"
        )
    if not isinstance(value, dict) or "index" not in value:
        raise ConfigError(f"{where}: expected e.g. {{index: 0, unit: m, doc: …}}, got {value!r}")
    check_keys(value, ["index", "unit", "doc", "low", "high"], where)
    index = value["index"]
    entries = index if isinstance(index, list) else [index]
    if not entries or not all(_is_int(i) and 0 <= i < n_obs for i in entries):
        raise ConfigError(
            f"{where}: index {index!r} is not in the observation, which has entries 0 to "
            f"{n_obs - 1}"
        )
    for key in ("low", "high"):
        bound = value.get(key)
        if bound is not None and (isinstance(bound, bool) or not isinstance(bound, int | float)):
            raise ConfigError(f"{where}: {key} must be a number, got {bound!r}")
    spec = FieldSpec(
        name,
        str(value.get("doc", "")),
        "array" if isinstance(index, list) else "float",
        (len(entries),) if isinstance(index, list) else (),
        str(value.get("unit", "")),
        value.get("low"),
        value.get("high"),
    )
    return NamedField(spec, tuple(entries))


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
