"""Underscore names and annotations: the first are refused, the second dropped."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.program.blocks import rewrite_statements
from rewardlab.program.finding import Finding, at
from rewardlab.program.nodes import Nodes

NAMED: dict[type[ast.AST], str] = {
    ast.Name: "id",
    ast.Attribute: "attr",
    ast.arg: "arg",
    ast.keyword: "arg",
    ast.FunctionDef: "name",
    ast.ExceptHandler: "name",
    ast.MatchAs: "name",
    ast.alias: "asname",
}
"""Where nodes hold an identifier."""


def strip_annotations(nodes: Nodes) -> None:
    """Drop all annotations: they are code, run at definition time, that rewards do not need."""
    for function in nodes.of(ast.FunctionDef):
        function.returns = None
    for argument in nodes.of(ast.arg):
        argument.annotation = None
    if ast.AnnAssign in nodes.by:
        rewrite_statements(nodes, _unannotated)


def check_underscores(nodes: Nodes) -> Iterator[Finding]:
    """Yield every name, attribute, keyword, alias and capture that begins with an underscore."""
    for cls, field in NAMED.items():
        for node in nodes.by.get(cls, ()):
            name = getattr(node, field)
            if name and name[0] == "_" and name != "_":
                yield from _refuse(node, name)
    paths: list[tuple[ast.AST, str]] = [(alias, alias.name) for alias in nodes.of(ast.alias)]
    paths += [(node, node.module or "") for node in nodes.of(ast.ImportFrom)]
    for node, path in paths:
        for name in path.split(".") if path != "__future__" else ():
            if name.startswith("_"):
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


def _unannotated(node: ast.stmt) -> list[ast.stmt] | None:
    if not isinstance(node, ast.AnnAssign):
        return None
    if node.value is None:
        return []
    plain = ast.Assign(targets=[node.target], value=node.value, type_comment=None)
    return [ast.copy_location(plain, node)]
