"""How a reward is made of its named terms: the factor before each, where the text says it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import NamedTuple

from rewardlab.program.callers import called
from rewardlab.program.dependence import Dependence

_REST = ""
"""Stands for what is no named term."""


class Weights(NamedTuple):
    """A reward as a weighted sum.

    Attributes:
        of: Factor of each named term in it.
        rest: It has parts, beside numbers, that are no named terms.
    """

    of: dict[str, float]
    rest: bool

    @classmethod
    def find(
        cls,
        reward: ast.expr,
        values: Mapping[str, ast.expr],
        tables: list[ast.Name],
        depends: Dependence,
    ) -> Weights | None:
        """Return the weights; `None` if a term may be in the reward in another way.

        Args:
            reward: The expression of the reward.
            values: The expression of each term.
            tables: Names of the dictionary of the terms.
            depends: Of the program.
        """
        reader = _Reader(values, {name.id for name in tables}, depends)
        found = reader.sum_of(reward)
        if found is None:
            return None
        rest = found.pop(_REST, 0.0) != 0.0
        return cls(found, rest) if found.keys() == values.keys() else None


Sum = dict[str, float]


class _Reader:
    def __init__(
        self, values: Mapping[str, ast.expr], tables: set[str], depends: Dependence
    ) -> None:
        self._tables, self._depends = tables, depends
        self._scope = depends.inference.scopes.functions[depends.entry]
        self._known: dict[str, Sum | None] = {}
        self._numbers: dict[str, float | None] = {}
        self._terms: dict[str, tuple[str, float]] = {}
        for name, value in values.items():
            factor, core = self._core(value)
            self._terms[ast.dump(core)] = name, factor

    def sum_of(self, node: ast.expr) -> Sum | None:
        """Return what an expression is the weighted sum of; `None` if nobody can tell."""
        node = _bare(node)
        if (term := self._term(node)) is not None:
            return term
        if isinstance(node, ast.Constant):
            return {}
        if isinstance(node, ast.Name):
            if node.id not in self._known:
                self._known[node.id] = None  # until it is known: a name may lead to itself
                self._known[node.id] = self._name(node)
            return self._known[node.id]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return _scaled(self.sum_of(node.operand), -1.0)
        if isinstance(node, ast.BinOp):
            return self._operation(node)
        if isinstance(node, ast.Call) and called(node) == "sum" and len(node.args) == 1:
            return self._sum(node.args[0])
        return self._whole(node)

    def _term(self, node: ast.expr) -> Sum | None:
        """Return a term times a number, if an expression is that."""
        factor, core = self._core(node)
        name, own = self._terms.get(ast.dump(core), ("", 1.0))
        if not name and isinstance(core, ast.Subscript) and self._is_table(core.value):
            key = core.slice.value if isinstance(core.slice, ast.Constant) else None
            known = [term for term, _ in self._terms.values()]
            name = key if isinstance(key, str) and key in known else ""
        return {name: factor / own} if name and own else None

    def _core(self, node: ast.expr) -> tuple[float, ast.expr]:
        """Return an expression as a number times another one."""
        node, factor = _bare(node), 1.0
        while True:
            if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
                node, factor = _bare(node.operand), -factor
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
                left, right = self._number(node.left), self._number(node.right)
                if (left is None) == (right is None):
                    return factor, node
                factor *= left if left is not None else right or 0.0
                node = _bare(node.right if left is not None else node.left)
            else:
                return factor, node

    def _is_table(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id in self._tables

    def _operation(self, node: ast.BinOp) -> Sum | None:
        if isinstance(node.op, (ast.Add, ast.Sub)):
            sign = 1.0 if isinstance(node.op, ast.Add) else -1.0
            return _added(self.sum_of(node.left), _scaled(self.sum_of(node.right), sign))
        if isinstance(node.op, ast.Mult):
            left, right = self._number(node.left), self._number(node.right)
            if left is not None:
                return _scaled(self.sum_of(node.right), left)
            if right is not None:
                return _scaled(self.sum_of(node.left), right)
        if isinstance(node.op, ast.Div) and (by := self._number(node.right)):
            return _scaled(self.sum_of(node.left), 1.0 / by)
        return self._whole(node)

    def _sum(self, of: ast.expr) -> Sum | None:
        if isinstance(of, (ast.List, ast.Tuple)):
            total: Sum | None = {}
            for part in of.elts:
                total = _added(total, self.sum_of(part))
            return total
        if called(of) == "values" and any(self._is_table(part) for part in ast.walk(of)):
            return dict.fromkeys((name for name, _ in self._terms.values()), 1.0)
        return self._whole(of)

    def _name(self, node: ast.Name) -> Sum | None:
        """Return the sum of what is assigned and added to a name, if that is done once each."""
        bindings = self._scope.names.get(node.id, [])
        first = bindings[0] if bindings else None
        if first is None or not isinstance(first.node, ast.Assign) or first.depth:
            return self._whole(node)
        total = self.sum_of(first.value) if first.value is not None else None
        for binding in bindings[1:]:
            update = binding.node
            if not isinstance(update, ast.AugAssign):
                return None
            signs = {ast.Add: 1.0, ast.Sub: -1.0}
            sign = signs.get(type(update.op))
            part = self.sum_of(update.value)
            decided = any(True for _ in self._depends.flow.conditions(update))
            if sign is None or part is None or (decided and part.keys() - {_REST}):
                return None
            total = _added(total, _scaled(part, sign) if not decided else {_REST: 1.0})
        decided = any(True for _ in self._depends.flow.conditions(first.node))
        return None if decided else total

    def _number(self, node: ast.expr) -> float | None:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self._number(node.operand)
            return None if inner is None else -inner
        if isinstance(node, ast.Constant):
            return float(node.value) if isinstance(node.value, int | float) else None
        if isinstance(node, ast.Name):
            if node.id not in self._numbers:
                self._numbers[node.id] = None
                self._numbers[node.id] = self._constant(node)
            return self._numbers[node.id]
        return None

    def _constant(self, node: ast.Name) -> float | None:
        scope = self._depends.inference.binding_scope(node)
        bindings = scope.names[node.id] if scope is not None else []
        value = bindings[0].value if len(bindings) == 1 and not bindings[0].depth else None
        return self._number(value) if value is not None else None

    def _whole(self, node: ast.expr) -> Sum | None:
        """Return an expression as one part, unless a term is hidden in it."""
        stack, seen = [node], set[str]()
        while stack:
            for part in ast.walk(stack.pop()):
                if isinstance(part, ast.expr) and ast.dump(part) in self._terms:
                    return None
                if not isinstance(part, ast.Name) or part.id in seen:
                    continue
                seen.add(part.id)
                if part.id in self._tables:
                    return None
                bindings = self._scope.names.get(part.id, [])
                values = [b.value for b in bindings if b.value is not None]
                values += [b.node.value for b in bindings if isinstance(b.node, ast.AugAssign)]
                stack += values
        return {_REST: 1.0}


def _bare(node: ast.expr) -> ast.expr:
    """Return what `float(…)` is made of."""
    while isinstance(node, ast.Call) and called(node) == "float" and len(node.args) == 1:
        node = node.args[0]
    return node


def _scaled(of: Sum | None, by: float) -> Sum | None:
    return None if of is None else {name: by * weight for name, weight in of.items()}


def _added(one: Sum | None, other: Sum | None) -> Sum | None:
    if one is None or other is None:
        return None
    return {
        name: one.get(name, 0.0) + other.get(name, 0.0) for name in dict.fromkeys([*one, *other])
    }
