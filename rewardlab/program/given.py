"""What names and attributes stand for that a program did not bind itself."""

from __future__ import annotations

from rewardlab.program import vocabulary
from rewardlab.program.imports import REFUSED
from rewardlab.program.kinds import ANY, ENTITIES, MISSING, Kind, Kinds, SceneKinds

_IMPORTED = {vocabulary.import_name(module): module for module in vocabulary.MODULES}


def given(name: str) -> Kinds:
    """Return what a name stands for that is there from the start."""
    if name == REFUSED:
        return frozenset({MISSING})
    if name in _IMPORTED:
        return frozenset({Kind("module", _IMPORTED[name])})
    path = vocabulary.PRESEEDED.get(name)
    if path is not None:
        return frozenset({Kind("module" if vocabulary.is_module(path) else "symbol", path)})
    return frozenset({Kind("builtin", name)}) if name in vocabulary.BUILTINS else ANY


def attribute(kind: Kind, name: str, scene: SceneKinds) -> Kinds:
    """Return what an attribute of something stands for."""
    if kind.tag in ENTITIES or kind.tag == "pose":
        return frozenset({scene.member(kind, name) or MISSING})
    if kind.tag == "module":
        path = f"{kind.name}.{name}"
        if vocabulary.is_module(path):
            return frozenset({Kind("module", path)})
        return frozenset({Kind("symbol", path) if vocabulary.lookup(path) else MISSING})
    return frozenset({MISSING}) if kind.tag in ("missing", "method") else ANY
