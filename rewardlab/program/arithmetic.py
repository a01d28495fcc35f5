"""What is no number is not used as one: parts of the scene, and poses, which only multiply."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.program.finding import Finding, at
from rewardlab.program.inference import Inference
from rewardlab.program.kinds import ANY, Kinds, is_entity
from rewardlab.program.members import show

_ARITHMETIC = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Subscript, ast.AugAssign)
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def check_arithmetic(inference: Inference) -> Iterator[Finding]:
    """Yield parts of the scene and poses that are used as numbers."""
    for node in inference.scopes.nodes(*_ARITHMETIC):
        operands = _operands(node)
        kinds = [inference.kinds(operand) for operand in operands]
        if all(kind == ANY for kind in kinds):
            continue
        poses = _multiplies(node)
        for operand, kind in zip(operands, kinds, strict=True):
            if not poses or not is_pose(kind):
                yield from check_number(operand, inference)
        if poses and isinstance(node, ast.BinOp):
            yield from _product(node, inference)


def check_number(node: ast.expr, inference: Inference) -> Iterator[Finding]:
    """Yield what is wrong with something that must be a number or array."""
    kinds = inference.kinds(node)
    if is_pose(kinds):
        message = f"{show(node)} is an ObjectPose, not a number"
        hint = f"use {show(node)}.p, its position, or {show(node)}.q, its quaternion wxyz"
        yield at(node, "UnknownAttribute", message, hint)
    elif kinds and all(is_entity(kind) for kind in kinds):
        kind = next(iter(kinds))
        spec, members = inference.scene.entity(kind), inference.scene.members(kind)
        name = spec.name if spec is not None else "object"
        message = f"{show(node)} is a {name}, not a number"
        hint = f"use one of its members: {', '.join(members[:12])}"
        yield at(node, "UnknownAttribute", message, hint)


def is_pose(kinds: Kinds) -> bool:
    """Return whether something is a pose for certain."""
    return bool(kinds) and all(kind.tag == "pose" for kind in kinds)


def _multiplies(node: ast.AST) -> bool:
    return isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Mult)


def _product(node: ast.BinOp, inference: Inference) -> Iterator[Finding]:
    """Check that a pose is multiplied with a pose."""
    left, right = inference.kinds(node.left), inference.kinds(node.right)
    if is_pose(left) == is_pose(right):
        return
    pose, other = (node.left, node.right) if is_pose(left) else (node.right, node.left)
    number = isinstance(other, ast.Constant) or all(
        kind.tag in ("array", "float", "bool", "number") for kind in inference.kinds(other)
    )
    if number:
        message = f"{show(pose)} is an ObjectPose: only another pose can be multiplied with it"
        hint = f"transform_points({show(pose)}.to_transformation_matrix(), points) moves points"
        yield at(node, "UnknownAttribute", message, hint)


def _operands(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
        return [node.operand]
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], _ORDER):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        return []  # a write, which has its own finding
    return [node.value] if isinstance(node, (ast.Subscript, ast.AugAssign)) else []
