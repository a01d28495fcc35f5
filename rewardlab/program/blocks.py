"""Replacing statements and expressions of a tree in place, without recursion."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from rewardlab.program.nodes import Nodes

_BLOCKS = ("body", "orelse", "finalbody")
_HOLDERS = (
    *(ast.Module, ast.FunctionDef, ast.For, ast.While, ast.If, ast.Try, ast.ExceptHandler),
    ast.match_case,
)


def rewrite_statements(
    nodes: Nodes, rewrite: Callable[[ast.stmt], Iterable[ast.stmt] | None]
) -> None:
    """Replace each statement by what `rewrite` returns (`None` keeps it); no block gets empty."""
    for node in nodes.of(*_HOLDERS):
        for name in _BLOCKS:
            block: list[ast.stmt] = getattr(node, name, [])
            changed: list[ast.stmt] = []
            for statement in block:
                new = rewrite(statement)
                changed += [statement] if new is None else new
            if block and not changed and not isinstance(node, ast.Module):
                changed = [ast.copy_location(ast.Pass(), block[0])]
            block[:] = changed


def replace_expressions(tree: ast.Module, new: dict[ast.expr, ast.expr]) -> None:
    """Put `new[node]` where `node` stands, everywhere."""
    for parent in list(ast.walk(tree)) if new else ():
        for name, value in ast.iter_fields(parent):
            if isinstance(value, ast.expr) and value in new:
                setattr(parent, name, new[value])
            elif isinstance(value, list):
                value[:] = [new.get(v, v) if isinstance(v, ast.expr) else v for v in value]
