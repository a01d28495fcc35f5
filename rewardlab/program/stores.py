"""What a program may write to: its own names and arrays, but nothing that outlives a call."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.program import vocabulary
from rewardlab.program.finding import Finding, at
from rewardlab.program.inference import Inference
from rewardlab.program.kinds import is_entity
from rewardlab.program.members import show

_PURE = "compute it from self.previous (one step ago), self.initial (after reset) or self.time"


def check_stores(inference: Inference) -> Iterator[Finding]:
    """Yield assignments to attributes, writes into the scene and state between calls."""
    for node in inference.scopes.nodes():
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            yield _attribute(node, inference)
        elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield from _into(node.value, node, inference)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            if _is_argument(node.target, inference):
                yield _mutation(node, node.target.id)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            changes = node.func.attr in vocabulary.MUTATORS
            yield from _into(node.func.value, node, inference) if changes else ()


def _attribute(node: ast.Attribute, inference: Inference) -> Finding:
    entities = [kind for kind in inference.kinds(node.value) if is_entity(kind)]
    if not entities:
        message = f"attributes such as {show(node)} cannot be assigned"
        return at(node, "ForbiddenSyntax", message, "use a local name")
    if any(inference.scene.member(kind, node.attr) for kind in entities):
        return _mutation(node, show(node))
    message = f"{show(node)} cannot be kept: a reward remembers nothing between steps"
    return at(node, "StatefulReward", message, _PURE)


def _mutation(node: ast.AST, name: str) -> Finding:
    message = f"{name} cannot be changed"
    return at(node, "StateMutation", message, f"take a copy, e.g. x = {name}.copy()")


def _into(target: ast.expr, node: ast.AST, inference: Inference) -> Iterator[Finding]:
    """Check a write into what `target` stands for."""
    base = target
    while isinstance(base, (ast.Subscript, ast.Attribute)):
        if isinstance(base, ast.Attribute) and _is_scene(base.value, inference):
            yield _mutation(node, show(base))
            return
        base = base.value
    if not isinstance(base, ast.Name):
        return
    if _is_argument(base, inference) or _is_scene(base, inference):
        yield _mutation(node, base.id)
    elif _outlives_call(base, inference):
        message = f"{base.id!r} outside the function cannot be changed: it would be remembered"
        yield at(node, "StatefulReward", message, f"make it inside the function, or {_PURE}")


def _is_scene(node: ast.expr, inference: Inference) -> bool:
    kinds = inference.kinds(node)
    return bool(kinds) and all(is_entity(kind) for kind in kinds)


def _is_argument(name: ast.Name, inference: Inference) -> bool:
    """Return whether a name is `self`, `action` or `obs` as they were passed."""
    scope = inference.binding_scope(name)
    if scope is None or scope.node is not inference.entry:
        return False
    bindings = [b for b in scope.names[name.id] if not isinstance(b.node, ast.AugAssign)]
    return all(isinstance(binding.node, ast.arg) for binding in bindings)


def _outlives_call(name: ast.Name, inference: Inference) -> bool:
    scope = inference.binding_scope(name)
    return scope is inference.scopes.module and inference.scopes.of[name] is not scope
