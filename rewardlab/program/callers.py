"""Which calls of a program's own functions are seen, and what they pass."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.program.scopes import Function, Scopes, parameters


class Callers:
    """The calls of own functions.

    Args:
        scopes: The scopes of the program.
        entry: The reward function, which others call.
    """

    def __init__(self, scopes: Scopes, entry: ast.FunctionDef) -> None:
        self._scopes = scopes
        functions: list[Function] = [*scopes.nodes(ast.FunctionDef), *scopes.nodes(ast.Lambda)]
        self._owner = {argument: f for f in functions for argument in parameters(f)}
        self._calls = self._simple_calls(entry)

    def function(self, node: ast.expr) -> ast.FunctionDef | None:
        """Return the program's own function that a name stands for, if that is certain."""
        if not isinstance(node, ast.Name) or node not in self._scopes.of:
            return None
        scope = self._scopes.of[node].find(node.id)
        bindings = scope.names[node.id] if scope is not None else []
        only = bindings[0].node if len(bindings) == 1 else None
        return only if isinstance(only, ast.FunctionDef) else None

    def owner(self, argument: ast.arg) -> Function | None:
        """Return the function that a parameter belongs to."""
        return self._owner.get(argument)

    def all_seen(self, function: Function | None) -> bool:
        """Return whether all calls of a function are seen, so that its parameters have kinds."""
        return function in self._calls

    def values(self, argument: ast.arg) -> Iterator[ast.expr | None]:
        """Yield what the calls pass for a parameter, `None` for what cannot be told."""
        function = self.owner(argument)
        if isinstance(function, ast.FunctionDef):
            names = [*function.args.posonlyargs, *function.args.args]
            place = names.index(argument) if argument in names else None
            for call in self._calls[function]:
                named = [k.value for k in call.keywords if k.arg == argument.arg]
                positional = call.args[place : place + 1] if place is not None else []
                yield next(iter(named + positional), default(function, argument))

    def _simple_calls(self, entry: ast.FunctionDef) -> dict[Function | None, list[ast.Call]]:
        calls: dict[Function | None, list[ast.Call]] = {}
        direct: set[ast.expr] = set()
        loose: set[ast.FunctionDef] = {entry}
        for node in self._scopes.nodes(ast.Call):
            if function := self.function(node.func):
                direct.add(node.func)
                calls.setdefault(function, []).append(node)
                starred = any(isinstance(a, ast.Starred) for a in node.args)
                if starred or any(k.arg is None for k in node.keywords):
                    loose.add(function)
        for name in self._scopes.nodes(ast.Name):
            if name not in direct and (function := self.function(name)):
                loose.add(function)
        return {function: found for function, found in calls.items() if function not in loose}


def default(function: ast.FunctionDef, argument: ast.arg) -> ast.expr | None:
    """Return the default of a parameter."""
    arguments = function.args
    names = [*arguments.posonlyargs, *arguments.args]
    defaults = dict(zip(reversed(names), reversed(arguments.defaults), strict=False))
    named = dict(zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True))
    return defaults.get(argument) or named.get(argument)


def called(node: ast.expr) -> str:
    """Return the name of the method or function that a call calls."""
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def literal_member(node: ast.Call) -> str | None:
    """Return the name in `getattr(x, "name"[, default])`, `None` for any other call."""
    if not (isinstance(node.func, ast.Name) and node.func.id == "getattr" and not node.keywords):
        return None
    if len(node.args) not in (2, 3) or not isinstance(node.args[1], ast.Constant):
        return None
    name = node.args[1].value
    return name if isinstance(name, str) else None
