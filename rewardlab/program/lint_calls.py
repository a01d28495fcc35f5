"""Known faults in calls: quaternions in the wrong order, angles that rounding makes NaN, points."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.program.callers import called
from rewardlab.program.finding import Finding, at
from rewardlab.program.inference import Inference
from rewardlab.program.kinds import Kind
from rewardlab.program.members import show
from rewardlab.program.signature import words
from rewardlab.program.specs import FieldSpec

_DISTANCE = "scipy.spatial.distance"
_INVERSE = frozenset(
    {f"numpy.{name}" for name in ("arccos", "arcsin")} | {"math.acos", "math.asin"}
)
_FROM_QUAT = "scipy.spatial.transform.Rotation.from_quat"
_GIVE_WXYZ = words("axangle2quat euler2quat mat2quat qconjugate qinverse qmult")
_TAKE_WXYZ = words(
    "ObjectPose Pose angle_distance qconjugate qinverse qmult quat2axangle quat2euler quat2mat "
    "rotate_vector"
)
_WRAPPERS = words("abs absolute copy float item ravel reshape")
_ROUNDED = words("dot einsum inner matmul sum trace vdot")
_MATRICES = words("as_matrix euler2mat quat2mat to_transformation_matrix")
_STEPS = 4


def lint_call(node: ast.Call, inference: Inference) -> Iterator[Finding]:
    """Yield warnings about a call of the vocabulary."""
    names = {kind.name for kind in inference.kinds(node.func) if kind.tag == "symbol"}
    if not names:
        return
    if _FROM_QUAT in names:
        yield from _from_quat(node, inference)
    elif any(_ours(name) in _TAKE_WXYZ for name in names):
        yield from _xyzw(node, inference)
    elif names & _INVERSE:
        yield from _inverse(node, inference)
    elif f"{_DISTANCE}.cdist" in names or f"{_DISTANCE}.cosine" in names:
        yield from _distances(node, inference, cosine=f"{_DISTANCE}.cosine" in names)


def field_of(node: ast.expr, inference: Inference) -> FieldSpec | None:
    """Return the scene's field that a value certainly is."""
    kinds = inference.kinds(node)
    return inference.scene.field(next(iter(kinds))) if len(kinds) == 1 else None


def _from_quat(node: ast.Call, inference: Inference) -> Iterator[Finding]:
    if not node.args or any(keyword.arg == "scalar_first" for keyword in node.keywords):
        return
    made = _made_by(node.args[0], inference)
    field = field_of(made, inference)
    names = {_ours(kind.name) for kind in _callee(made, inference)}
    if names & _GIVE_WXYZ or (field is not None and field.name.startswith("q") and field.size == 4):
        message = f"Rotation reads xyzw, but {show(node.args[0])} is wxyz"
        yield at(node, "QUAT_ORDER", message, "pass scalar_first=True", warn=True)


def _xyzw(node: ast.Call, inference: Inference) -> Iterator[Finding]:
    for value in [*node.args, *(keyword.value for keyword in node.keywords)]:
        made = _made_by(value, inference)
        if called(made) == "as_quat" and isinstance(made, ast.Call) and not made.keywords:
            message = f"{show(node.func)} reads wxyz, but {show(value)} is xyzw"
            yield at(node, "QUAT_ORDER", message, "write as_quat(scalar_first=True)", warn=True)


def _inverse(node: ast.Call, inference: Inference) -> Iterator[Finding]:
    if node.args and _is_rounded(_made_by(node.args[0], inference), inference):
        name = show(node.func)
        message = f"{name} is not a number where rounding leaves [-1, 1]"
        hint = f"write {name}(np.clip({_short(node.args[0])}, -1.0, 1.0))"
        yield at(node, "DOMAIN", message, hint, warn=True)


def _is_rounded(node: ast.expr, inference: Inference) -> bool:
    """Return whether a number is computed so that it may pass 1 by an ulp."""
    if isinstance(node, ast.Subscript):
        base = _made_by(node.value, inference)
        while isinstance(base, ast.Subscript):
            base = _made_by(base.value, inference)
        return called(base) in _MATRICES or isinstance(base, ast.BinOp)
    return isinstance(node, ast.BinOp) or called(node) in _ROUNDED


def _distances(node: ast.Call, inference: Inference, *, cosine: bool) -> Iterator[Finding]:
    fields = [field_of(_made_by(argument, inference), inference) for argument in node.args]
    metric = getattr(node.args[2], "value", "") if len(node.args) == 3 else ""
    lengths = [field for field in fields if field is not None and field.unit == "m"]
    if (cosine or metric == "cosine") and len(lengths) == 2:
        message = "the cosine of two absolute positions is nearly constant"
        yield at(node, "POSITION_COSINE", message, "use the distance between them", warn=True)
    for argument in () if cosine else node.args[:2]:
        field = field_of(argument, inference)
        if field is not None and field.kind == "array" and len(field.shape) == 1:
            message = f"cdist reads points (N, {field.size}), but {show(argument)} is a single one"
            hint = f"write {show(argument)}[None], or np.linalg.norm(a - b) between two points"
            yield at(argument, "SHAPE", message, hint, warn=True)


def _made_by(node: ast.expr, inference: Inference) -> ast.expr:
    """Return the expression that gave a value: behind copies, and names bound once."""
    for _ in range(_STEPS):
        if isinstance(node, ast.Name):
            scope = inference.binding_scope(node)
            bound = scope.names[node.id] if scope is not None else []
            value = bound[0].value if len(bound) == 1 and not bound[0].depth else None
            if value is None:
                return node
            node = value
        elif isinstance(node, ast.Call) and called(node) in _WRAPPERS:
            if isinstance(node.func, ast.Attribute) and not _callee(node, inference):
                node = node.func.value
            elif node.args:
                node = node.args[0]
            else:
                return node
        else:
            return node
    return node


def _callee(node: ast.expr, inference: Inference) -> list[Kind]:
    """Return the functions of the vocabulary that a call may be one of."""
    kinds = inference.kinds(node.func) if isinstance(node, ast.Call) else ()
    return [kind for kind in kinds if kind.tag == "symbol"]


def _ours(name: str) -> str:
    """Return the name of a function that is our own."""
    module, _, short = name.rpartition(".")
    return short if module == "helpers" or module.startswith("transforms3d") else ""


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 40 else "…"
