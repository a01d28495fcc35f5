"""What is decided while reading: `hasattr` and `getattr` on the scene, and `self.dt`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.program.blocks import replace_expressions
from rewardlab.program.finding import Finding, at
from rewardlab.program.inference import Inference
from rewardlab.program.kinds import STEP, is_entity

_PROBES = ("hasattr", "getattr")


def has_probing(inference: Inference) -> bool:
    """Return whether a program uses `hasattr` or `getattr` at all."""
    return any(name.id in _PROBES for name in inference.scopes.nodes(ast.Name))


def rewrite_probing(tree: ast.Module, inference: Inference) -> Iterator[Finding]:
    """Replace `hasattr` and `getattr` with a literal name by what they give; refuse others."""
    new: dict[ast.expr, ast.expr] = {}
    for node in inference.scopes.nodes(ast.Call):
        if not isinstance(node.func, ast.Name) or node.func.id not in _PROBES:
            continue
        if inference.binding_scope(node.func) is None:
            decided = _decide(node, inference)
            if decided is None:
                message = f"{node.func.id} works only on the scene, with a literal name"
                hint = 'write e.g. hasattr(self, "obj2"), or read the member directly'
                yield at(node, "ForbiddenAttribute", message, hint)
            # Something must stand there, or the name itself would be reported as well.
            new[node] = ast.copy_location(decided or ast.Constant(None), node)
    while new:
        replace_expressions(tree, new)
        # Replacements may hold other replaced calls, e.g. getattr(getattr(self, "a"), "b").
        inside = {node for node in ast.walk(tree) if node in new}
        new = {node: value for node, value in new.items() if node in inside}


def insert_step(tree: ast.Module, inference: Inference) -> None:
    """Put the seconds of a control step in place of `self.dt`, where that is no field."""
    schema = inference.scene.schema
    if schema.root.field("dt") is not None:
        return
    new: dict[ast.expr, ast.expr] = {
        node: ast.copy_location(ast.Constant(schema.dt), node)
        for node in inference.scopes.nodes(ast.Attribute)
        if node.attr == "dt" and isinstance(node.ctx, ast.Load) and inference.kinds(node) == {STEP}
    }
    replace_expressions(tree, new)


def _decide(node: ast.Call, inference: Inference) -> ast.expr | None:
    n = len(node.args)
    probe = isinstance(node.func, ast.Name) and node.func.id == "hasattr"
    if node.keywords or n not in ((2,) if probe else (2, 3)):
        return None
    name = node.args[1].value if isinstance(node.args[1], ast.Constant) else None
    kinds = inference.kinds(node.args[0])
    if not isinstance(name, str) or not name.isidentifier() or name.startswith("_"):
        return None
    if not all(is_entity(kind) or kind.tag == "pose" for kind in kinds):
        return None
    there = all(inference.scene.member(kind, name) for kind in kinds)
    if probe:
        return ast.Constant(there)
    if not there and n == 3:
        return node.args[2]
    return ast.copy_location(ast.Attribute(node.args[0], name, ast.Load()), node)
