"""Syntax that parses but cannot be compiled: stars, loops and parameters in the wrong place."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.program.finding import Finding, at
from rewardlab.program.scopes import parameters

_HOLD_STARS = (ast.Call, ast.List, ast.Tuple, ast.Set)


def check_placement(tree: ast.Module) -> Iterator[Finding]:
    """Yield what stands where Python does not allow it."""
    stack: list[tuple[ast.AST, ast.AST, bool]] = [(tree, tree, False)]
    while stack:
        node, parent, in_loop = stack.pop()
        message = _misplaced(node, parent, in_loop)
        if message:
            yield at(node, "RewardSyntaxError", message, "return the whole function as Python")
        for name, value in ast.iter_fields(node):
            inside = _in_loop(node, name, in_loop)
            children = value if isinstance(value, list) else [value]
            stack += [(child, node, inside) for child in children if isinstance(child, ast.AST)]


def _in_loop(node: ast.AST, field: str, outside: bool) -> bool:
    if isinstance(node, (ast.For, ast.While)) and field == "body":
        return True
    return outside and not isinstance(node, (ast.FunctionDef, ast.Lambda))


def _misplaced(node: ast.AST, parent: ast.AST, in_loop: bool) -> str:
    if isinstance(node, (ast.Break, ast.Continue)) and not in_loop:
        return f"{type(node).__name__.lower()} outside a loop"
    if isinstance(node, ast.Starred) and not isinstance(parent, _HOLD_STARS):
        return "can't use a starred expression here"
    if isinstance(node, (ast.Tuple, ast.List)) and isinstance(node.ctx, ast.Store):
        stars = sum(isinstance(element, ast.Starred) for element in node.elts)
        return "two starred names in one assignment" if stars > 1 else ""
    if isinstance(node, (ast.FunctionDef, ast.Lambda)):
        names = [argument.arg for argument in parameters(node)]
        repeated = next((name for name in names if names.count(name) > 1), "")
        return f"parameter {repeated!r} twice" if repeated else ""
    return ""
