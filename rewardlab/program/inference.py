"""What the expressions of a program stand for: parts of the scene, modules, functions, numbers.

Flow-insensitive: a name has the kinds of everything that is assigned to it in its scope. What
cannot be told is `UNKNOWN`, and then every member of the scene is a possible one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from rewardlab.program.callers import Callers, called, default, literal_member
from rewardlab.program.given import attribute, given
from rewardlab.program.kinds import ANY, POSE, UNKNOWN, Kind, Kinds, SceneKinds
from rewardlab.program.outside import KEPT, Outside
from rewardlab.program.scopes import RETURN, Binding, Scope, Scopes, parameters

_MAX_PASSES = 16
_LAYERS = {"items": 1, "enumerate": 1, "zip": 1, "values": 0, "reversed": 0, "sorted": 0}
"""Calls that give what their arguments hold, and in how many tuples."""
_POSES = (Kind("symbol", "helpers.Pose"), Kind("symbol", "helpers.ObjectPose"))
_HOLDERS = (KEPT, "poses")


class Inference:
    """The kinds of all names of a tree.

    Args:
        scopes: Its scopes.
        entry: The reward function.
        scene: What `self` is.

    Attributes:
        callers: The calls of its own functions.
        scene_name: How the reward function names the scene.
        converged: Whether the kinds of all names were found. Without that, nothing is certain.
    """

    def __init__(self, scopes: Scopes, entry: ast.FunctionDef, scene: SceneKinds) -> None:
        self.scopes, self.entry, self.scene = scopes, entry, scene
        self.callers = Callers(scopes, entry)
        self.scene_name = next((a.arg for a in parameters(entry)), "self")
        self.converged = True
        self._kinds: dict[tuple[Scope, str], Kinds] = {}
        self._found: dict[ast.AST, Kinds] = {}
        self._known: dict[tuple[Kinds, str], Kinds] = {}
        self._outside = Outside()
        self._solve()

    def kinds(self, node: ast.AST) -> Kinds:
        """Return what an expression may stand for."""
        kinds = self._found.get(node)
        if kinds is None:
            kinds = self._of(node) or ANY
            if self._outside and any(kind.tag == KEPT for kind in kinds):
                kinds = frozenset(UNKNOWN if kind.tag == KEPT else kind for kind in kinds)
            self._found[node] = kinds
        return kinds

    def kept(self, node: ast.expr, *, in_place: bool = False) -> str:
        """Return where an object was made that outlives a call, empty if that is not certain.

        Args:
            node: What stands for it.
            in_place: Only what `+=` would change.
        """
        kinds = self._of(node)
        certain = kinds and all(
            kind.tag == KEPT and (not in_place or self._outside.changes_in_place(kind))
            for kind in kinds
        )
        return min(kinds).name if certain else ""

    def binding_scope(self, name: ast.Name) -> Scope | None:
        """Return the scope that binds a name, `None` if the program does not."""
        return self.scopes.of[name].find(name.id)

    def _solve(self) -> None:
        bindings = [
            (scope, name, binding)
            for scope in dict.fromkeys(self.scopes.of.values())
            for name, found in scope.names.items()
            for binding in found
        ]
        for _ in range(_MAX_PASSES):
            changed = False
            for scope, name, binding in bindings:
                old = self._kinds.get((scope, name), frozenset())
                new = old | self._bound(scope, name, binding)
                if new != old:
                    self._kinds[scope, name] = new
                    changed = True
            if not changed:
                return
        self.converged = False

    def _bound(self, scope: Scope, name: str, binding: Binding) -> Kinds:
        node, value = binding.node, binding.value
        if isinstance(node, ast.arg):
            return self._parameter(node)
        if isinstance(node, ast.FunctionDef):
            return frozenset({Kind("function", node.name)})
        if isinstance(node, ast.ExceptHandler):
            return frozenset({Kind("error")})
        if isinstance(node, ast.AugAssign):
            return self._updated(scope, name)
        if value is None:
            return ANY
        if binding.depth:
            return self._inside(value, binding.depth)
        once = scope is self.scopes.module and len(scope.names[name]) == 1
        kind = self._outside.kind(name, value) if once else None
        return self._of(value) if kind is None else frozenset({kind})

    def _updated(self, scope: Scope, name: str) -> Kinds:
        """Return what `name += …` leaves: the same object, if all that is certain."""
        others = [b for b in scope.names[name] if not isinstance(b.node, ast.AugAssign)]
        kinds = self._union(self._bound(scope, name, binding) for binding in others)
        return kinds if all(kind.tag == KEPT for kind in kinds) else ANY

    def _inside(self, node: ast.expr, depth: int) -> Kinds:
        """Return what is inside of an expression's value, see `_items`."""
        layers = _LAYERS.get(called(node))
        if layers is not None and isinstance(node, ast.Call):
            sources = [node.func.value] if isinstance(node.func, ast.Attribute) else node.args
            if depth <= layers:
                return ANY
            found = self._union(self._inside(source, depth - layers) for source in sources)
            return found | ANY if layers and POSE in found else found
        kinds = self._of(node)
        for _ in range(depth):
            kinds = self._items(kinds)
        return kinds

    def _items(self, kinds: Kinds, index: ast.expr | None = None) -> Kinds:
        """Return what is in containers; known are lists of poses and what outlives a call."""
        if any(kind.tag not in _HOLDERS for kind in kinds):
            return ANY
        found = {POSE for kind in kinds if kind.tag == "poses"}
        for kind in kinds:
            if kind.tag == "poses":
                continue
            for name, part in self._outside.items(kind, index):
                inner = self._outside.kind(name, part)
                found.update([inner] if inner is not None else self._of(part))
        return frozenset(found) or (ANY if kinds else kinds)

    def _parameter(self, argument: ast.arg) -> Kinds:
        function = self.callers.owner(argument)
        if function is self.entry:
            return self._entry_parameter(argument)
        if not self.callers.all_seen(function):
            return ANY
        values = self.callers.values(argument)
        return self._union(self._of(value) if value is not None else ANY for value in values)

    def _entry_parameter(self, argument: ast.arg) -> Kinds:
        names = [*self.entry.args.posonlyargs, *self.entry.args.args]
        place = names.index(argument) if argument in names else -1
        if place == 0:
            return frozenset({Kind("scene")})
        if place == 1:
            discrete = self.scene.schema.action.discrete
            return frozenset({Kind("number" if discrete else "array", "action")})
        if place == 2:
            return frozenset({Kind("array", "obs")})
        value = default(self.entry, argument)
        return self._of(value) if value is not None else ANY

    def _union(self, kinds: Iterable[Kinds]) -> Kinds:
        return frozenset().union(*kinds)

    def _of(self, node: ast.AST) -> Kinds:
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        kinds = self._root(node)
        for name in reversed(names):
            kinds = self._members(kinds, name)
        return kinds

    def _members(self, kinds: Kinds, name: str) -> Kinds:
        found = self._known.get((kinds, name))
        if found is None:
            found = self._union(attribute(kind, name, self.scene) for kind in kinds)
            self._known[kinds, name] = found
        return found

    def _root(self, node: ast.AST) -> Kinds:
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.IfExp):
            return self._of(node.body) | self._of(node.orelse)
        if isinstance(node, ast.BoolOp):
            return self._union(self._of(value) for value in node.values)
        if isinstance(node, ast.NamedExpr):
            return self._of(node.value)
        if isinstance(node, ast.Constant):
            return frozenset({Kind("none")}) if node.value is None else ANY
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Subscript):
            return self._part(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            return self._product(self._of(node.left))
        return ANY

    def _product(self, left: Kinds) -> Kinds:
        """Return what something times anything is: only poses tell."""
        return frozenset(POSE if kind.tag == "pose" else UNKNOWN for kind in left)

    def _part(self, node: ast.Subscript) -> Kinds:
        kinds = self._of(node.value)
        if not kinds or any(kind.tag not in _HOLDERS for kind in kinds):
            return ANY if kinds else kinds
        if isinstance(node.slice, ast.Slice):
            same = (kind.tag == "poses" or self._outside.is_array(kind) for kind in kinds)
            return kinds if all(same) else ANY
        return self._items(kinds, node.slice)

    def _call(self, node: ast.Call) -> Kinds:
        name = literal_member(node)
        if name is None:
            return self._result(node)
        found = {self.scene.member(kind, name) for kind in self._of(node.args[0])}
        there = frozenset(kind for kind in found if kind is not None)
        default = node.args[2] if len(node.args) == 3 and None in found else None
        return there | self._of(default) if default is not None else there

    def _result(self, node: ast.Call) -> Kinds:
        """Return what a call of an own function, or a look-up in a dictionary, gives."""
        function = self.callers.function(node.func)
        if function is not None:
            scope = self.scopes.functions[function]
            return self._kinds.get((scope, RETURN), frozenset())
        if isinstance(node.func, ast.Attribute) and node.func.attr == "get" and len(node.args) == 1:
            return self._items(self._of(node.func.value), node.args[0])
        kinds = self._of(node.func)
        if not any(kind.tag == "method" or kind in _POSES for kind in kinds):
            return ANY if kinds else kinds
        return frozenset(POSE if kind in _POSES else self.scene.result(kind) for kind in kinds)

    def _name(self, node: ast.Name) -> Kinds:
        scope = self.scopes.of[node].find(node.id) if node in self.scopes.of else None
        if scope is not None:
            return self._kinds.get((scope, node.id), frozenset())
        return given(node.id)
