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
from rewardlab.program.size import measure_text, measure_tree, parse


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
    condition = ast.unparse(tree)
    source = f"def {CALL}:\n    return 1.0 if ({condition}) else 0.0\n"
    reading = read(source, schema)
    if not reading.ok:
        fault = reading.findings[0]
        hint = f" ({fault.hint})" if fault.hint else ""
        raise ConfigError(f"success predicate {text!r}: {fault.message}{hint}")
    return RewardProgram(source, task_id=task_id, goal=text, origin="predicate")


def _parse(text: str) -> ast.Module:
    """Return a tree of one expression statement."""
    tree = measure_text(text) or parse(text)
    fault = tree.message if isinstance(tree, Finding) else ""
    if isinstance(tree, ast.Module):
        too_big = measure_tree(tree)
        if too_big is not None:
            fault = too_big.message
        elif len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
            return tree
    example = "write one expression such as torso.position[2] > 1.0 and time > 2"
    raise ConfigError(f"success predicate {text[:200]!r}: {fault or 'no expression'}; {example}")


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
