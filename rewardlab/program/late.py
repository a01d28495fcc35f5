"""Rules that Python's compiler knows and its parser does not: told here, before anything runs.

A jailed compiler cannot tell them: to quote the line it would open the program's file, and die.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.program.finding import Finding, at
from rewardlab.program.nodes import Nodes, children
from rewardlab.program.scopes import Comprehension

_MAX_BLOCKS = 19
_MAX_BEFORE_STAR = 255


def check_late_rules(nodes: Nodes) -> Iterator[Finding]:
    """Yield what the compiler would refuse."""
    for call in nodes.of(ast.Call):
        names = [keyword.arg for keyword in call.keywords if keyword.arg is not None]
        if len(set(names)) < len(names):
            yield _fault(call, f"keyword argument {_repeated(names)!r} repeated")
    targets: list[ast.Tuple | ast.List] = [*nodes.of(ast.Tuple), *nodes.of(ast.List)]
    for target in targets:
        stars = [i for i, element in enumerate(target.elts) if isinstance(element, ast.Starred)]
        if isinstance(target.ctx, ast.Store) and stars and stars[0] > _MAX_BEFORE_STAR:
            yield _fault(target, "too many names before a starred one")
    if ast.NamedExpr in nodes.by:
        yield from _named(nodes)
    if ast.Match in nodes.by:
        yield from _patterns(nodes)
    yield from _blocks(nodes)


def _named(nodes: Nodes) -> Iterator[Finding]:
    """Check assignment expressions in comprehensions."""
    found: list[Comprehension] = [*nodes.of(ast.ListComp), *nodes.of(ast.SetComp)]
    for whole in [*found, *nodes.of(ast.DictComp), *nodes.of(ast.GeneratorExp)]:
        parts = [node for g in whole.generators for node in _below(g.target)]
        targets = {node.id for node in parts if isinstance(node, ast.Name)}
        for named in _assignments(whole):
            if named.target.id in targets:
                yield _fault(named, f":= cannot assign to the loop's own {named.target.id!r}")
        for generator in whole.generators:
            if any(_assignments(generator.iter)):
                yield _fault(generator.iter, ":= cannot stand in what a comprehension goes through")


def _assignments(node: ast.AST) -> list[ast.NamedExpr]:
    return [n for n in _below(node) if isinstance(n, ast.NamedExpr)]


def _patterns(nodes: Nodes) -> Iterator[Finding]:
    for match in nodes.of(ast.Match):
        for case in match.cases:
            names = _captured(case.pattern)
            if len(set(names)) < len(names):
                yield _fault(case.pattern, f"{_repeated(names)!r} is bound twice in one pattern")
            if case is not match.cases[-1] and case.guard is None and _takes_all(case.pattern):
                yield _fault(case.pattern, "a pattern that takes everything must come last")
    for either in nodes.of(ast.MatchOr):
        if any(_takes_all(pattern) for pattern in either.patterns[:-1]):
            yield _fault(either, "a pattern that takes everything must come last")
        if len({frozenset(_captured(pattern)) for pattern in either.patterns}) > 1:
            yield _fault(either, "alternative patterns bind different names")


def _captured(pattern: ast.pattern) -> list[str]:
    """Return the names that a pattern binds; alternatives bind the same ones."""
    if isinstance(pattern, ast.MatchOr):
        return _captured(pattern.patterns[0])
    if not isinstance(pattern, ast.MatchAs):
        return []
    own = [pattern.name] if pattern.name else []
    return own + (_captured(pattern.pattern) if pattern.pattern else [])


def _takes_all(pattern: ast.pattern) -> bool:
    if isinstance(pattern, ast.MatchOr):
        return any(_takes_all(one) for one in pattern.patterns)
    if not isinstance(pattern, ast.MatchAs):
        return False
    return pattern.pattern is None or _takes_all(pattern.pattern)


def _blocks(nodes: Nodes) -> Iterator[Finding]:
    """Check how deep loops and try blocks are nested: the compiler's stack of them is short."""
    loops = len(nodes.by.get(ast.For, ())) + len(nodes.by.get(ast.While, ()))
    if loops + 3 * len(nodes.by.get(ast.Try, ())) <= _MAX_BLOCKS:
        return
    roots = [*nodes.of(ast.FunctionDef), *nodes.of(ast.Module)]
    stack: list[tuple[ast.AST, int]] = [(root, 0) for root in roots]
    while stack:
        node, depth = stack.pop()
        if depth > _MAX_BLOCKS:
            message = "too many nested loops and try blocks"
            yield at(node, "SourceTooComplex", message, "move the inner ones into a function")
            continue
        depth += 3 if isinstance(node, ast.Try) else isinstance(node, (ast.For, ast.While))
        below = (
            n
            for n in children(node)
            if isinstance(n, (ast.stmt, ast.ExceptHandler, ast.match_case))
        )
        stack += [(n, depth) for n in below if not isinstance(n, ast.FunctionDef)]


def _below(node: ast.AST) -> Iterator[ast.AST]:
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack += children(node)


def _repeated(names: list[str]) -> str:
    return next(name for name in names if names.count(name) > 1)


def _fault(node: ast.AST, message: str) -> Finding:
    return at(node, "RewardSyntaxError", message, "return the whole function as Python")
