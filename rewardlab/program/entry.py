"""The function that every reward program defines: finding it, lifting it, its parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.errors import closest
from rewardlab.program.finding import Finding, at
from rewardlab.program.nodes import children
from rewardlab.program.schema import Schema

ENTRY = "compute_dense_reward"
CALL = f"{ENTRY}(self, action)"


def lift_method(tree: ast.Module) -> Iterator[Finding]:
    """Replace a class that only wraps the reward function by the function."""
    for i, node in enumerate(tree.body):
        method = _only_method(node)
        if method is not None:
            method.decorator_list = [d for d in method.decorator_list if not _is_static(d)]
            tree.body[i] = method
            message = f"the class around {ENTRY} is dropped"
            yield at(node, "ForbiddenSyntax", message, "define the function alone", warn=True)


def find_entry(tree: ast.Module) -> ast.FunctionDef | None:
    """Return the reward function of a tree, if there is exactly one."""
    found = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == ENTRY]
    return found[0] if len(found) == 1 else None


def takes_obs(entry: ast.FunctionDef, schema: Schema) -> bool:
    """Return whether a program is to be called with the raw observation as third argument."""
    return len(_parameters(entry)) >= 3 and schema.root.field("obs") is not None


def check_entry(tree: ast.Module, schema: Schema) -> Iterator[Finding]:
    """Yield what is wrong with the definition of the reward function."""
    entries = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == ENTRY]
    if not entries:
        yield _missing(tree)
    elif len(entries) > 1:
        message = f"{ENTRY} is defined twice (lines {entries[0].lineno} and {entries[1].lineno})"
        yield at(entries[1], "RewardSignatureError", message, "keep one")
    else:
        yield from _check_parameters(entries[0], schema)
        yield from _check_returns(entries[0])


def _only_method(node: ast.stmt) -> ast.FunctionDef | None:
    if not isinstance(node, ast.ClassDef) or node.decorator_list or node.keywords:
        return None
    body = [s for s in node.body if not isinstance(s, ast.Pass) and not _is_text(s)]
    if len(body) == 1 and isinstance(body[0], ast.FunctionDef) and body[0].name == ENTRY:
        return body[0]
    return None


def _is_static(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "staticmethod"


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _missing(tree: ast.Module) -> Finding:
    functions = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    close = closest(ENTRY, functions, n=1) or [n for n in functions if "reward" in n][:1]
    if not close:
        hint = f"define a function {CALL} outside of classes and functions"
        return Finding("RewardSignatureError", f"no {CALL}", hint=hint)
    node = functions[close[0]]
    message = f"no {CALL}; did you mean {node.name} (line {node.lineno})?"
    return at(node, "RewardSignatureError", message, f"name it {ENTRY}")


def _parameters(entry: ast.FunctionDef) -> list[ast.arg]:
    return [*entry.args.posonlyargs, *entry.args.args]


def _check_parameters(entry: ast.FunctionDef, schema: Schema) -> Iterator[Finding]:
    names = [a.arg for a in _parameters(entry)]
    required = len(names) - len(entry.args.defaults)
    text = f"{ENTRY}({', '.join(names)})"
    hint = f"define {CALL} or {ENTRY}(self, action, obs)"
    if not names or (len(names) < 2 and entry.args.vararg is None):
        yield at(entry, "RewardSignatureError", f"{text} takes too few parameters", hint)
    elif required > 3:
        yield at(entry, "RewardSignatureError", f"{text} takes too many parameters", hint)
    elif required == 3 and schema.root.field("obs") is None:
        message = f"{text} asks for an observation, but this task has no flat one"
        yield at(entry, "RewardSignatureError", message, f"define {CALL}")
    if any(default is None for default in entry.args.kw_defaults):
        message = f"{text} has a keyword parameter without a default"
        yield at(entry, "RewardSignatureError", message, hint)


def _check_returns(entry: ast.FunctionDef) -> Iterator[Finding]:
    returns = list(_returns(entry))
    if not returns:
        message = f"{ENTRY} returns nothing"
        yield at(entry, "NotScalarReward", message, "end with return reward")
    for node in returns:
        if node.value is None or (isinstance(node.value, ast.Constant) and _no_number(node.value)):
            hint = "return a number, or (number, {name: number}), on every path"
            yield at(node, "NotScalarReward", f"{ENTRY} returns no number here", hint)


def _no_number(node: ast.Constant) -> bool:
    return not isinstance(node.value, (int, float))


def _returns(entry: ast.FunctionDef) -> Iterator[ast.Return]:
    stack: list[ast.AST] = [*reversed(entry.body)]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Return):
            yield node
        elif not isinstance(node, (ast.FunctionDef, ast.expr)):
            stack += reversed(children(node))
