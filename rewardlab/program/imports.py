"""Imports: known ones become assignments from the vocabulary, unused foreign ones are dropped."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.errors import closest
from rewardlab.program import vocabulary
from rewardlab.program.blocks import rewrite_statements
from rewardlab.program.finding import Finding, at
from rewardlab.program.nodes import Nodes

_TYPES_ONLY = {"__future__", "typing", "typing_extensions", "collections.abc", "numpy.typing"}
_TYPE_NODES = (
    *(ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.Constant, ast.BinOp),
    *(ast.BitOr, ast.expr_context),
)

REFUSED = "_refused"
"""What a name is bound to whose import was refused."""


def resolve_imports(tree: ast.Module, nodes: Nodes) -> list[Finding]:
    """Replace the imports of a tree in place; return what could not be resolved."""
    dropped = _drop_type_names(tree, nodes)
    used = {n.id for n in nodes.of(ast.Name) if n not in dropped}
    findings: list[Finding] = []

    def rewrite(node: ast.stmt) -> list[ast.stmt] | None:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            return None
        new: list[ast.stmt] = []
        for alias in node.names:
            value = _value(node, alias)
            name = _bound_name(node, alias)
            if value is not None and name in used:
                target = ast.Name(name, ast.Store())
                new.append(_located(ast.Assign([target], value, type_comment=None), node))
            elif value is None:
                findings.extend(_unresolved(node, alias, used=name in used))
                # Bound all the same, so that each use of it is not one more finding.
                nothing = ast.Assign([ast.Name(name, ast.Store())], ast.Name(REFUSED, ast.Load()))
                new += [_located(nothing, node)] if name in used else []
        return new

    if ast.Import in nodes.by or ast.ImportFrom in nodes.by:
        rewrite_statements(nodes, rewrite)
    return findings


def _drop_type_names(tree: ast.Module, nodes: Nodes) -> set[ast.AST]:
    """Drop names for types that only annotations used; return the nodes that went with them."""
    imports: list[ast.Import | ast.ImportFrom] = [*nodes.of(ast.Import)]
    imports += nodes.of(ast.ImportFrom)
    types = {_bound_name(i, a) for i in imports for a in i.names if _module(i, a) in _TYPES_ONLY}
    if not types:
        return set()
    loaded = {n.id for n in nodes.of(ast.Name) if isinstance(n.ctx, ast.Load)}
    dropped: set[ast.AST] = set()
    for node in list(tree.body):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            parts = list(ast.walk(node.value))
            named = any(isinstance(part, ast.Name) and part.id in types for part in parts)
            unused = len(node.targets) == 1 and node.targets[0].id not in loaded
            if named and unused and all(isinstance(part, _TYPE_NODES) for part in parts):
                dropped.update(parts)
                tree.body.remove(node)
    return dropped


def _module(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    return (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name


def _bound_name(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    if alias.asname:
        return alias.asname
    return alias.name if isinstance(node, ast.ImportFrom) else alias.name.partition(".")[0]


def _value(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.expr | None:
    """Return the expression that an import binds, over names that no program can write."""
    if isinstance(node, ast.Import):
        if not _importable(alias.name):
            return None
        module = alias.name if alias.asname else alias.name.partition(".")[0]
        return _global(module)
    if node.level or not node.module or not _importable(node.module):
        return None
    path = f"{node.module}.{alias.name}"
    if _importable(path):
        return _global(path)
    if vocabulary.lookup(path) is None:
        return None
    return ast.Attribute(_global(node.module), alias.name, ast.Load())


def _importable(module: str) -> bool:
    return vocabulary.is_module(module) and module not in vocabulary.CLASSES


def _global(module: str) -> ast.Name:
    return ast.Name(vocabulary.import_name(module), ast.Load())


def _located(new: ast.stmt, node: ast.stmt) -> ast.stmt:
    for part in ast.walk(new):
        ast.copy_location(part, node)
    return new


def _unresolved(
    node: ast.Import | ast.ImportFrom, alias: ast.alias, *, used: bool
) -> Iterator[Finding]:
    module = _module(node, alias)
    from_name = alias.name if isinstance(node, ast.ImportFrom) else ""
    if from_name == "*" or (isinstance(node, ast.ImportFrom) and node.level):
        what = "star" if from_name == "*" else "relative"
        message = f"{what} imports are not supported"
        yield at(node, "ForbiddenImport", message, "import names, e.g. from math import exp")
    elif used:
        yield at(node, "ForbiddenImport", *_explain(module, from_name))
    elif module not in _TYPES_ONLY:
        what = f"{module}.{from_name}" if from_name else module
        message = f"unused import {what!r} is dropped"
        yield at(node, "ForbiddenImport", message, "leave it out", warn=True)


def _explain(module: str, name: str) -> tuple[str, str]:
    if name in vocabulary.PRESEEDED:
        return f"{module!r} is not available", f"leave the import out: {name} is there already"
    if not _importable(module):
        modules = sorted(m for m in vocabulary.MODULES if _importable(m))
        return f"{module!r} is not available", f"allowed: {', '.join(modules)}"
    reason = vocabulary.REASONS.get(name)
    message = f"{module}.{name} is not available" + (f" ({reason})" if reason else "")
    close = [] if reason else closest(name, vocabulary.members(module))
    return message, f"did you mean {' or '.join(close)}?" if close else "compute it yourself"
