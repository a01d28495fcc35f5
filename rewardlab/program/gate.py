"""The last look at a tree before it is compiled: it trusts nothing that was found out about it.

All other checks reason about what names stand for, and a mistake there could open an object. This
one only compares, node by node, what stands in the tree with what may stand in any program.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.program import vocabulary
from rewardlab.program.finding import Finding, at
from rewardlab.program.kinds import SceneKinds
from rewardlab.program.names import NAMED
from rewardlab.program.syntax import ALLOWED

_NODES = ALLOWED - {ast.AnnAssign, ast.Import, ast.ImportFrom, ast.alias}
_PARTS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
_OURS = frozenset(map(vocabulary.import_name, vocabulary.MODULES))
_ATTRIBUTES = (
    vocabulary.ATTRIBUTES
    | vocabulary.POSE_ATTRIBUTES
    | vocabulary.METHODS.keys()
    | {name for module in vocabulary.MODULES for name in vocabulary.members(module)}
)


def check_closed(tree: ast.Module, scene: SceneKinds) -> Iterator[Finding]:
    """Yield what may stand in no program, whatever it means there."""
    attributes = _ATTRIBUTES | scene.names
    for node in ast.walk(tree):
        if type(node) not in _NODES and not isinstance(node, _PARTS):
            message = f"{type(node).__name__} nodes are not supported"
            yield at(node, "ForbiddenSyntax", message, "write it plainly")
        elif isinstance(node, ast.Attribute):
            if node.attr not in attributes or not isinstance(node.ctx, ast.Load):
                message = f"attribute {node.attr!r} is not available here"
                yield at(node, "ForbiddenAttribute", message, "leave it out")
        else:
            name = getattr(node, NAMED.get(type(node), ""), None) or "_"
            if name[0] == "_" and name != "_" and name not in _OURS:
                message = f"{name!r} begins with an underscore"
                yield at(node, "ForbiddenSyntax", message, "rename it")
