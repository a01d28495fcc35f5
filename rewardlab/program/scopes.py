"""Who binds which name where: Python's own scopes, and the expressions that names may stand for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias, cast

from rewardlab.program.nodes import Node, children

Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Function: TypeAlias = ast.FunctionDef | ast.Lambda
Pair: TypeAlias = tuple[ast.Name, ast.expr | None, int]


class Binding(NamedTuple):
    """One way in which a name gets a value.

    Attributes:
        value: The expression it is bound to; `None` where that is not one expression.
        node: The parameter, function, handler or statement that binds it.
        depth: How far it is inside of the value: 1 for an element of it, 2 for one of that.
    """

    value: ast.expr | None
    node: ast.AST
    depth: int = 0


RETURN = "return"
"""Stands in a function's scope for what it returns: no program can use it as a name."""


@dataclass(eq=False)
class Scope:
    """The names of a module, function, lambda or comprehension."""

    node: ast.AST
    parent: Scope | None
    names: dict[str, list[Binding]] = field(default_factory=dict)

    def bind(self, name: str, binding: Binding) -> None:
        """Add a binding."""
        self.names.setdefault(name, []).append(binding)

    def find(self, name: str) -> Scope | None:
        """Return the scope whose binding a load of `name` here sees, if the program has one."""
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope = scope.parent
        return scope

    @property
    def visible(self) -> set[str]:
        """All names that a load here may see."""
        names: set[str] = set()
        scope: Scope | None = self
        while scope is not None:
            names |= scope.names.keys()
            scope = scope.parent
        return names - {RETURN}


@dataclass(eq=False)
class Scopes:
    """The scopes of a tree, and in which of them each expression is evaluated.

    Attributes:
        module: The outermost scope.
        of: Scope of each node.
        functions: The scopes of what functions do.
    """

    module: Scope
    of: dict[ast.AST, Scope]
    functions: dict[ast.AST, Scope]

    @cached_property
    def _by(self) -> dict[type[ast.AST], list[ast.AST]]:
        by: dict[type[ast.AST], list[ast.AST]] = {}
        for node in self.of:
            by.setdefault(type(node), []).append(node)
        return by

    def nodes(self, *classes: type[Node]) -> Iterator[Node]:
        """Yield the nodes of some classes, those of each in source order."""
        for cls in classes:
            yield from cast("list[Node]", self._by.get(cls, ()))


def find_scopes(tree: ast.Module) -> Scopes:
    """Build the scopes of a tree, without recursion."""
    module = Scope(tree, None)
    scopes = Scopes(module, {}, {})
    stack: list[tuple[ast.AST, Scope]] = [(tree, module)]
    while stack:
        node, scope = stack.pop()
        scopes.of[node] = scope
        bind = _BINDERS.get(type(node))
        if bind is not None:
            bind(node, scope)
        if isinstance(node, Function):
            scopes.functions[node] = inner = Scope(node, scope)
            stack += reversed(list(_function_children(node, scope, inner)))
        elif isinstance(node, Comprehension):
            stack += reversed(list(_comprehension_children(node, scope)))
        else:
            stack += [(child, scope) for child in reversed(children(node))]
    return scopes


def pairs(target: ast.expr, value: ast.expr | None, depth: int = 0) -> Iterator[Pair]:
    """Yield the names of an assignment's target with what each one gets, see `Binding`."""
    stack: list[tuple[ast.expr, ast.expr | None, int]] = [(target, value, depth)]
    while stack:
        left, right, inside = stack.pop()
        if isinstance(left, ast.Name):
            yield left, right, inside
        elif isinstance(left, ast.Starred):
            stack.append((left.value, None, 0))
        elif isinstance(left, (ast.Tuple, ast.List)):
            parts = None if inside else _parts(right, left.elts)
            values: Sequence[ast.expr | None] = parts or [right] * len(left.elts)
            inside = 0 if parts else inside + 1
            stack += [(e, value, inside) for e, value in zip(left.elts, values, strict=True)]


def _parts(value: ast.expr | None, targets: list[ast.expr]) -> list[ast.expr] | None:
    """Return the parts of a literal that is unpacked name by name."""
    if not isinstance(value, (ast.Tuple, ast.List)) or len(value.elts) != len(targets):
        return None
    starred = any(isinstance(part, ast.Starred) for part in (*value.elts, *targets))
    return None if starred else value.elts


def _bind_assignment(node: ast.Assign, scope: Scope) -> None:
    for target in node.targets:
        _bind_target(scope, target, node.value, node)


def _bind_update(node: ast.AugAssign, scope: Scope) -> None:
    _bind_target(scope, node.target, None, node)


def _bind_walrus(node: ast.NamedExpr, scope: Scope) -> None:
    while isinstance(scope.node, Comprehension) and scope.parent is not None:
        scope = scope.parent
    _bind_target(scope, node.target, node.value, node)


def _bind_loop(node: ast.For | ast.comprehension, scope: Scope) -> None:
    elements = node.iter.elts if isinstance(node.iter, (ast.Tuple, ast.List)) else []
    if elements and not any(isinstance(element, ast.Starred) for element in elements):
        for element in elements:
            _bind_target(scope, node.target, element, node)
    else:
        _bind_target(scope, node.target, node.iter, node, depth=1)


def _bind_name(node: ast.ExceptHandler | ast.MatchAs | ast.FunctionDef, scope: Scope) -> None:
    if node.name:
        scope.bind(node.name, Binding(None, node))


def _bind_return(node: ast.Return, scope: Scope) -> None:
    if node.value is not None:
        scope.bind(RETURN, Binding(node.value, node))


_BINDERS: dict[type[ast.AST], Callable[[Any, Scope], None]] = {
    ast.Assign: _bind_assignment,
    ast.AugAssign: _bind_update,
    ast.NamedExpr: _bind_walrus,
    ast.For: _bind_loop,
    ast.ExceptHandler: _bind_name,
    ast.MatchAs: _bind_name,
    ast.FunctionDef: _bind_name,
    ast.Return: _bind_return,
}


def _bind_target(
    scope: Scope, target: ast.expr, value: ast.expr | None, node: ast.AST, depth: int = 0
) -> None:
    for name, part, inside in pairs(target, value, depth):
        scope.bind(name.id, Binding(part, node, inside))


def _function_children(
    node: Function, scope: Scope, inner: Scope
) -> Iterator[tuple[ast.AST, Scope]]:
    for argument in parameters(node):
        inner.bind(argument.arg, Binding(None, argument))
    for default in [*node.args.defaults, *node.args.kw_defaults]:
        if default is not None:
            yield default, scope
    body = node.body if isinstance(node, ast.FunctionDef) else [node.body]
    yield from ((child, inner) for child in body)


def _comprehension_children(node: Comprehension, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    inner = Scope(node, scope)
    for i, generator in enumerate(node.generators):
        _bind_loop(generator, inner)
        yield generator.iter, inner if i else scope
        yield generator.target, inner
        yield from ((condition, inner) for condition in generator.ifs)
    if isinstance(node, ast.DictComp):
        yield node.key, inner
        yield node.value, inner
    else:
        yield node.elt, inner


def parameters(node: Function) -> list[ast.arg]:
    """Return all parameters of a function, the starred ones last."""
    starred = [a for a in (node.args.vararg, node.args.kwarg) if a is not None]
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, *starred]
