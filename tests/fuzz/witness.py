"""Three witnesses of a program that runs, and of the worker that it runs in.

1. Every audit event of the interpreter while program text runs: files, imports, sockets,
   compiling, frames … A program that only computes raises none.
2. Every call from a program's frame: the callee must be something that the vocabulary lists.
3. Every value that a program's frame holds when it returns: no module, frame, code or class that
   the vocabulary does not list; and the worker's own state is as before.
"""

from __future__ import annotations

import os
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from rewardlab.program import vocabulary
from rewardlab.program.signature import words
from rewardlab.sandbox import evaluator

_OURS = tuple(
    f"sandbox/{name}.py"
    for name in (
        *("arguments", "clouds", "euler", "evaluator", "facade", "helpers", "methods"),
        *("namespace", "pose"),
    )
)
_INNER = tuple(
    f"numpy/{name}.py"
    for name in (
        *("exceptions", "_core/multiarray", "_core/_methods", "_core/arrayprint"),
        *("_core/_dtype", "_core/_exceptions", "_core/getlimits"),
    )
)
"""Where numpy's C code calls back into Python."""
_HARMLESS = ("builtins.id",)  # numpy asks for it when it prints an array
_OPERATORS = [
    f"__{name}__"
    for name in words("init mul pow getitem len call iter bool eq ne repr str contains")
]
_HIDDEN = (types.ModuleType, types.FrameType, types.CodeType, types.TracebackType)
_TYPES = (int, float, bool, str, list, dict, tuple, set, *(np.sctypeDict.values()))


class Witness:
    """What is seen while a program runs."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.armed = self.looking = False
        self.own: types.CodeType | None = None
        self.given: dict[str, int] = {}
        self.functions: set[int] = set()
        self.codes: set[types.CodeType] = set()
        self.state: Callable[[], list[object]] = list

    def know(self, names: dict[str, Any]) -> None:
        """Learn what a program may call, from its globals before it runs."""
        for value in _reachable(names):
            self.functions.add(id(value))
            self.codes |= set(_codes(value))
        shown = [table for table in names.values() if isinstance(table, types.SimpleNamespace)]
        table, before = names["__builtins__"], dict(vars(evaluator))
        self.state = lambda: [
            *(dict(vars(t)) for t in shown), dict(table), np.geterr(), sys.getrecursionlimit(),
            list(sys.modules), {k: v for k, v in vars(evaluator).items() if before.get(k) is not v},
            np.random.get_state()[1].tobytes()[:64], warnings.filters[:], sys.path[:],
            np.get_printoptions(), vars(np).get("pi"), sys.getswitchinterval(),
        ]  # fmt: skip

    def tell(self, what: str) -> None:
        """Note something that must not be."""
        if len(self.seen) < 4:
            self.seen.append(what[:200])

    def event(self, name: str, arguments: tuple[object, ...]) -> None:
        """Hear an audit event."""
        if not self.armed or self.looking or name in _HARMLESS:
            return
        if arguments[:1] != (self.own,):
            self.looking = True
            self.tell(f"event {name} {str(arguments)[:120]}")
            self.looking = False

    def profile(self, frame: types.FrameType, what: str, argument: Any) -> None:
        """See a call or a return."""
        self.looking = True  # to look at a frame is an event itself
        self._look(frame, what, argument)
        self.looking = False

    def _look(self, frame: types.FrameType, what: str, argument: Any) -> None:
        here = frame.f_code.co_filename == evaluator.FILE
        if what == "call" and not here:
            above = frame.f_back
            if above is not None and above.f_code.co_filename == evaluator.FILE:
                self._called(frame.f_code)
        elif what == "c_call" and here:
            self._called_c(argument)
        elif what == "return" and here:
            for name, value in list(frame.f_locals.items()):
                self._held(name, value)
            self._held("the result", argument)

    def _called(self, code: types.CodeType) -> None:
        place = code.co_filename.replace(os.sep, "/")
        dispatch = code.co_name.endswith(("dispatcher", "_dispatch")) and "/numpy/" in place
        if code not in self.codes and not dispatch and not place.endswith((*_OURS, *_INNER)):
            self.tell(f"call of {code.co_qualname} in {place[-60:]}")

    def _called_c(self, function: Any) -> None:
        owner, name = getattr(function, "__self__", None), function.__name__
        if id(function) in self.functions or id(owner) in self.functions:
            return
        known = name in vocabulary.METHODS
        if not known or isinstance(owner, (type, types.ModuleType, types.FunctionType)):
            self.tell(f"call of {name} of {type(owner).__name__}")

    def _held(self, name: str, value: Any) -> None:
        if self.given.get(name) == id(value):
            return
        values = value if type(value) in (list, tuple, set) else [value]
        values = value.values() if type(value) is dict else values
        for one in values:
            if isinstance(one, _HIDDEN) or not self._known(one):
                self.tell(f"{name} holds a {type(one).__name__} {str(one)[:80]}")

    def _known(self, value: Any) -> bool:
        if isinstance(value, type):
            return id(value) in self.functions or value in _TYPES
        if isinstance(value, types.FunctionType):
            return value.__code__.co_filename == evaluator.FILE or id(value) in self.functions
        if isinstance(value, types.BuiltinFunctionType):
            return id(value) in self.functions or value.__name__ in vocabulary.METHODS
        return True


def _reachable(names: dict[str, Any]) -> Iterator[Any]:
    for value in [*names.values(), *names["__builtins__"].values(), Slerp]:
        yield value
        if isinstance(value, types.SimpleNamespace):
            yield from vars(value).values()
    for name in (*vocabulary.MODULES["scipy.spatial.transform.Rotation"], *vocabulary.METHODS):
        yield getattr(Rotation, name, None)
    for kind in (Rotation, Slerp):
        for name in _OPERATORS:
            yield getattr(kind, name, None)


def _codes(value: Any) -> Iterator[types.CodeType]:
    for _ in range(6):
        code = getattr(value, "__code__", None)
        if isinstance(code, types.CodeType):
            yield code
        inner = getattr(value, "__wrapped__", None) or getattr(value, "_implementation", None)
        value = inner if inner is not None else getattr(value, "__func__", None)
