"""What a program may write to: its own names and arrays, but nothing that outlives a call."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.program import vocabulary
from rewardlab.program.arithmetic import is_pose
from rewardlab.program.finding import Finding, at
from rewardlab.program.inference import Inference
from rewardlab.program.kinds import is_entity
from rewardlab.program.members import show
from rewardlab.program.scopes import Scope

_PURE = "compute it from self.previous (one step ago), self.initial (after reset) or self.time"


def check_stores(inference: Inference) -> Iterator[Finding]:
    """Yield assignments to attributes, writes into the scene and state between calls."""
    nodes = inference.scopes.nodes
    for attribute in nodes(ast.Attribute):
        if not isinstance(attribute.ctx, ast.Load):
            yield _attribute(attribute, inference)
    for item in nodes(ast.Subscript):
        if not isinstance(item.ctx, ast.Load):
            yield from _into(item.value, item, inference)
    for update in nodes(ast.AugAssign):
        if isinstance(update.target, ast.Name):
            yield from _update(update, update.target, inference)
    for call in nodes(ast.Call):
        method = call.func if isinstance(call.func, ast.Attribute) else None
        if method and method.attr in vocabulary.MUTATORS and not _is_listed(method, inference):
            yield from _into(method.value, call, inference)


def _is_listed(function: ast.Attribute, inference: Inference) -> bool:
    """Return whether it is a function of the vocabulary, e.g. `np.sort`, and no method."""
    return any(kind.tag == "module" for kind in inference.kinds(function.value))


def _update(node: ast.AugAssign, name: ast.Name, inference: Inference) -> Iterator[Finding]:
    if made := inference.kept(name, in_place=True):
        yield _remembered(node, made)
    elif _is_argument(name, inference):
        yield _mutation(node, name.id)
    elif (scope := inference.binding_scope(name)) and _has_no_value(name.id, scope):
        if name.id in inference.scopes.module.names:
            yield _remembered(node, name.id)
        else:
            message = f"{name.id!r} has no value before this line"
            yield at(node, "UnknownName", message, f"begin with {name.id} = 0.0")


def _has_no_value(name: str, scope: Scope) -> bool:
    return all(isinstance(binding.node, ast.AugAssign) for binding in scope.names[name])


def _attribute(node: ast.Attribute, inference: Inference) -> Finding:
    entities = [kind for kind in inference.kinds(node.value) if is_entity(kind)]
    if not entities:
        if is_pose(inference.kinds(node.value)):
            return _posed(node, show(node.value))
        message = f"attributes such as {show(node)} cannot be assigned"
        return at(node, "ForbiddenSyntax", message, "use a local name")
    if any(inference.scene.member(kind, node.attr) for kind in entities):
        return _mutation(node, show(node))
    message = f"{show(node)} cannot be kept: a reward remembers nothing between steps"
    return at(node, "StatefulReward", message, _PURE)


def _mutation(node: ast.AST, name: str) -> Finding:
    message = f"{name} cannot be changed"
    return at(node, "StateMutation", message, f"take a copy, e.g. x = {name}.copy()")


def _posed(node: ast.AST, name: str) -> Finding:
    message = f"{name} cannot be changed: a pose is a value"
    return at(node, "StateMutation", message, "make another one: ObjectPose(p, q)")


def _remembered(node: ast.AST, name: str) -> Finding:
    message = f"{name} outside the function cannot be changed: it would be remembered"
    return at(node, "StatefulReward", message, f"make it inside the function, or {_PURE}")


def _into(target: ast.expr, node: ast.AST, inference: Inference) -> Iterator[Finding]:
    """Check a write into what `target` stands for."""
    base = target
    while isinstance(base, (ast.Subscript, ast.Attribute)):
        if isinstance(base, ast.Attribute) and _is_scene(base.value, inference):
            yield _mutation(node, show(base))
            return
        base = base.value
    if isinstance(base, ast.Call) and _is_answer(base, inference):
        yield _mutation(node, show(base))
        return
    if is_pose(inference.kinds(base)):
        yield _posed(node, show(base))
        return
    name = base if isinstance(base, ast.Name) else None
    made = inference.kept(target) or inference.kept(base)
    if name and not made and (_is_argument(name, inference) or _is_scene(name, inference)):
        yield _mutation(node, name.id)
    elif made or (name and _outlives_call(name, inference)):
        yield _remembered(node, made or show(base))


def _is_scene(node: ast.expr, inference: Inference) -> bool:
    kinds = inference.kinds(node)
    return bool(kinds) and all(is_entity(kind) or kind.tag == "pose" for kind in kinds)


def _is_answer(node: ast.Call, inference: Inference) -> bool:
    return all(kind.tag == "method" for kind in inference.kinds(node.func))


def _is_argument(name: ast.Name, inference: Inference) -> bool:
    """Return whether a name is `self`, `action` or `obs` as they were passed."""
    scope = inference.binding_scope(name)
    if scope is None or scope.node is not inference.entry:
        return False
    bindings = [b for b in scope.names[name.id] if not isinstance(b.node, ast.AugAssign)]
    return bool(bindings) and all(isinstance(binding.node, ast.arg) for binding in bindings)


def _outlives_call(name: ast.Name, inference: Inference) -> bool:
    scope = inference.binding_scope(name)
    return scope is inference.scopes.module and inference.scopes.of[name] is not scope
