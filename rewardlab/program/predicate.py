"""A success predicate in one expression, e.g. `torso.position[2] > 1.0 and time > 2`."""

from __future__ import annotations

import ast

from rewardlab.errors import ConfigError
from rewardlab.program.blocks import replace_expressions
from rewardlab.program.entry import CALL
from rewardlab.program.finding import Finding
from rewardlab.program.kinds import Kind, SceneKinds
from rewardlab.program.program import RewardProgram
from rewardlab.program.reading import read
from rewardlab.program.schema import Schema
from rewardlab.program.scopes import find_scopes
from rewardlab.program.signature import words
from rewardlab.program.size import measured

_TESTS = words(
    "all allclose any array_equal bool hasattr isclose isfinite isinf isinstance isnan "
    "logical_and logical_not logical_or"
)
"""Functions and methods that tell whether something holds."""


def predicate_program(expression: str, schema: Schema, task_id: str = "") -> RewardProgram:
    """Turn an expression over scene members into a program that returns 1.0 where it is true.

    Args:
        expression: Python; members of the scene may be written with or without `self.`.
        schema: The scene.
        task_id: The task it belongs to.

    Raises:
        ConfigError: It is no expression, or static reading refuses it.
    """
    text = " ".join(expression.split())
    tree = _parse(text)
    _add_self(tree, schema)
    condition = _unparse(tree, text)
    source = f"def {CALL}:\n    return 1.0 if ({condition}) else 0.0\n"
    reading = read(source, schema)
    number = _no_condition(tree, schema)
    if reading.ok and number is not None:
        what = ast.unparse(number)
        raise ConfigError(
            f"success predicate {text!r}: {what} is not true or false; compare it with a number, "
            f"e.g. {what} > 0.5"
        )
    if not reading.ok:
        fault = reading.findings[0]
        hint = f" ({fault.hint})" if fault.hint else ""
        raise ConfigError(f"success predicate {text!r}: {fault.message}{hint}")
    return RewardProgram(source, task_id=task_id, goal=text, origin="predicate")


def _parse(text: str) -> ast.Module:
    """Return a tree of one expression statement."""
    tree = measured(text)
    fault = tree.message if isinstance(tree, Finding) else ""
    if isinstance(tree, ast.Module) and len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
        return tree
    example = "write one expression such as torso.position[2] > 1.0 and time > 2"
    raise ConfigError(f"success predicate {text[:200]!r}: {fault or 'no expression'}; {example}")


def _unparse(tree: ast.Module, text: str) -> str:
    try:
        return ast.unparse(tree)
    except ValueError as error:  # an integer too long to be written in decimal
        raise ConfigError(
            f"success predicate {text[:200]!r}: it has a number that is too long; use a float"
        ) from error


def _no_condition(tree: ast.Module, schema: Schema) -> ast.expr | None:
    """Return a part that decides and is no condition: NaN, for one, would count as true."""
    stack = [node.value for node in tree.body if isinstance(node, ast.Expr)]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.BoolOp):
            stack += node.values
        elif isinstance(node, ast.IfExp):
            stack += [node.body, node.orelse]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr)):
            stack += [node.left, node.right]
        elif not _decides(node, schema):
            return node
    return None


def _decides(node: ast.expr, schema: Schema) -> bool:
    if isinstance(node, ast.Compare):
        return True
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, bool)
    if isinstance(node, ast.Call):
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else ""
        tests = _TESTS | SceneKinds(schema).questions
        return (function.id if isinstance(function, ast.Name) else name) in tests
    path, _, name = ast.unparse(node).partition(".")
    slot = schema.layout.get(name.removeprefix("previous.").removeprefix("initial."))
    return path == "self" and slot is not None and slot.field.kind == "bool"


def _add_self(tree: ast.Module, schema: Schema) -> None:
    """Put `self.` before every member of the scene that is named without it."""
    members = SceneKinds(schema).members(Kind("scene"))
    scopes = find_scopes(tree)
    new: dict[ast.expr, ast.expr] = {
        node: ast.Attribute(ast.Name("self", ast.Load()), node.id, ast.Load())
        for node, scope in scopes.of.items()
        if isinstance(node, ast.Name) and node.id in members and scope.find(node.id) is None
    }
    replace_expressions(tree, new)
