"""Who binds which name where: Python's own scopes, and the expressions that names may stand for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Function: TypeAlias = ast.FunctionDef | ast.Lambda


@dataclass(frozen=True, eq=False)
class Binding:
    """One way in which a name gets a value.

    Attributes:
        value: The expression it is bound to; `None` where that is not one expression.
        node: The parameter, function, handler or statement that binds it.
    """

    value: ast.expr | None
    node: ast.AST


@dataclass(eq=False)
class Scope:
    """The names of a module, function, lambda or comprehension."""

    node: ast.AST
    parent: Scope | None
    names: dict[str, list[Binding]] = field(default_factory=dict)

    def bind(self, name: str, value: ast.expr | None, node: ast.AST) -> None:
        """Add a binding."""
        self.names.setdefault(name, []).append(Binding(value, node))

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
        return names


@dataclass(eq=False)
class Scopes:
    """The scopes of a tree, and in which of them each expression is evaluated."""

    module: Scope
    of: dict[ast.AST, Scope]

    def nodes(self) -> Iterator[ast.AST]:
        """Yield all nodes in source order."""
        yield from self.of


def find_scopes(tree: ast.Module) -> Scopes:
    """Build the scopes of a tree, without recursion."""
    module = Scope(tree, None)
    of: dict[ast.AST, Scope] = {}
    stack: list[tuple[ast.AST, Scope]] = [(tree, module)]
    while stack:
        node, scope = stack.pop()
        of[node] = scope
        _bind(node, scope)
        stack += reversed(list(_children(node, scope)))
    return Scopes(module, of)


def pairs(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[ast.Name, ast.expr | None]]:
    """Yield the names of an assignment's target with the expression each one gets."""
    stack = [(target, value)]
    while stack:
        left, right = stack.pop()
        if isinstance(left, ast.Name):
            yield left, right
        elif isinstance(left, ast.Starred):
            stack.append((left.value, None))
        elif isinstance(left, (ast.Tuple, ast.List)):
            rights = _parts(right, len(left.elts))
            if any(isinstance(e, ast.Starred) for e in left.elts):
                rights = [None] * len(left.elts)
            stack += zip(left.elts, rights, strict=True)


def _parts(value: ast.expr | None, n: int) -> list[ast.expr | None]:
    if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == n:
        return list(value.elts)
    return [None] * n


def _bind(node: ast.AST, scope: Scope) -> None:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            _bind_target(scope, target, node.value, node)
    elif isinstance(node, ast.AugAssign):
        _bind_target(scope, node.target, None, node)
    elif isinstance(node, ast.NamedExpr):
        _bind_target(_function_scope(scope), node.target, node.value, node)
    elif isinstance(node, ast.For):
        for element in _elements(node.iter):
            _bind_target(scope, node.target, element, node)
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.FunctionDef)) and node.name:
        scope.bind(node.name, None, node)


def _bind_target(scope: Scope, target: ast.expr, value: ast.expr | None, node: ast.AST) -> None:
    for name, part in pairs(target, value):
        scope.bind(name.id, part, node)


def _function_scope(scope: Scope) -> Scope:
    while isinstance(scope.node, Comprehension) and scope.parent is not None:
        scope = scope.parent
    return scope


def _elements(iterable: ast.expr) -> list[ast.expr] | list[None]:
    """Return what a loop over a literal list goes through, `[None]` over anything else."""
    elements = iterable.elts if isinstance(iterable, (ast.Tuple, ast.List)) else []
    starred = any(isinstance(element, ast.Starred) for element in elements)
    return elements if elements and not starred else [None]


def _children(node: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    if isinstance(node, Function):
        yield from _function_children(node, scope)
    elif isinstance(node, Comprehension):
        yield from _comprehension_children(node, scope)
    else:
        yield from ((child, scope) for child in ast.iter_child_nodes(node))


def _function_children(node: Function, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    inner = Scope(node, scope)
    for argument in parameters(node):
        inner.bind(argument.arg, None, argument)
    for default in [*node.args.defaults, *node.args.kw_defaults]:
        if default is not None:
            yield default, scope
    body = node.body if isinstance(node, ast.FunctionDef) else [node.body]
    yield from ((child, inner) for child in body)


def _comprehension_children(node: Comprehension, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    inner = Scope(node, scope)
    for i, generator in enumerate(node.generators):
        for element in _elements(generator.iter):
            _bind_target(inner, generator.target, element, generator)
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
