"""Under which conditions the parts of a program run, from its text alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from rewardlab.program.nodes import children
from rewardlab.program.scopes import Comprehension, Function

Conditions: TypeAlias = tuple[ast.AST, ...]
"""Expressions that decide; a `Try` stands for whatever may raise in it."""

_JUMPS = (ast.Return, ast.Break, ast.Continue)


@dataclass(eq=False)
class Flow:
    """What decides whether nodes run.

    Attributes:
        under: Conditions around each node within its function.
        jumps: Conditions under which a function leaves something out, by function.
        owner: Function of each node, `None` outside.
    """

    under: dict[ast.AST, Conditions] = field(default_factory=dict)
    jumps: dict[Function | None, set[ast.AST]] = field(default_factory=dict)
    owner: dict[ast.AST, Function | None] = field(default_factory=dict)

    def conditions(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield everything that decides whether, or how often, a node of the tree runs."""
        yield from self.under[node]
        yield from self.jumps.get(self.owner[node], ())


def find_flow(tree: ast.Module) -> Flow:
    """Walk a tree once, without recursion."""
    flow = Flow()
    stack: list[tuple[ast.AST, Function | None, Conditions]] = [(tree, None, ())]
    while stack:
        node, owner, under = stack.pop()
        flow.under[node], flow.owner[node] = under, owner
        if isinstance(node, _JUMPS):
            flow.jumps.setdefault(owner, set()).update(under)
        if isinstance(node, Function):
            owner, under = node, ()
        under += tuple(_deciding(node))
        stack += [(child, owner, under) for child in children(node)]
    return flow


def _deciding(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what decides about the parts of a node."""
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        yield node.test
    elif isinstance(node, ast.For):
        yield node.iter
    elif isinstance(node, ast.BoolOp):
        yield from node.values
    elif isinstance(node, ast.Try):
        yield node
    elif isinstance(node, ast.Match):
        yield node.subject
        yield from (case.guard for case in node.cases if case.guard is not None)
    elif isinstance(node, Comprehension):
        for generator in node.generators:
            yield generator.iter
            yield from generator.ifs
