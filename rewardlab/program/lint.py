"""Known faults of reward programs that can be told from the text: warnings, never refusals.

They were all seen in published reward programs; their names are those of the pipeline
specification, section 10.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.program.finding import Finding, at
from rewardlab.program.inference import Inference
from rewardlab.program.members import show
from rewardlab.program.schema import FieldSpec

_FROM_QUAT = "scipy.spatial.transform.Rotation.from_quat"
_COSINE = "scipy.spatial.distance.cosine"


def lint(inference: Inference) -> Iterator[Finding]:
    """Yield warnings about a program that is otherwise in order."""
    for comparison in inference.scopes.nodes(ast.Compare):
        yield from _comparison(comparison, inference)
    for call in inference.scopes.nodes(ast.Call):
        yield from _call(call, inference)


def _comparison(node: ast.Compare, inference: Inference) -> Iterator[Finding]:
    sides = [node.left, *node.comparators]
    for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
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


def _call(node: ast.Call, inference: Inference) -> Iterator[Finding]:
    names = {kind.name for kind in inference.kinds(node.func) if kind.tag == "symbol"}
    fields = [_field(argument, inference) for argument in node.args]
    if _FROM_QUAT in names and fields and fields[0] is not None:
        scalar_first = any(keyword.arg == "scalar_first" for keyword in node.keywords)
        if fields[0].name.startswith("quat") and not scalar_first:
            message = f"Rotation reads xyzw, but {show(node.args[0])} is wxyz"
            yield at(node, "QUAT_ORDER", message, "pass scalar_first=True", warn=True)
    lengths = [field for field in fields if field is not None and field.unit == "m"]
    metric = getattr(node.args[2], "value", "") if len(node.args) == 3 else ""
    if (_COSINE in names or metric == "cosine") and len(lengths) == 2:
        message = "the cosine of two absolute positions is nearly constant"
        yield at(node, "POSITION_COSINE", message, "use the distance between them", warn=True)


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
    kinds = inference.kinds(node)
    return inference.scene.field(next(iter(kinds))) if len(kinds) == 1 else None


def _is_float(field: FieldSpec | None) -> bool:
    return field is not None and field.kind != "bool"


def _outside(constant: float, field: FieldSpec) -> bool:
    below = field.low is not None and constant < field.low
    return below or (field.high is not None and constant > field.high)
