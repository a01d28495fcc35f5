"""All nodes of a tree, found in one walk without recursion."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar, cast

from rewardlab.program.signature import words

Node = TypeVar("Node", bound=ast.AST)

_PLAIN = words(
    "ctx op ops id attr arg kind type_comment type_ignores is_async level module simple "
    "conversion annotation returns"
)
"""Fields without nodes of their own: names, operators, and annotations, which are dropped."""


class _Fields(dict[type[ast.AST], tuple[str, ...]]):
    """Names of the fields that may hold nodes, by class."""

    def __missing__(self, cls: type[ast.AST]) -> tuple[str, ...]:
        fields = () if cls is ast.Constant else cls._fields
        names = tuple(name for name in fields if name not in _PLAIN)
        self[cls] = names
        return names


_FIELDS = _Fields()


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes right below one, in source order; operators and annotations are none."""
    found: list[ast.AST] = []
    for name in _FIELDS[type(node)]:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found += [item for item in value if isinstance(item, ast.AST)]
    return found


@dataclass(frozen=True)
class Nodes:
    """The nodes of a tree by class.

    Attributes:
        by: Nodes by their exact class, the outer ones first.
        count: How many there are.
        depth: How deep they are nested.
    """

    by: dict[type[ast.AST], list[ast.AST]]
    count: int
    depth: int

    def of(self, *classes: type[Node]) -> Iterator[Node]:
        """Yield the nodes of some classes."""
        for cls in classes:
            yield from cast("list[Node]", self.by.get(cls, ()))


def find_nodes(tree: ast.Module) -> Nodes:
    """Collect the nodes of a tree, level by level."""
    by: defaultdict[type[ast.AST], list[ast.AST]] = defaultdict(list)
    count, depth = 0, -1
    level: list[ast.AST] = [tree]
    while level:
        count, depth = count + len(level), depth + 1
        below: list[ast.AST] = []
        for node in level:
            by[type(node)].append(node)
            below += children(node)
        level = below
    return Nodes(dict(by), count, depth)
