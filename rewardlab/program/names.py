"""Underscore names and annotations: the first are refused, the second dropped."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.program.blocks import rewrite_statements
from rewardlab.program.finding import Finding, at


def strip_annotations(tree: ast.Module) -> None:
    """Drop all annotations: they are code, run at definition time, that rewards do not need."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    rewrite_statements(tree, _unannotated)


def check_underscores(tree: ast.Module) -> Iterator[Finding]:
    """Yield every name, attribute, keyword, alias and capture that begins with an underscore."""
    for node in ast.walk(tree):
        for name in _identifiers(node):
            if name.startswith("_") and name != "_":
                yield from _refuse(node, name)


def _refuse(node: ast.AST, name: str) -> Iterator[Finding]:
    if isinstance(node, ast.Attribute):
        if isinstance(node.ctx, ast.Store):
            return  # state on self, which has its own message
        message = f"attribute {name!r} is private"
        yield at(node, "ForbiddenAttribute", message, "use the documented members")
    else:
        message = f"{name!r} begins with an underscore"
        yield at(node, "ForbiddenSyntax", message, f"rename it {name.strip('_') or 'value'}")


def _identifiers(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, (ast.FunctionDef, ast.ExceptHandler, ast.MatchAs)):
        yield node.name or ""
    elif isinstance(node, (ast.arg, ast.keyword)):
        yield node.arg or ""
    elif isinstance(node, ast.alias):
        yield from node.name.split(".")
        yield node.asname or ""
    elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
        yield from (node.module or "").split(".")


def _unannotated(node: ast.stmt) -> list[ast.stmt] | None:
    if not isinstance(node, ast.AnnAssign):
        return None
    if node.value is None:
        return []
    plain = ast.Assign(targets=[node.target], value=node.value, type_comment=None)
    return [ast.copy_location(plain, node)]
