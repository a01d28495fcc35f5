"""Making a failing program small: statements dropped, expressions replaced by what is in them."""

from __future__ import annotations

import ast
import copy
import time
from collections.abc import Callable, Iterator


def reduce(source: str, fails: Callable[[str], bool], *, seconds: float = 20.0) -> str:
    """Return a smaller program for which `fails` still holds, as small as time allows."""
    until = time.monotonic() + seconds
    best = _respelled(source, fails)
    progress = True
    while progress and time.monotonic() < until:
        progress = False
        for text in _smaller(best):
            if time.monotonic() > until:
                break
            if len(text) < len(best) and fails(text):
                best, progress = text, True
                break
    return best


def _respelled(source: str, fails: Callable[[str], bool]) -> str:
    """Return the program as Python itself writes it, if it still fails so."""
    try:
        text = ast.unparse(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source
    return text if fails(text) else source


def _smaller(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield from _lines(source)
        return
    places = [(i, edit) for i, node in enumerate(ast.walk(tree)) for edit in _edits(node)]
    for i, edit in places:
        changed = copy.deepcopy(tree)
        edit(list(ast.walk(changed))[i])
        try:
            yield ast.unparse(ast.fix_missing_locations(changed))
        except (ValueError, RecursionError):
            continue


def _lines(source: str) -> Iterator[str]:
    lines = source.split("\n")
    for n in (16, 4, 1):
        for i in range(0, len(lines), n):
            yield "\n".join(lines[:i] + lines[i + n :])


def _edits(node: ast.AST) -> Iterator[Callable[[ast.AST], None]]:
    """Yield ways to make a node smaller, the largest steps first."""
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            yield from (_without(name, i) for i in range(len(value)))
            yield from (_inside(name, i) for i, v in enumerate(value) if isinstance(v, ast.stmt))
        elif isinstance(value, ast.expr):
            yield _put(name, None)
            children = [c for c in ast.iter_child_nodes(value) if isinstance(c, ast.expr)]
            yield from (_put(name, i) for i in range(len(children)))


def _without(name: str, i: int) -> Callable[[ast.AST], None]:
    return lambda node: getattr(node, name).pop(i)


def _inside(name: str, i: int) -> Callable[[ast.AST], None]:
    """Replace a statement by its own body."""

    def edit(node: ast.AST) -> None:
        block = getattr(node, name)
        block[i : i + 1] = getattr(block[i], "body", None) or [block[i]]

    return edit


def _put(name: str, i: int | None) -> Callable[[ast.AST], None]:
    """Replace an expression by one of its parts, or by a number."""

    def edit(node: ast.AST) -> None:
        value = getattr(node, name)
        parts = [c for c in ast.iter_child_nodes(value) if isinstance(c, ast.expr)]
        setattr(node, name, ast.Constant(1.0) if i is None else parts[i])

    return edit
