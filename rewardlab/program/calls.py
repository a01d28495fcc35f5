"""How functions of the vocabulary may be called and passed on: never so that they write."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.errors import closest
from rewardlab.program import vocabulary
from rewardlab.program.arithmetic import check_number, is_pose
from rewardlab.program.finding import Finding, at
from rewardlab.program.inference import Inference
from rewardlab.program.kinds import UNKNOWN, Kind
from rewardlab.program.members import show
from rewardlab.program.questions import check_question
from rewardlab.program.signature import Signature, words

_NUMERIC = words("abs float int max min pow round sum")
_PRINT = Kind("builtin", "print")
_TAKE_POSES = ("helpers.angle_distance",)


def check_calls(inference: Inference) -> Iterator[Finding]:
    """Yield calls with refused arguments and functions or modules used as values."""
    allowed = _value_places(inference)
    for call in inference.scopes.nodes(ast.Call):
        yield from _check_call(call, inference)
    named: list[ast.Name | ast.Attribute] = [*inference.scopes.nodes(ast.Name)]
    named += inference.scopes.nodes(ast.Attribute)
    for node in named:
        if node not in allowed and isinstance(node.ctx, ast.Load):
            yield from _check_value(node, inference)


def _check_call(node: ast.Call, inference: Inference) -> Iterator[Finding]:
    for kind in sorted(inference.kinds(node.func)):
        if kind.tag == "symbol":
            yield from _check_symbol(node, kind, inference)
        elif kind.tag == "module":
            message = f"{show(node.func)} cannot be called"
            close = ", ".join(vocabulary.members(kind.name)[:8])
            yield at(node, "ForbiddenAttribute", message, f"call one of its functions: {close}")
        elif kind.tag == "builtin" and kind.name in _NUMERIC:
            yield from _numbers(node, inference)
        elif kind.tag == "method":
            yield from check_question(node, kind, inference)
        elif kind == _PRINT:
            yield from (_bad_file(k) for k in node.keywords if k.arg == "file")
    if isinstance(node.func, ast.Attribute) and node.func.attr in vocabulary.METHODS:
        kinds = inference.kinds(node.func.value)
        if any(kind == UNKNOWN or kind.tag == "array" for kind in kinds):
            signature = vocabulary.METHODS[node.func.attr]
            yield from _check_arguments(node, signature, f".{node.func.attr}", inference)


def _bad_file(keyword: ast.keyword) -> Finding:
    message = "print(file=…) is not available (files)"
    return at(keyword, "ForbiddenAttribute", message, "leave file out")


def _check_symbol(node: ast.Call, kind: Kind, inference: Inference) -> Iterator[Finding]:
    symbol = vocabulary.lookup(kind.name)
    if symbol is None:
        return
    if symbol.kind == "class":
        message = f"{kind.name} cannot be called"
        yield at(node, "ForbiddenAttribute", message, "use np.array or another function")
        return
    name = kind.name.removeprefix("helpers.")
    yield from _check_arguments(node, symbol.signature, name, inference)
    yield from _numbers(node, inference, poses=kind.name in _TAKE_POSES)


def _numbers(node: ast.Call, inference: Inference, *, poses: bool = False) -> Iterator[Finding]:
    for argument in node.args:
        if not poses or not is_pose(inference.kinds(argument)):
            yield from check_number(argument, inference)


def _check_arguments(
    node: ast.Call, signature: Signature, name: str, inference: Inference
) -> Iterator[Finding]:
    for keyword in node.keywords:
        if signature.any_keyword:
            continue
        if keyword.arg is None or keyword.arg not in signature.keywords:
            yield _bad_keyword(keyword, signature, name)
        elif keyword.arg == "dtype" and not _is_dtype(keyword.value, inference):
            yield _bad_dtype(keyword.value)
    starred = [a for a in node.args if isinstance(a, ast.Starred)]
    if starred and not signature.variadic:
        message = f"{name} does not take *arguments here"
        yield at(starred[0], "ForbiddenAttribute", message, "pass them one by one")
    elif len(node.args) > signature.n_max:
        message = f"{name} takes at most {len(signature.positional)} positional arguments"
        extra = node.args[len(signature.positional)]
        yield at(extra, "ForbiddenAttribute", message, "name the others; out is not available")
    for parameter, value in zip(signature.positional, node.args, strict=False):
        if parameter == "dtype" and not _is_dtype(value, inference):
            yield _bad_dtype(value)


def _bad_keyword(keyword: ast.keyword, signature: Signature, name: str) -> Finding:
    if keyword.arg is None:
        message = f"{name} does not take **arguments here"
        return at(keyword, "ForbiddenAttribute", message, "pass them one by one")
    if keyword.arg == "out":
        message = f"{name}(out=…) writes into an array"
        return at(keyword, "ForbiddenAttribute", message, "assign the result instead")
    close = closest(keyword.arg, signature.keywords)
    allowed = ", ".join(sorted(signature.keywords)) or "none"
    hint = f"did you mean {close[0]}?" if close else f"keywords: {allowed}"
    return at(keyword, "ForbiddenAttribute", f"{name} takes no {keyword.arg!r} here", hint)


def _is_dtype(node: ast.expr, inference: Inference) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is None or node.value in vocabulary.DTYPES
    return all(_names_dtype(kind) for kind in inference.kinds(node))


def _names_dtype(kind: Kind) -> bool:
    if kind.tag == "builtin":
        return kind.name in vocabulary.DTYPES
    symbol = vocabulary.lookup(kind.name) if kind.tag == "symbol" else None
    return symbol is not None and symbol.kind == "type"


def _bad_dtype(node: ast.expr) -> Finding:
    message = "dtype must name a number type"
    return at(node, "ForbiddenAttribute", message, "use float, int, bool or np.float64")


def _value_places(inference: Inference) -> set[ast.AST]:
    """Return the nodes where a function, class or module may stand."""
    places: set[ast.AST] = set()
    nodes = inference.scopes.nodes
    places.update(node.value for node in nodes(ast.Attribute))
    places.update(node.value for node in nodes(ast.Assign) if _only_names(node.targets))
    for call in nodes(ast.Call):
        places.add(call.func)
        places.update(_callable_arguments(call, inference))
    for caught in (handler.type for handler in nodes(ast.ExceptHandler)):
        if caught is not None:
            places.update(caught.elts if isinstance(caught, ast.Tuple) else [caught])
    return places


def _only_names(targets: list[ast.expr]) -> bool:
    return all(isinstance(target, ast.Name) for target in targets)


def _callable_arguments(node: ast.Call, inference: Inference) -> Iterator[ast.AST]:
    name = _builtin(node.func, inference)
    if name in ("map", "filter") and node.args:
        if len(node.args) == 2 and not isinstance(node.args[1], ast.Starred):
            yield node.args[0]
    elif name == "isinstance" and len(node.args) == 2:
        yield node.args[1]
        yield from node.args[1].elts if isinstance(node.args[1], ast.Tuple) else ()
    elif name in ("max", "min", "sorted"):
        yield from (k.value for k in node.keywords if k.arg == "key")
    if isinstance(node.func, ast.Attribute) and node.func.attr == "sort":
        yield from (k.value for k in node.keywords if k.arg == "key")
    function = inference.callers.function(node.func)
    if function is not None and inference.callers.all_seen(function) and not _has_stars(function):
        yield from node.args
        yield from (k.value for k in node.keywords)


def _builtin(node: ast.expr, inference: Inference) -> str:
    """Return the builtin that a name certainly stands for, else an empty text."""
    kinds = inference.kinds(node)
    only = next(iter(kinds))
    return only.name if len(kinds) == 1 and only.tag == "builtin" else ""


def _has_stars(function: ast.FunctionDef) -> bool:
    return function.args.vararg is not None or function.args.kwarg is not None


def _check_value(node: ast.Name | ast.Attribute, inference: Inference) -> Iterator[Finding]:
    for kind in inference.kinds(node):
        symbol = vocabulary.lookup(kind.name) if kind.tag == "symbol" else None
        if kind.tag == "module" or (symbol and symbol.kind in ("function", "class")):
            message = f"{show(node)} cannot be passed on as a value"
            yield at(node, "ForbiddenAttribute", message, "call it where you need it")
            return
