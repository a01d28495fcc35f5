"""What the values of a program depend on beside the current scene, decided on its text.

Dependence is followed through local names, own functions (call by call), loops, conditions, early
returns and writes into containers. It errs on the safe side: what is named may be read, what is not
named is not, except through an array that two names share and `+=` changes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from rewardlab.program import vocabulary
from rewardlab.program.aliases import Aliases, Variable
from rewardlab.program.callers import default
from rewardlab.program.entry import find_entry
from rewardlab.program.flow import find_flow
from rewardlab.program.inference import Inference
from rewardlab.program.kinds import SceneKinds
from rewardlab.program.nodes import children
from rewardlab.program.schema import Schema
from rewardlab.program.scopes import RETURN, Binding, Function, find_scopes

PAST = ("previous", "initial", "time")
ACTION = "action"

_MAX_PASSES = 64

Source: TypeAlias = "str | ast.arg"
"""What is read, or a parameter of an own function, until a call says what it is."""
Sources: TypeAlias = frozenset[Source]

NOTHING: Sources = frozenset()


class _Store(NamedTuple):
    """A write into an object: the names it may change, what is written, and where."""

    members: list[Variable]
    values: list[ast.expr]
    node: ast.AST


class Dependence:
    """What expressions of a read program depend on: `action`, `self.previous` and so on.

    Args:
        tree: The tree of a `Reading` that is ok.
        schema: What `self` is.

    Attributes:
        entry: The reward function.
        inference: What its names stand for.
        flow: What decides about its parts.
    """

    def __init__(self, tree: ast.Module, schema: Schema) -> None:
        entry = find_entry(tree)
        assert entry is not None, "the tree of a reading has one"
        self.entry = entry
        self.inference = Inference(find_scopes(tree), entry, SceneKinds(schema))
        self.flow = find_flow(tree)
        self._scopes, self._callers = self.inference.scopes, self.inference.callers
        self._given: dict[Variable, Sources] = {}
        self._same = Aliases(self._scopes, self._callers, deep=False)
        self._held = Aliases(self._scopes, self._callers, deep=True)
        self._stores = list(self._find_stores())
        self._everything = self._all_sources()
        self._solve()

    def of(self, *nodes: ast.AST) -> tuple[str, ...]:
        """Return what expressions and conditions depend on, in a fixed order."""
        found, done = set(self._reads(nodes)), set[ast.arg]()
        while left := {s for s in found if isinstance(s, ast.arg)} - done:
            for argument in left:
                done.add(argument)
                found |= self._passed_anywhere(argument)
        names = {s for s in found if isinstance(s, str)}
        return tuple(s for s in (ACTION, *map(_past, PAST)) if s in names)

    def shared(self, node: ast.expr) -> list[Variable]:
        """Return the names that may stand for the same object as an expression."""
        return self._same.members(node)

    def written(self, base: ast.expr) -> bool:
        """Return whether something is put into what `base` stands for without a constant key."""
        members = set(self.shared(base))
        return any(
            not members.isdisjoint(store.members)
            for store in self._stores
            if not (
                isinstance(store.node, ast.Subscript) and isinstance(store.node.slice, ast.Constant)
            )
        )

    def _solve(self) -> None:
        bindings = [
            ((scope, name), binding)
            for scope in dict.fromkeys(self._scopes.of.values())
            for name, found in scope.names.items()
            for binding in found
        ]
        for _ in range(_MAX_PASSES):
            changed = False
            for variable, binding in bindings:
                changed |= self._add(variable, self._bound(binding))
            for store in self._stores:
                read = self._reads([*store.values, *self.flow.conditions(store.node)])
                for variable in store.members:
                    changed |= self._add(variable, read)
            if not changed:
                return
        for variable, _ in bindings:  # nobody writes such programs: nothing is let through
            self._given[variable] = self._everything

    def _add(self, variable: Variable, sources: Sources) -> bool:
        before = self._given.get(variable, NOTHING)
        self._given[variable] = after = before | sources
        return after != before

    def _bound(self, binding: Binding) -> Sources:
        node, value = binding.node, binding.value
        if isinstance(node, ast.arg):
            return self._parameter(node)
        read = self._reads(self.flow.conditions(node))
        if isinstance(node, ast.FunctionDef):
            return read | {s for s in self._returned(node) if not self._belongs(s, node)}
        if isinstance(node, ast.AugAssign):
            value = node.value
        if isinstance(node, ast.comprehension):
            read |= self._reads(node.ifs)
        return read if value is None else read | self._reads([value])

    def _parameter(self, argument: ast.arg) -> Sources:
        function = self._callers.owner(argument)
        if function is not self.entry:
            return frozenset({argument}) if isinstance(function, ast.FunctionDef) else NOTHING
        names = [*self.entry.args.posonlyargs, *self.entry.args.args]
        place = names.index(argument) if argument in names else 1
        return frozenset({ACTION}) if place == 1 else NOTHING

    def _reads(self, nodes: Iterable[ast.AST]) -> Sources:
        found: set[Source] = set()
        stack = list(nodes)
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Name):
                found |= self._name(node)
            elif isinstance(node, ast.Try):
                found |= self._everything
            elif isinstance(node, ast.Call) and (own := self._callers.function(node.func)):
                found |= self._called(node, own)
            else:
                found |= self._past(node)
                stack += children(node)
        return frozenset(found)

    def _name(self, node: ast.Name) -> Sources:
        inside = self._scopes.of.get(node)
        scope = inside.find(node.id) if inside is not None else None
        return self._given.get((scope, node.id), NOTHING) if scope is not None else NOTHING

    def _past(self, node: ast.AST) -> Sources:
        if not isinstance(node, ast.Attribute) or node.attr not in PAST:
            return NOTHING
        kinds = self.inference.kinds(node.value)
        mine = any(kind.tag in ("scene", "unknown") for kind in kinds)
        return frozenset({_past(node.attr)}) if mine else NOTHING

    def _called(self, call: ast.Call, function: ast.FunctionDef) -> Sources:
        found: Sources = NOTHING
        for source in self._returned(function):
            if self._belongs(source, function):
                found |= self._reads(_passed(call, function, source))
            else:
                found |= {source}
        return found

    def _returned(self, function: ast.FunctionDef) -> Sources:
        return self._given.get((self._scopes.functions[function], RETURN), NOTHING)

    def _belongs(self, source: Source, function: Function) -> bool:
        return isinstance(source, ast.arg) and self._callers.owner(source) is function

    def _passed_anywhere(self, argument: ast.arg) -> Sources:
        function = self._callers.owner(argument)
        if not self._callers.all_seen(function):
            return self._everything
        return self._reads(v for v in self._callers.values(argument) if v is not None)

    def _all_sources(self) -> Sources:
        """Return all that the program reads anywhere; the action, if it has a name, always."""
        read = (self._past(node) for node in self._scopes.nodes(ast.Attribute))
        return frozenset({ACTION}).union(*read)

    def _find_stores(self) -> Iterator[_Store]:
        found = [*self._subscripts(), *self._mutations()]
        for base, values, _ in found:
            self._held.join_store(base, values)
        for base, values, node in found:
            aliases = self._same if isinstance(base, ast.Name) else self._held
            yield _Store(aliases.members(base), values, node)

    def _subscripts(self) -> Iterator[tuple[ast.expr, list[ast.expr], ast.AST]]:
        nodes = self._scopes.nodes
        written = [(target, n.value) for n in nodes(ast.Assign) for target in n.targets]
        written += [(n.target, n.value) for n in nodes(ast.AugAssign)]
        written += [(n.target, n.iter) for n in nodes(ast.For)]
        for target, value in written:
            for part in ast.walk(target):
                if isinstance(part, ast.Subscript) and not isinstance(part.ctx, ast.Load):
                    yield part.value, [value, part.slice], part

    def _mutations(self) -> Iterator[tuple[ast.expr, list[ast.expr], ast.AST]]:
        for node in self._scopes.nodes(ast.Call):
            method = node.func
            if not isinstance(method, ast.Attribute) or method.attr not in vocabulary.MUTATORS:
                continue
            if all(kind.tag != "module" for kind in self.inference.kinds(method.value)):
                yield method.value, [*node.args, *(k.value for k in node.keywords)], node


def _past(name: str) -> str:
    return f"self.{name}"


def _passed(call: ast.Call, function: ast.FunctionDef, source: Source) -> Iterator[ast.expr]:
    """Yield what a call may pass for a parameter."""
    assert isinstance(source, ast.arg)
    names = [*function.args.posonlyargs, *function.args.args]
    starred = any(isinstance(a, ast.Starred) for a in call.args)
    unclear = starred or any(k.arg is None for k in call.keywords)
    if unclear or source in (function.args.vararg, function.args.kwarg):
        yield from call.args
        yield from (k.value for k in call.keywords)
        return
    place = names.index(source) if source in names else len(call.args)
    given = [*call.args[place : place + 1]]
    given += [k.value for k in call.keywords if k.arg == source.arg]
    left_out = default(function, source)
    yield from given or ([left_out] if left_out is not None else [])
