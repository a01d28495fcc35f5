"""Which names of a program may stand for one object, or for one that holds the other."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from rewardlab.program.callers import Callers
from rewardlab.program.nodes import children
from rewardlab.program.scopes import Scope, Scopes

Variable: TypeAlias = tuple[Scope, str]
"""A name in the scope that binds it."""

_PASSED_ON = (
    *(ast.Attribute, ast.Subscript, ast.Starred, ast.NamedExpr, ast.IfExp, ast.BoolOp, ast.Call),
)
_HOLDERS = (ast.Tuple, ast.List, ast.Set, ast.Dict)


class Aliases:
    """Classes of names that a write through one of them may change.

    Args:
        scopes: The scopes of the program.
        callers: The calls of its own functions.
        deep: Whether what an object holds counts too.
    """

    def __init__(self, scopes: Scopes, callers: Callers, *, deep: bool) -> None:
        self._scopes, self._through = scopes, _PASSED_ON + (_HOLDERS if deep else ())
        self._parent: dict[Variable, Variable] = {}
        for scope in dict.fromkeys(scopes.of.values()):
            for name, bindings in scope.names.items():
                for binding in bindings:
                    values: Iterable[ast.expr | None] = (binding.value,)
                    if isinstance(binding.node, ast.arg):
                        function = callers.owner(binding.node)
                        seen = callers.all_seen(function)
                        values = callers.values(binding.node) if seen else ()
                    self._join((scope, name), values)

    def join_store(self, target: ast.expr, values: Iterable[ast.expr]) -> None:
        """Let what is put into an object count as held by it."""
        for root in self.roots(target):
            self._join(root, values)

    def members(self, node: ast.expr) -> list[Variable]:
        """Return the names that a write into what `node` stands for may change."""
        classes: defaultdict[Variable, list[Variable]] = defaultdict(list)
        for variable in self._parent:
            classes[self._find(variable)].append(variable)
        found = dict.fromkeys(self.roots(node))
        for root in list(found):
            found.update(dict.fromkeys(classes[self._find(root)]))
        return list(found)

    def roots(self, node: ast.AST) -> Iterator[Variable]:
        """Yield the names whose objects an expression may give, or views of them."""
        stack = [node]
        while stack:
            part = stack.pop()
            if isinstance(part, ast.Name) and part in self._scopes.of:
                scope = self._scopes.of[part].find(part.id)
                if scope is not None:
                    yield scope, part.id
            elif isinstance(part, self._through):
                stack += children(part)

    def _join(self, variable: Variable, values: Iterable[ast.expr | None]) -> None:
        for value in values:
            for root in self.roots(value) if value is not None else ():
                self._parent[self._find(root)] = self._find(variable)

    def _find(self, variable: Variable) -> Variable:
        parent = self._parent.setdefault(variable, variable)
        while parent != variable:
            variable, parent = parent, self._parent.setdefault(parent, parent)
        return variable
