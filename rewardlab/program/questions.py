"""How the methods of a scene may be asked: as many arguments as they take, by their names."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.errors import closest
from rewardlab.program.elsewhere import holdable
from rewardlab.program.finding import Finding, at
from rewardlab.program.inference import Inference
from rewardlab.program.kinds import Kind, is_entity
from rewardlab.program.members import show
from rewardlab.program.specs import MethodSpec, Parameter

_NUMBERS = ("array", "float", "bool", "number")
_NO_ENTITY = (*_NUMBERS, "pose", "poses", "none", "module", "symbol", "function", "builtin")
_NO_NUMBER = ("pose", "poses", "none", "module", "symbol", "function", "builtin")


def check_question(node: ast.Call, kind: Kind, inference: Inference) -> Iterator[Finding]:
    """Yield what is wrong with the arguments of a call of the method `kind`."""
    method = inference.scene.method(kind)
    if method is None or _has_stars(node):
        return  # what they hold is checked where it runs
    fault = _wrong_number(node, method) or _wrong_name(node, method)
    if fault is not None:
        yield fault
        return
    names = [parameter.name for parameter in method.parameters]
    given = dict(zip(names, node.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg is not None}
    for parameter in method.parameters:
        if parameter.name in given:
            yield from _check(given[parameter.name], parameter, method, inference)
        elif parameter.default is None:
            message = f"{show(node.func)} needs {parameter.name}"
            yield at(node, "UnknownAttribute", message, f"write {_written(node, method)}")


def _has_stars(node: ast.Call) -> bool:
    starred = any(isinstance(argument, ast.Starred) for argument in node.args)
    return starred or any(keyword.arg is None for keyword in node.keywords)


def _wrong_number(node: ast.Call, method: MethodSpec) -> Finding | None:
    most = len(method.parameters)
    if len(node.args) <= most:
        return None
    count = f"{most} argument{'s' * (most != 1)}" if most else "no arguments"
    message = f"{show(node.func)} takes {count}, not {len(node.args)}"
    return at(node.args[most], "UnknownAttribute", message, f"write {_written(node, method)}")


def _wrong_name(node: ast.Call, method: MethodSpec) -> Finding | None:
    names = [parameter.name for parameter in method.parameters]
    for keyword in node.keywords:
        if keyword.arg in names[: len(node.args)]:
            message = f"{show(node.func)} gets {keyword.arg} twice"
            return at(keyword, "UnknownAttribute", message, f"write {_written(node, method)}")
        if keyword.arg is not None and keyword.arg not in names:
            message = f"{show(node.func)} takes no {keyword.arg!r}"
            close = closest(keyword.arg, names, n=1)
            hint = f"did you mean {close[0]}?" if close else f"write {_written(node, method)}"
            return at(keyword, "UnknownAttribute", message, hint)
    return None


def _check(
    value: ast.expr, parameter: Parameter, method: MethodSpec, inference: Inference
) -> Iterator[Finding]:
    kinds = inference.kinds(value)
    if parameter.kind == "entity":
        held = list(holdable(Kind("scene"), inference.scene_name, inference.scene))
        if isinstance(value, ast.Constant) or all(_not_held(k, inference) for k in kinds):
            message = f"{method.name} takes what the gripper can hold as {parameter.name}"
            yield at(value, "UnknownAttribute", message, f"pass {' or '.join(held)}")
    elif all(is_entity(kind) or kind.tag in _NO_NUMBER for kind in kinds):
        message = f"{method.name} takes {_KIND[parameter.kind]} as {parameter.name}"
        yield at(value, "UnknownAttribute", message, f"{show(value)} is none")


def _not_held(kind: Kind, inference: Inference) -> bool:
    if not is_entity(kind):
        return kind.tag in _NO_ENTITY
    return next(holdable(kind, "", inference.scene), None) != ""


_KIND = {"float": "a number", "array": "an array"}


def _written(node: ast.Call, method: MethodSpec) -> str:
    """Return how a method is asked."""
    parameters = (
        p.name if p.default is None else f"{p.name}={p.default:g}" for p in method.parameters
    )
    return f"{show(node.func)}({', '.join(parameters)})"
