"""Which syntax a reward program may use; whatever a new Python adds is refused by default."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rewardlab.program.entry import ENTRY
from rewardlab.program.finding import Finding, at
from rewardlab.program.nodes import Nodes, children
from rewardlab.program.signature import words

ALLOWED: frozenset[type[ast.AST]] = frozenset(
    {
        *(ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign),
        *(ast.AugAssign, ast.AnnAssign, ast.For, ast.While, ast.If, ast.Expr, ast.Pass),
        *(ast.Break, ast.Continue, ast.Assert, ast.Raise, ast.Try, ast.ExceptHandler),
        *(ast.Import, ast.ImportFrom, ast.alias, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Compare),
        *(ast.Lambda, ast.IfExp, ast.Dict, ast.Set, ast.List, ast.Tuple, ast.ListComp),
        *(ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.Call, ast.keyword),
        *(ast.Starred, ast.Constant, ast.Attribute, ast.Subscript, ast.Slice, ast.Name),
        *(ast.JoinedStr, ast.FormattedValue, ast.NamedExpr, ast.Match, ast.match_case),
        *(ast.MatchValue, ast.MatchSingleton, ast.MatchAs, ast.MatchOr),
    }
)
_OPERATORS: frozenset[type[ast.operator]] = frozenset(
    {
        *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult),
        *(ast.BitAnd, ast.BitOr, ast.BitXor),
    }
)
_SPOKEN: dict[str, tuple[str, str]] = {
    "ClassDef": ("classes", "use functions"),
    "With": ("with blocks", "nothing here needs closing"),
    "AsyncFunctionDef": ("async functions", "use def"),
    "Await": ("await expressions", "call the function"),
    "Yield": ("generators with yield", "return a list"),
    "YieldFrom": ("generators with yield", "return a list"),
    "Global": ("global names", "use self.previous, self.initial or self.time"),
    "Nonlocal": ("nonlocal names", "return the value"),
    "Delete": ("del statements", "leave the name"),
    "TryStar": ("except* clauses", "use except"),
    "LShift": ("shifts", "multiply by a power of two"),
    "RShift": ("shifts", "divide by a power of two"),
    "MatchClass": ("class patterns", "use if and elif"),
    "MatchSequence": ("sequence patterns", "use if and elif"),
    "MatchMapping": ("mapping patterns", "use if and elif"),
    "MatchStar": ("star patterns", "use if and elif"),
}
_DEFAULT_NODES = (
    *(ast.Constant, ast.UnaryOp, ast.USub, ast.UAdd, ast.Tuple, ast.BinOp, ast.operator),
    *(ast.expr_context, ast.Name, ast.Attribute),
)
_TOP_CALLS = words(
    "ObjectPose Pose abs all any bool dict float frozenset int len list max min pow range round "
    "set sorted str sum tuple"
)
_LARGEST = 1 << 1023
"""Integers up to here are floats too; larger ones cannot even be printed."""


def check_syntax(tree: ast.Module, nodes: Nodes) -> Iterator[Finding]:
    """Yield the syntax of a tree that is not allowed."""
    for cls, found in nodes.by.items():
        check = _CHECKS.get(cls) if cls in ALLOWED else _refuse
        if check is not None:
            yield from check(found)
    own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for statement in tree.body:
        yield from _check_top(statement, calls=_TOP_CALLS - own)


def _refuse(found: Iterable[Any]) -> Iterator[Finding]:
    for node in found:
        if isinstance(node, ast.withitem):
            continue  # carries no position: the node around it is reported
        other = (f"{type(node).__name__} nodes", "write it plainly")
        what, hint = _SPOKEN.get(type(node).__name__, other)
        yield at(node, "ForbiddenSyntax", f"{what} are not supported", hint)


def _operations(found: Iterable[Any]) -> Iterator[Finding]:
    for node in found:
        if type(node.op) not in _OPERATORS:
            what, hint = _SPOKEN.get(type(node.op).__name__, ("such operators", "use arithmetic"))
            yield at(node, "ForbiddenSyntax", f"{what} are not supported", hint)
        elif isinstance(node, ast.BinOp):
            yield from _string_operator(node)


def _constants(found: Iterable[Any]) -> Iterator[Finding]:
    for node in found:
        if isinstance(node.value, (bytes, complex)):
            message = f"{type(node.value).__name__} constants are not supported"
            yield at(node, "ForbiddenSyntax", message, "use numbers and strings")
        elif isinstance(node.value, int) and node.value > _LARGEST:
            message = "an integer this large is not supported"
            yield at(node, "ForbiddenSyntax", message, "use a float, e.g. 1e6")


def _definitions(found: Iterable[Any]) -> Iterator[Finding]:
    for node in found:
        for decorator in node.decorator_list[:1]:
            hint = "call the function instead"
            yield at(decorator, "ForbiddenSyntax", "decorators are not supported", hint)
        if getattr(node, "type_params", None):
            yield at(node, "ForbiddenSyntax", "type parameters are not supported", "leave them out")


def _defaults(found: Iterable[Any]) -> Iterator[Finding]:
    for default in (d for node in found for d in (*node.defaults, *node.kw_defaults) if d):
        if not all(isinstance(part, _DEFAULT_NODES) for part in ast.walk(default)):
            message = "a default must be an unchangeable constant"
            hint = "use a number, a string, a tuple or None"
            yield at(default, "ForbiddenSyntax", message, hint)


def _loops(found: Iterable[Any]) -> Iterator[Finding]:
    for node in found:
        if node.is_async:
            yield at(node.iter, "ForbiddenSyntax", "async loops are not supported", "use for")


def _handlers(found: Iterable[Any]) -> Iterator[Finding]:
    hint = "name the exception, e.g. except ValueError"
    for node in found:
        if node.type is None:
            yield at(node, "ForbiddenSyntax", "a bare except hides every fault", hint)
        elif any(isinstance(n, ast.Name) and n.id == "Exception" for n in ast.walk(node.type)):
            yield at(node, "ForbiddenSyntax", "except Exception hides faults", hint, warn=True)


def _formats(found: Iterable[Any]) -> Iterator[Finding]:
    for node in found:
        spec = node.format_spec
        parts = spec.values if isinstance(spec, ast.JoinedStr) else [spec] if spec else []
        texts = [p.value for p in parts if isinstance(p, ast.Constant)]
        if len(texts) != len(parts) or any(re.search(r"\d{3}", str(t)) for t in texts):
            message = "a format must be constant and less than 100 wide"
            yield at(node, "ForbiddenSyntax", message, "write e.g. {x:.3f}")


def _string_operator(node: ast.BinOp) -> Iterator[Finding]:
    sides = [node.left] if isinstance(node.op, ast.Mod) else [node.left, node.right]
    if isinstance(node.op, (ast.Mod, ast.Mult)) and any(_is_text(side) for side in sides):
        message = "% and * on a string are not supported"
        yield at(node, "ForbiddenSyntax", message, 'write an f-string, e.g. f"{x:.3f}"')


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


_CHECKS: dict[type[ast.AST], Callable[[Iterable[Any]], Iterator[Finding]]] = {
    ast.FunctionDef: _definitions,
    ast.arguments: _defaults,
    ast.comprehension: _loops,
    ast.ExceptHandler: _handlers,
    ast.Constant: _constants,
    ast.FormattedValue: _formats,
    ast.BinOp: _operations,
    ast.AugAssign: _operations,
}


def _check_top(node: ast.stmt, *, calls: frozenset[str]) -> Iterator[Finding]:
    if isinstance(node, (ast.FunctionDef, ast.Import, ast.ImportFrom, ast.Pass)):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Assign):
        yield from _constant(node.value, calls)
    elif type(node) in ALLOWED:
        message = "only imports, constants and functions may stand outside a function"
        yield at(node, "ForbiddenSyntax", message, _elsewhere(node))


def _elsewhere(node: ast.stmt) -> str:
    if isinstance(node, ast.Try):
        return "import without try: what is allowed is there"
    named = isinstance(node, ast.If) and any(
        isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test)
    )
    return "leave it out: nothing runs as a script" if named else f"move it into {ENTRY}"


def _constant(value: ast.expr, calls: frozenset[str]) -> Iterator[Finding]:
    """Refuse what could keep state from call to call: generators, iterators, own functions."""
    stack: list[ast.AST] = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Lambda):
            continue
        lazy = isinstance(node, (ast.GeneratorExp, ast.NamedExpr))
        if isinstance(node, ast.Call) and not isinstance(node.func, ast.Attribute):
            lazy = not isinstance(node.func, ast.Name) or node.func.id not in calls
        if lazy:
            message = "a value outside a function must be a constant"
            yield at(node, "ForbiddenSyntax", message, f"move it into {ENTRY}")
        stack += children(node)
