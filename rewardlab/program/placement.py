"""Syntax that parses but cannot be compiled: stars, loops and parameters in the wrong place."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.program.finding import Finding, at
from rewardlab.program.nodes import Nodes, children
from rewardlab.program.scopes import parameters

_HOLD_STARS = (ast.Call, ast.List, ast.Tuple, ast.Set)
_WALKED = (ast.Break, ast.Continue, ast.Starred)


def check_placement(tree: ast.Module, nodes: Nodes) -> Iterator[Finding]:
    """Yield what stands where Python does not allow it."""
    for node in nodes.of(ast.FunctionDef, ast.Lambda, ast.Tuple, ast.List):
        yield from _misplaced(node, _inside(node))
    if any(cls in nodes.by for cls in _WALKED):
        yield from _walk(tree)


def _walk(tree: ast.Module) -> Iterator[Finding]:
    stack: list[tuple[ast.AST, ast.AST, bool]] = [(tree, tree, False)]
    while stack:
        node, parent, in_loop = stack.pop()
        if isinstance(node, (ast.Break, ast.Continue)) and not in_loop:
            yield from _misplaced(node, f"{type(node).__name__.lower()} outside a loop")
        elif isinstance(node, ast.Starred) and not isinstance(parent, _HOLD_STARS):
            yield from _misplaced(node, "can't use a starred expression here")
        body = {*node.body} if isinstance(node, (ast.For, ast.While)) else ()
        inside = in_loop and not isinstance(node, (ast.FunctionDef, ast.Lambda))
        stack += [(child, node, inside or child in body) for child in children(node)]


def _inside(node: ast.AST) -> str:
    """Say what is wrong within a node."""
    if isinstance(node, (ast.Tuple, ast.List)) and isinstance(node.ctx, ast.Store):
        stars = sum(isinstance(element, ast.Starred) for element in node.elts)
        return "two starred names in one assignment" if stars > 1 else ""
    if isinstance(node, (ast.FunctionDef, ast.Lambda)):
        names = [argument.arg for argument in parameters(node)]
        if len(set(names)) < len(names):
            return f"parameter {next(n for n in names if names.count(n) > 1)!r} twice"
    return ""


def _misplaced(node: ast.AST, message: str) -> Iterator[Finding]:
    if message:
        yield at(node, "RewardSyntaxError", message, "return the whole function as Python")
