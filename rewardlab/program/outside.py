"""What a program makes outside of functions and could change: that would be remembered."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.program.kinds import Kind
from rewardlab.program.signature import words

KEPT = "kept"
"""Tag of kinds that outlive a call."""

_DISPLAYS = (ast.List, ast.Set, ast.Dict, ast.Tuple, ast.ListComp, ast.SetComp, ast.DictComp)
_MAKERS = words("dict list set")
_ARRAYS = words("arange array asarray concatenate diag eye full identity linspace ones stack zeros")


class Outside:
    """Containers and arrays made outside of functions, and the containers inside them."""

    def __init__(self) -> None:
        self._made: dict[str, ast.expr] = {}

    def __bool__(self) -> bool:
        return bool(self._made)

    def kind(self, name: str, value: ast.expr) -> Kind | None:
        """Return the kind of a value that is kept under a name, `None` if it cannot change."""
        if not isinstance(value, _DISPLAYS) and not _is_made(value) and not _is_array(value):
            return None
        self._made[name] = value
        return Kind(KEPT, name)

    def items(self, kind: Kind, index: ast.expr | None) -> Iterator[tuple[str, ast.expr]]:
        """Yield the parts of a container, or the one at a constant index, with names for them."""
        value = self._made[kind.name]
        for key, part in _parts(value):
            if not isinstance(index, ast.Constant) or key in (None, index.value):
                yield f"{kind.name}[{key!r}]", part

    def is_array(self, kind: Kind) -> bool:
        """Return whether slices of it are views of it."""
        return _is_array(self._made[kind.name])

    def changes_in_place(self, kind: Kind) -> bool:
        """Return whether `+=` changes the thing itself."""
        return not isinstance(self._made[kind.name], ast.Tuple)


def _parts(value: ast.expr) -> Iterator[tuple[object, ast.expr]]:
    if isinstance(value, (ast.List, ast.Tuple)):
        starred = any(isinstance(part, ast.Starred) for part in value.elts)
        yield from ((None if starred else i, part) for i, part in enumerate(value.elts))
    elif isinstance(value, ast.Dict):
        for key, part in zip(value.keys, value.values, strict=True):
            yield key.value if isinstance(key, ast.Constant) else None, part
    elif isinstance(value, (ast.ListComp, ast.SetComp)):
        yield None, value.elt
    elif isinstance(value, ast.DictComp):
        yield None, value.value


def _is_made(value: ast.expr) -> bool:
    function = value.func if isinstance(value, ast.Call) else None
    return isinstance(function, ast.Name) and function.id in _MAKERS


def _is_array(value: ast.expr) -> bool:
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.MatMult):
            stack += [node.left, node.right]
        elif isinstance(node, ast.UnaryOp):
            stack.append(node.operand)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in _ARRAYS:
            return True
    return False
