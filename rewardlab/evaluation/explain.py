"""What a program says about its own terms; its text is read, never executed."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from rewardlab.program.finding import Finding
from rewardlab.program.size import measured

_BESIDE = re.compile(r"[\s,)\]}]*#(.*)")


class Explanation(NamedTuple):
    """A term in its program.

    Attributes:
        weight: The number that it is multiplied with, if that stands in front.
        text: A comment beside or above it or its weight, else its expression.
    """

    weight: float | None
    text: str


def explain(source: str) -> dict[str, Explanation]:
    """Return what a program says about its terms, by name.

    A term is a constant key of a dictionary, or of an assignment such as `terms["reach"] = …`.
    """
    tree = measured(source)
    if isinstance(tree, Finding):
        return {}
    lines = source.splitlines()
    values = {
        node.targets[0].id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    try:
        return {name: _explain(value, values, lines) for name, value in _named(tree)}
    except (ValueError, OverflowError):  # an integer too long to be written, or to be a float
        return {}


def _explain(value: ast.expr, values: dict[str, ast.expr], lines: list[str]) -> Explanation:
    expression = _bare(values.get(value.id, value) if isinstance(value, ast.Name) else value)
    sign, factor = _front(expression)
    number = values.get(factor.id) if isinstance(factor, ast.Name) else factor
    weight = None
    if isinstance(number, ast.Constant) and isinstance(number.value, int | float):
        weight = sign * float(number.value)
    places = [value, expression] + ([number] if weight is not None and number else [])
    rest = expression.right if isinstance(expression, ast.BinOp) and weight is not None else None
    if isinstance(rest, ast.Name) and rest.id in values:
        places.append(values[rest.id])  # what is weighted
    comments = (_comment(lines, place) for place in places)
    return Explanation(weight, next(filter(None, comments), "") or ast.unparse(expression))


def _bare(node: ast.expr) -> ast.expr:
    """Return what `float(…)` makes a plain number of."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "float" and len(node.args) == 1:
        return node.args[0]
    return node


def _front(node: ast.expr) -> tuple[int, ast.expr]:
    """Return the sign and the first factor of a product."""
    sign = 1
    while True:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            node = node.left
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            sign, node = -sign, node.operand
        else:
            return sign, node


def _named(tree: ast.Module) -> list[tuple[str, ast.expr]]:
    found: list[tuple[ast.expr | None, ast.expr]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            found += zip(node.keys, node.values, strict=True)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            found.append((node.targets[0].slice, node.value))
    return [
        (key.value, value)
        for key, value in found
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    ]


def _comment(lines: list[str], node: ast.expr) -> str:
    """Return the comment that ends the node's last line, or is the whole line above it."""
    last = lines[(node.end_lineno or node.lineno) - 1].encode()
    beside = _BESIDE.fullmatch(last[node.end_col_offset or 0 :].decode())
    if beside:
        return beside[1].strip()
    if node.lineno < 2 or "{" in lines[node.lineno - 1]:  # that one is about the whole dictionary
        return ""
    above = lines[node.lineno - 2].strip()
    return above.lstrip("# ") if above.startswith("#") else ""
