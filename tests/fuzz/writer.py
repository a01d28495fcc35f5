"""Writing reward programs at random: typed expressions, scopes that hold, hostile bits."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from rewardlab.program.schema import Schema
from rewardlab.program.signature import Signature
from rewardlab.program.specs import EntitySpec, MethodSpec
from tests.fuzz import hostile
from tests.fuzz.grammar import ARGUMENTS, CALLABLE, LEAVES, METHODS, PRODUCTIONS

_HOLE = re.compile(r"<([a-z]+)>")
_KINDS = {"float": "num", "bool": "bool", "pose": "pose", "poses": "poses"}
_SHAPES = {(3,): "vec", (4,): "quat", (3, 3): "mat"}
KINDS = (
    *("num", "num", "num", "vec", "vec", "bool", "list", "dict", "str", "quat", "mat", "rot"),
    *("pose", "poses"),
)
IMPORTS = [
    *("import numpy as np", "import math", "import numpy", "from math import tanh as squash"),
    *("from numpy.linalg import norm", "import torch", "from typing import Any, Dict, Tuple"),
    *("import scipy.spatial.distance as dst", "from scipy.spatial.transform import Rotation as R"),
    *("from __future__ import annotations", "from scipy.spatial import distance as sd"),
    *("from transforms3d.quaternions import qmult, quat2mat", "import numpy.linalg as la"),
    *("from math import *", "from os import path", "import gym, math"),
    *("from numpy import clip, pi",),
]


class Writer:
    """Writes one program.

    Args:
        rng: Where choices come from.
        schema: What the program may read.
        wild: Share of calls to anything with anything.
        evil: Share of what must not pass.
    """

    def __init__(self, rng: Random, schema: Schema, *, wild: float, evil: float) -> None:
        self.rng, self.schema, self.wild, self.evil = rng, schema, wild, evil
        self.names: dict[str, list[str]] = {}
        self.scene = "self"
        self._fields = _fields(schema)
        self._parts = _parts(schema.root)
        self._methods = _methods(schema.root)
        self._count = 0

    def chance(self, share: float) -> bool:
        """Return true for that share of calls."""
        return self.rng.random() < share

    def expr(self, kind: str, depth: int) -> str:
        """Return an expression of a kind, nested that deep at most."""
        if self.evil and self.chance(self.evil / 12):
            return self.fill(self.rng.choice(hostile.EXPRESSIONS), depth - 1)
        if self.wild and self.chance(self.wild) and depth > 0 and kind != "index":
            return self.expr("wild", depth - 1)
        if kind in LEAVES and (depth <= 0 or self.chance(0.3)):
            return self._leaf(kind)
        return self.fill(self.rng.choice(PRODUCTIONS[kind]), depth - 1)

    def fill(self, text: str, depth: int) -> str:
        """Put expressions in the holes of a production."""
        return _HOLE.sub(lambda hole: self._hole(hole[1], depth), text)

    def _hole(self, kind: str, depth: int) -> str:
        special: dict[str, Callable[[int], str]] = {
            "call": self._call,
            "method": self._method,
            "symbol": lambda _: self.rng.choice(CALLABLE)[0],
            "entity": lambda _: self._entity(),
            "asked": self._asked,
            "block": lambda _: "pass",
            "fresh": lambda _: self.fresh(),
            "dunder": lambda _: self.rng.choice(hostile.DUNDERS),
            "attr": lambda _: self.rng.choice(hostile.ATTRIBUTES),
            "builtin": lambda _: self.rng.choice(hostile.BUILTINS),
            "module": lambda _: self.rng.choice(hostile.MODULES),
        }
        make = special.get(kind)
        return make(depth) if make is not None else self.expr(kind, depth)

    def fresh(self) -> str:
        """Return a name that nothing has yet."""
        self._count += 1
        return f"n{self._count}"

    def _leaf(self, kind: str) -> str:
        known = self.names.get(kind, [])
        if known and self.chance(0.5):
            return self.rng.choice(known)
        fields = self._fields.get(kind, [])
        if fields and self.scene and self.chance(0.7):
            return f"{self._when()}.{self.rng.choice(fields)}"
        if kind == "num" and self.scene == "self" and self.chance(0.3):
            return self.rng.choice(["self.time", "self.dt", "np.sum(action)"])
        return self.rng.choice(LEAVES[kind])

    def _when(self) -> str:
        past = self.scene == "self" and self.chance(0.25)
        return self.rng.choice(["self.previous", "self.initial"]) if past else self.scene

    def _entity(self) -> str:
        parts = [f".{part}" for part in self._parts] if self._parts and self.chance(0.8) else [""]
        return self._when() + self.rng.choice(parts) if self.scene else "None"

    def _asked(self, depth: int) -> str:
        """Write a call of a method of the scene, by position or by name."""
        if not self._methods or not self.scene:
            return "0.0"
        path, method = self.rng.choice(self._methods)
        given = []
        for parameter in method.parameters:
            if parameter.default is not None and self.chance(0.4):
                break
            kind = {"float": "num", "array": "mat"}.get(parameter.kind)
            value = self._entity() if kind is None else self.expr(kind, depth)
            named = (given and "=" in given[-1]) or self.chance(0.3)
            given.append(f"{parameter.name}={value}" if named else value)
        return f"{self._when()}.{path}({', '.join(given)})"

    def _call(self, depth: int) -> str:
        name, symbol = self.rng.choice(CALLABLE)
        return f"{name}({self._arguments(symbol.signature, depth)})"

    def _method(self, depth: int) -> str:
        name, signature = self.rng.choice(METHODS)
        base = self.expr(self.rng.choice(["vec", "mat", "list", "dict", "str", "rot"]), depth)
        return f"{base}.{name}({self._arguments(signature, depth)})"

    def _arguments(self, signature: Signature, depth: int) -> str:
        n = self.rng.randint(0, 3) if signature.variadic else len(signature.positional)
        few = min(n, self.rng.choice([1, 1, 2, n, n]))
        names = [*signature.positional, *["x"] * n][:few]
        given = [self._argument(name, depth) for name in names]
        rest = sorted(signature.keywords - set(names))
        for name in self.rng.sample(rest, min(len(rest), self.rng.choice([0, 0, 1, 2]))):
            given.append(f"{name}={self._argument(name, depth)}")
        if self.evil and self.chance(self.evil):
            given += [self.fill(self.rng.choice(hostile.ARGUMENTS), depth)]
        return ", ".join(given)

    def _argument(self, name: str, depth: int) -> str:
        if name in ARGUMENTS and self.chance(0.9):
            return self.fill(self.rng.choice(ARGUMENTS[name]), depth)
        return self.expr(self.rng.choice(["num", "vec", "vec", "mat", "list", "any"]), depth)


def _fields(schema: Schema) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path, slot in schema.layout.items():
        if slot.field.hidden:
            continue
        kind = _KINDS.get(slot.field.kind)
        found.setdefault(kind or _SHAPES.get(slot.field.shape, "any"), []).append(path)
    return found


def _methods(entity: EntitySpec, prefix: str = "") -> list[tuple[str, MethodSpec]]:
    found = [(prefix + method.name, method) for method in entity.methods]
    for part in entity.parts:
        found += _methods(part.entity, f"{prefix}{part.name}.")
    return found


def _parts(entity: EntitySpec, prefix: str = "") -> list[str]:
    found = []
    for part in entity.parts:
        found += [prefix + part.name, *_parts(part.entity, f"{prefix}{part.name}.")]
    return found
