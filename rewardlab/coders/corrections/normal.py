"""Programs up to what does not matter to what they do: comments, layout, names of locals."""

from __future__ import annotations

import ast
from functools import lru_cache

from rewardlab.program.size import measured


@lru_cache(maxsize=4096)
def normal(source: str) -> str:
    """Return a program without comments and docstrings, its locals numbered in order.

    Names that it does not bind itself, attributes and constants stay: they are what tells two
    programs apart. Of text that does not parse blanks are collapsed.
    """
    tree = measured(source)
    if not isinstance(tree, ast.Module):
        return " ".join(source.split())
    tree = ast.parse(source)  # a tree of our own: it is changed
    numbers: dict[str, str] = {}
    for name in _bound(tree):
        numbers.setdefault(name, f"v{len(numbers)}")
    for node in ast.walk(tree):
        _rename(node, numbers)
    return ast.dump(tree)


def _bound(tree: ast.Module) -> list[str]:
    """Return the names that a program binds, in the order in which the tree is walked."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(node.id)
        elif isinstance(node, ast.arg):
            found.append(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append(node.name)
    return found


def _rename(node: ast.AST, numbers: dict[str, str]) -> None:
    for attribute in ("id", "arg", "name"):
        name = getattr(node, attribute, None)
        if isinstance(name, str) and not isinstance(node, ast.alias | ast.keyword):
            setattr(node, attribute, numbers.get(name, name))
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            node.body = node.body[1:] or [ast.Pass()]
