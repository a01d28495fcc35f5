"""Which syntax a reward program may use; whatever a new Python adds is refused by default."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from rewardlab.program.finding import Finding, at
from rewardlab.program.signature import words

ALLOWED: tuple[type[ast.AST], ...] = (
    *(ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AugAssign),
    *(ast.AnnAssign, ast.For, ast.While, ast.If, ast.Expr, ast.Pass, ast.Break, ast.Continue),
    *(ast.Assert, ast.Raise, ast.Try, ast.ExceptHandler, ast.Import, ast.ImportFrom, ast.alias),
    *(ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Lambda, ast.IfExp, ast.Dict, ast.Set),
    *(ast.List, ast.Tuple, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    *(ast.comprehension, ast.Call, ast.keyword, ast.Starred, ast.Constant, ast.Attribute),
    *(ast.Subscript, ast.Slice, ast.Name, ast.JoinedStr, ast.FormattedValue, ast.NamedExpr),
    *(ast.Match, ast.match_case, ast.MatchValue, ast.MatchSingleton, ast.MatchAs, ast.MatchOr),
    *(ast.expr_context, ast.boolop, ast.unaryop, ast.cmpop),
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult),
    *(ast.BitAnd, ast.BitOr, ast.BitXor),
)
_SPOKEN: dict[str, tuple[str, str]] = {
    "ClassDef": ("classes", "use functions"),
    "With": ("with blocks", "nothing here needs closing"),
    "AsyncFunctionDef": ("async functions", "use def"),
    "Await": ("await", "call the function"),
    "Yield": ("generators with yield", "return a list"),
    "YieldFrom": ("generators with yield", "return a list"),
    "Global": ("global names", "use self.previous, self.initial or self.time"),
    "Nonlocal": ("nonlocal names", "return the value"),
    "Delete": ("del", "leave the name"),
    "TryStar": ("except*", "use except"),
    "LShift": ("shifts", "multiply by a power of two"),
    "RShift": ("shifts", "divide by a power of two"),
    "MatchClass": ("class patterns", "use if and elif"),
    "MatchSequence": ("sequence patterns", "use if and elif"),
    "MatchMapping": ("mapping patterns", "use if and elif"),
    "MatchStar": ("star patterns", "use if and elif"),
}
_IMMUTABLE = (ast.Constant, ast.UnaryOp, ast.USub, ast.UAdd, ast.Tuple, ast.BinOp, ast.operator)
_DEFAULT_NODES = (*_IMMUTABLE, ast.expr_context, ast.Name, ast.Attribute)
_TOP_CALLS = words("abs dict float int list max min range round set tuple")


def check_syntax(tree: ast.Module) -> Iterator[Finding]:
    """Yield the syntax of a tree that is not allowed."""
    for node in ast.walk(tree):
        if not isinstance(node, ALLOWED):
            yield from _refuse(node)
        else:
            yield from _check(node)
    own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for statement in tree.body:
        yield from _check_top(statement, calls=_TOP_CALLS - own)
    yield from _operators(tree)


def _refuse(node: ast.AST) -> Iterator[Finding]:
    if isinstance(node, (ast.LShift, ast.RShift, ast.withitem)):
        return  # carries no position: the node around it is reported
    what, hint = _SPOKEN.get(
        type(node).__name__, (f"{type(node).__name__} nodes", "write it plainly")
    )
    yield at(node, "ForbiddenSyntax", f"{what} are not supported", hint)


def _operators(tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.BinOp, ast.AugAssign)) and not isinstance(node.op, ALLOWED):
            what, hint = _SPOKEN.get(type(node.op).__name__, ("such operators", "use arithmetic"))
            yield at(node, "ForbiddenSyntax", f"{what} are not supported", hint)


def _check(node: ast.AST) -> Iterator[Finding]:
    if isinstance(node, ast.FunctionDef):
        yield from _definition(node)
    elif isinstance(node, ast.arguments):
        yield from _defaults(node)
    elif isinstance(node, ast.comprehension):
        if node.is_async:
            yield at(node.iter, "ForbiddenSyntax", "async loops are not supported", "use for")
    elif isinstance(node, ast.ExceptHandler):
        yield from _handler(node)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, (bytes, complex)):
            kind = type(node.value).__name__
            message = f"{kind} constants are not supported"
            yield at(node, "ForbiddenSyntax", message, "use numbers and strings")
    elif isinstance(node, ast.FormattedValue):
        yield from _format(node)
    elif isinstance(node, ast.BinOp):
        yield from _string_operator(node)


def _definition(node: ast.FunctionDef) -> Iterator[Finding]:
    if node.decorator_list:
        hint = "call the function instead"
        yield at(node.decorator_list[0], "ForbiddenSyntax", "decorators are not supported", hint)
    if getattr(node, "type_params", None):
        yield at(node, "ForbiddenSyntax", "type parameters are not supported", "leave them out")


def _defaults(node: ast.arguments) -> Iterator[Finding]:
    for default in [*node.defaults, *node.kw_defaults]:
        if default is None:
            continue
        if not all(isinstance(part, _DEFAULT_NODES) for part in ast.walk(default)):
            message = "a default must be an unchangeable constant"
            hint = "use a number, a string, a tuple or None"
            yield at(default, "ForbiddenSyntax", message, hint)


def _handler(node: ast.ExceptHandler) -> Iterator[Finding]:
    if node.type is None:
        hint = "name the exception, e.g. except ValueError"
        yield at(node, "ForbiddenSyntax", "a bare except hides every fault", hint)
        return
    for name in ast.walk(node.type):
        if isinstance(name, ast.Name) and name.id == "Exception":
            hint = "name the exception, e.g. except ValueError"
            yield at(node, "ForbiddenSyntax", "except Exception hides faults", hint, warn=True)


def _format(node: ast.FormattedValue) -> Iterator[Finding]:
    spec = node.format_spec
    if spec is None:
        return
    parts = spec.values if isinstance(spec, ast.JoinedStr) else [spec]
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


def _check_top(node: ast.stmt, *, calls: frozenset[str]) -> Iterator[Finding]:
    if isinstance(node, (ast.FunctionDef, ast.Import, ast.ImportFrom, ast.Pass)):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    if isinstance(node, ast.AnnAssign) and value is None:
        return
    if value is None:
        if isinstance(node, ALLOWED):
            message = "only imports, constants and functions may stand outside a function"
            yield at(node, "ForbiddenSyntax", message, "move it into compute_dense_reward")
        return
    yield from _constant(value, calls)


def _constant(value: ast.expr, calls: frozenset[str]) -> Iterator[Finding]:
    """Refuse what could keep state from call to call: generators, iterators, own functions."""
    stack: list[ast.AST] = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Lambda):
            continue
        lazy = isinstance(node, (ast.GeneratorExp, ast.NamedExpr))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            lazy = node.func.id not in calls
        if lazy:
            message = "a value outside a function must be a constant"
            yield at(node, "ForbiddenSyntax", message, "move it into compute_dense_reward")
        stack += ast.iter_child_nodes(node)
