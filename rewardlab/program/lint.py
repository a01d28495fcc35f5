"""Known faults of reward programs that can be told from the text: warnings, never refusals.

They were all seen in published reward programs; their names are those of the pipeline
specification, section 10.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.program.finding import Finding, at
from rewardlab.program.inference import Inference
from rewardlab.program.lint_calls import field_of, lint_call
from rewardlab.program.specs import FieldSpec


def lint(inference: Inference) -> Iterator[Finding]:
    """Yield warnings about a program that is otherwise in order."""
    for comparison in inference.scopes.nodes(ast.Compare):
        yield from _comparison(comparison, inference)
    for call in inference.scopes.nodes(ast.Call):
        yield from lint_call(call, inference)


def _comparison(node: ast.Compare, inference: Inference) -> Iterator[Finding]:
    sides = [node.left, *node.comparators]
    for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
        if isinstance(op, (ast.Eq, ast.NotEq)) and _are_floats((left, right), inference):
            message = "compares two floats exactly"
            yield at(node, "FLOAT_EQ", message, "compare with a margin", warn=True)
        for value, constant in ((left, _number(right)), (right, _number(left))):
            if constant is None:
                continue
            field = _field(value, inference)
            if isinstance(op, (ast.Eq, ast.NotEq)):
                if constant != 0 and (isinstance(constant, float) or _is_float(field)):
                    message = f"compares a float with {constant} exactly"
                    yield at(node, "FLOAT_EQ", message, "compare with a margin", warn=True)
            elif field is not None and _outside(constant, field):
                message = f"{field.name} stays within [{field.low}, {field.high}], not {constant}"
                yield at(node, "RANGE", message, "use a bound that it can reach", warn=True)


def _number(node: ast.expr) -> int | float | None:
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = -1, node.operand
    value = node.value if isinstance(node, ast.Constant) else None
    return sign * value if isinstance(value, (int, float)) and type(value) is not bool else None


def _field(node: ast.expr, inference: Inference) -> FieldSpec | None:
    """Return the scene's field that a value, or one entry of it, comes from."""
    if isinstance(node, ast.Subscript):
        node = node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value if node.func.attr in ("copy", "ravel", "reshape") else node
    return field_of(node, inference)


def _are_floats(sides: tuple[ast.expr, ast.expr], inference: Inference) -> bool:
    return all(_is_float(_field(side, inference)) for side in sides)


def _is_float(field: FieldSpec | None) -> bool:
    return field is not None and field.kind != "bool"


def _outside(constant: float, field: FieldSpec) -> bool:
    below = field.low is not None and constant < field.low
    return below or (field.high is not None and constant > field.high)
