"""Which terms of a program are potentials: functions of the current scene alone.

F = γΦ(s') − Φ(s) keeps every optimal policy (Ng, Harada and Russell, ICML 1999) if Φ is a function
of the state. A term that reads the action, an earlier scene or the time is none, and is refused by
name with what it reads.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from rewardlab.program.dependence import Dependence
from rewardlab.program.schema import Schema
from rewardlab.program.scopes import Scope
from rewardlab.program.weights import Weights

OTHER = "other"
"""Name of what a reward has beyond its terms."""


class Refused(NamedTuple):
    """A term that is no potential.

    Attributes:
        name: Its name.
        reason: What it reads, or why nobody can tell.
    """

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} ({self.reason})"


@dataclass(frozen=True)
class Potential:
    """What of a program is a potential.

    Attributes:
        whole: All of the reward is: it reads nothing but the current scene.
        weights: Factor with which the reward adds each term that is one.
        refused: The other terms.
        exact: The weights stand in the text. Otherwise they are 1, which holds if the reward is
            the sum of its terms.
    """

    whole: bool
    weights: dict[str, float]
    refused: tuple[Refused, ...] = ()
    exact: bool = True

    @property
    def usable(self) -> bool:
        """Whether there is any potential."""
        return self.whole or bool(self.weights)


def potential(tree: ast.Module, schema: Schema) -> Potential:
    """Tell which terms of a program read the current scene alone.

    Args:
        tree: The tree of a `Reading` that is ok.
        schema: The scene.
    """
    depends = Dependence(tree, schema)
    returned = _Returned(depends)
    reward = depends.of(*returned.rewards, *returned.conditions)
    if not reward:
        return Potential(True, dict.fromkeys(returned.terms, 1.0))
    if not returned.terms or returned.unclear:
        return Potential(False, {}, (Refused("reward", _unnamed(reward, returned.unclear)),))
    read = {name: depends.of(*parts) for name, parts in returned.terms.items()}
    refused = [Refused(name, _reads(by)) for name, by in read.items() if by]
    weights = returned.weights
    if weights is not None and weights.rest:
        refused.append(Refused(OTHER, "not among the named terms"))
    kept = {
        name: 1.0 if weights is None else weights.of.get(name, 0.0)
        for name, by in read.items()
        if not by
    }
    return Potential(False, kept, tuple(refused), exact=weights is not None)


def _reads(sources: tuple[str, ...]) -> str:
    return f"reads {', '.join(sources)}"


def _unnamed(sources: tuple[str, ...], unclear: bool) -> str:
    if unclear:
        return f"{_reads(sources)}; its terms are not named by plain strings"
    return f"{_reads(sources)}; name its terms apart: return reward, {{'reach': reach, …}}"


class _Returned:
    """What the reward function returns.

    Args:
        depends: Of the program.

    Attributes:
        rewards: Expressions of the reward.
        conditions: What decides which of them is returned.
        terms: What each term's value is made of and decided by.
        unclear: Terms are named in a way that cannot be read.
    """

    def __init__(self, depends: Dependence) -> None:
        self._depends = depends
        scopes = depends.inference.scopes
        self._scope: Scope = scopes.functions[depends.entry]
        self.rewards: list[ast.expr] = []
        self.terms: dict[str, list[ast.AST]] = {}
        self.unclear = False
        self._values: dict[str, list[ast.expr]] = {}
        self._tables: list[ast.Name] = []
        self.conditions = list(depends.flow.jumps.get(depends.entry, ()))
        for node in scopes.nodes(ast.Return):
            if scopes.of[node] is self._scope and node.value is not None:
                self._read(node.value)

    @property
    def weights(self) -> Weights | None:
        """How the reward is made of its terms, where that stands in the text."""
        if len(self.rewards) != 1 or any(len(v) != 1 for v in self._values.values()):
            return None
        values = {name: value[0] for name, value in self._values.items()}
        return Weights.find(self.rewards[0], values, self._tables, self._depends)

    def _read(self, value: ast.expr) -> None:
        if not isinstance(value, ast.Tuple) or len(value.elts) != 2:
            self.rewards.append(value)
            return
        reward, info = value.elts
        self.rewards.append(reward)
        if isinstance(info, ast.Name):
            self._tables.append(info)
            self._read_name(info)
        else:
            self._read_info(info)

    def _read_name(self, info: ast.Name) -> None:
        bindings = self._scope.names.get(info.id, [])
        for binding in bindings:
            if binding.value is None:
                self.unclear = True
            else:
                self._read_info(binding.value)
        self.unclear |= not bindings or self._depends.written(info)
        members = set(self._depends.shared(info))
        for key, value, node in _stored(self._depends):
            if not members.isdisjoint(self._depends.shared(node.value)):
                self._add(key, value, node)

    def _read_info(self, info: ast.expr) -> None:
        if isinstance(info, ast.Dict):
            for key, value in zip(info.keys, info.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    self._add(key.value, value, info)
                else:
                    self.unclear = True
        elif isinstance(info, ast.Call) and _is_dict(info):
            for keyword in info.keywords:
                self._add(keyword.arg or "", keyword.value, info)
        else:
            self.unclear = True

    def _add(self, name: str, value: ast.expr, node: ast.AST) -> None:
        self._values.setdefault(name, []).append(value)
        decided = self._depends.flow.conditions(node)
        self.terms.setdefault(name, []).extend([value, *decided, *self.conditions])


def _is_dict(call: ast.Call) -> bool:
    named = isinstance(call.func, ast.Name) and call.func.id == "dict"
    return named and not call.args and all(k.arg is not None for k in call.keywords)


def _stored(depends: Dependence) -> Iterator[tuple[str, ast.expr, ast.Subscript]]:
    """Yield what is put under constant keys."""
    nodes = depends.inference.scopes.nodes
    written = [(target, node.value) for node in nodes(ast.Assign) for target in node.targets]
    written += [(node.target, node.value) for node in nodes(ast.AugAssign)]
    for target, value in written:
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            yield str(target.slice.value), value, target
