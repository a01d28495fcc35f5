"""Shapers by name: those of rewardlab, and those that installed packages add.

A package adds one through the entry-point group `rewardlab.shapers`:

```toml
[project.entry-points."rewardlab.shapers"]
gentle = "my_package.gentle:Gentle"
```
It is a subclass of `Shaper` whose options are keyword arguments, or of its classmethod
`for_task(task, **options)` where it has to be built from a task. Names of rewardlab come first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, distributions
from inspect import Parameter, isclass, signature
from typing import TYPE_CHECKING, Any, get_type_hints

from rewardlab.config import check_keys
from rewardlab.errors import ConfigError, RewardlabError, UnknownName, UsageError
from rewardlab.values import read_value

if TYPE_CHECKING:
    from rewardlab.envs.tasks import Task
    from rewardlab.shapers.base import Shaper

GROUP = "rewardlab.shapers"
"""The entry-point group."""

BUILT_IN = {
    "bsrs": "BSRS",
    "counts": "CountBonus",
    "expadard": "ExpAdaRD",
    "explors": "ExploRS",
    "exprd": "ExpRD",
    "icm": "ICM",
    "lirpg": "LIRPG",
    "potential": "Potential",
    "rnd": "RND",
    "sors": "SORS",
}
"""Names that need no package, with their classes in `rewardlab.shapers`."""

_COMMON = {"gamma": float, "update_every": int}


def names() -> list[str]:
    """Return all names, those of installed packages included."""
    return sorted({*BUILT_IN, *(entry.name for entry in _entries())})


def shaper_class(name: str) -> type[Shaper]:
    """Return the class of a shaper.

    Raises:
        UnknownName: There is none of that name; lists the closest.
        UsageError: The package that brings it is at fault; names the package.
    """
    if name in BUILT_IN:
        found: type[Shaper] = getattr(import_module("rewardlab.shapers"), BUILT_IN[name])
        return found
    entries = [entry for entry in _entries() if entry.name == name]
    if not entries:
        raise UnknownName("shaper", name, names())
    if len(entries) > 1:
        packages = ", ".join(sorted(_package(entry) for entry in entries))
        raise UsageError(f"the shaper {name!r} comes from several packages: {packages}; keep one")
    return _loaded(entries[0])


def make(name: str, options: Mapping[str, Any] | None = None, task: Task | None = None) -> Shaper:
    """Build a shaper.

    Args:
        name: One of `names()`.
        options: Plain values, as a YAML file or `--shaper-option` gives them; every shaper also
            takes `update_every` and `gamma`, see `Shaper`.
        task: What it is trained on; only some shapers need one.

    Raises:
        UnknownName: There is no such shaper.
        ConfigError: It has no such option, or refuses its value.
        UsageError: Its package is at fault, or it needs a task.
    """
    cls = shaper_class(name)
    build: Callable[..., Shaper] = getattr(cls, "for_task", cls)
    given: dict[str, Any] = {}
    if build is not cls:
        if task is None:
            raise UsageError(f"the shaper {name} is built from a task: name one")
        given["task"] = task
    where = f"options of the shaper {name}"
    chosen = _checked(build, dict(options or {}), where)
    common = {key: chosen.pop(key) for key in chosen.keys() - _parameters(build).keys()}
    try:
        made = build(**given, **chosen)
    except RewardlabError:
        raise
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{where}: {error}") from error
    for key, value in common.items():
        setattr(made, key, value)
    return made


def _parameters(build: Callable[..., Any]) -> dict[str, Parameter]:
    """Return the options of a builder by name."""
    found = signature(build).parameters.items()
    kinds = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    return {key: p for key, p in found if key != "task" and p.kind in kinds}


def _checked(build: Callable[..., Any], options: dict[str, Any], where: str) -> dict[str, Any]:
    """Return options as a builder's annotations want them."""
    parameters = _parameters(build)
    check_keys(options, [*parameters, *_COMMON], where)
    missing = [k for k, p in parameters.items() if p.default is Parameter.empty]
    if absent := [key for key in missing if key not in options]:
        raise ConfigError(f"{where}: it needs {', '.join(absent)}, e.g. {absent[0]}=VALUE")
    kinds = {**_COMMON, **_annotations(build.__init__ if isclass(build) else build)}
    read = {k: read_value(v, kinds.get(k, Any), f"{where}: {k}") for k, v in options.items()}
    if read.get("update_every", 1) < 1:
        raise ConfigError(f"{where}: update_every must be at least 1, got {read['update_every']}")
    return read


def _annotations(builder: Any) -> dict[str, Any]:
    try:
        return get_type_hints(builder)
    except NameError:  # of something that is imported for type checkers only
        return {}


def _entries() -> list[EntryPoint]:
    """Return what packages add; one whose metadata cannot be read adds nothing."""
    found: dict[tuple[str, str], EntryPoint] = {}
    for distribution in distributions():
        try:
            added = distribution.entry_points.select(group=GROUP)
            package = str(distribution.metadata["Name"])
        except Exception:  # a file that somebody else wrote may be anything
            continue
        for entry in added:
            found.setdefault((package, entry.name), entry)
    return list(found.values())


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else "an unknown one"


def _loaded(entry: EntryPoint) -> type[Shaper]:
    from rewardlab.shapers.base import Shaper

    blame = f"the package {_package(entry)} names {entry.value!r} as the shaper {entry.name!r}"
    try:
        found: Any = entry.load()
    except Exception as error:  # a module may raise anything
        raise UsageError(
            f"{blame}, which cannot be imported ({type(error).__name__}: {error}); repair or "
            "uninstall it"
        ) from error
    if not (isclass(found) and issubclass(found, Shaper)):
        raise UsageError(f"{blame}, which is no subclass of rewardlab.Shaper")
    return found
