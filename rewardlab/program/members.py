"""Which attributes a program may read: members of the scene, symbols of modules, array methods."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rewardlab.errors import closest
from rewardlab.program import vocabulary
from rewardlab.program.elsewhere import owners, suggestions
from rewardlab.program.finding import Finding, at
from rewardlab.program.inference import Inference
from rewardlab.program.kinds import ANY, MISSING, UNKNOWN, Kind, Kinds, is_entity
from rewardlab.program.signature import words

_VALUE_NAMES = vocabulary.ATTRIBUTES | vocabulary.POSE_ATTRIBUTES | vocabulary.METHODS.keys()
_ARRAY_NAMES = vocabulary.ATTRIBUTES | vocabulary.ARRAY_METHODS
_LIST_NAMES = vocabulary.MUTATORS & set(dir(list)) | words("copy count index")
_DANGEROUS = words(
    "format format_map tofile tobytes tostring data ctypes base flat fill put putmask "
    "itemset resize setflags setfield dump dumps view getfield byteswap partition "
    "argpartition args with_traceback add_note obj name value mro gi_frame gi_code f_back "
    "f_globals f_locals tb_frame tb_next cr_frame ag_frame fromkeys fromhex hex to_bytes "
    "from_bytes encode decode translate maketrans ljust rjust center zfill expandtabs at "
    "accumulate reduce outer"
)
_VALUES = words("array float bool pose poses")
_WALKERS = words(
    "format format_map ctypes with_traceback mro gi_frame gi_code f_back f_globals f_locals "
    "tb_frame tb_next cr_frame ag_frame"
)
"""Those that lead on, whatever a scene may call its members."""


def check_members(inference: Inference) -> Iterator[Finding]:
    """Yield attributes that do not exist or are not allowed, and values and methods mixed up."""
    called = {call.func for call in inference.scopes.nodes(ast.Call)}
    for node in inference.scopes.nodes(ast.Attribute):
        if isinstance(node.ctx, ast.Load):
            finding = _check(node, inference) or _check_use(node, inference, node in called)
            if finding is not None:
                yield finding


def stored_on_self(inference: Inference) -> frozenset[str]:
    """Return the names that a program tries to keep on scene objects."""
    return frozenset(
        node.attr
        for node in inference.scopes.nodes(ast.Attribute)
        if not isinstance(node.ctx, ast.Load)
        and any(is_entity(kind) for kind in inference.kinds(node.value))
    )


def show(node: ast.expr) -> str:
    """Return a short text for a chain of attributes, calls and indices."""
    names: list[str] = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            names.append(f".{node.attr}")
            node = node.value
        elif isinstance(node, ast.Call):
            names.append("(…)" if node.args or node.keywords else "()")
            node = node.func
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            names.append(f"[{node.slice.value!r}]")
            node = node.value
        else:
            return "".join(["…", *reversed(names)])
    return "".join([node.id, *reversed(names)])


def _check(node: ast.Attribute, inference: Inference) -> Finding | None:
    found = inference.kinds(node.value)
    if found == {MISSING}:
        return None  # reported where it is missing
    kinds = [k for k in found if k.tag not in ("none", "missing")] or [UNKNOWN]
    strict = [k for k in kinds if k.tag in ("module", "symbol", "error", "builtin", "function")]
    refused = [k for k in strict if not _admits(k, node.attr, inference)]
    if refused:
        return _explain(node, refused[0], inference)
    if any(_admits(kind, node.attr, inference) for kind in kinds):
        return None
    known = next((k for k in kinds if k != UNKNOWN), UNKNOWN)
    if is_entity(known) and node.attr in stored_on_self(inference):
        return None  # reported where it is stored
    return _explain(node, known, inference)


def _admits(kind: Kind, name: str, inference: Inference) -> bool:
    if is_entity(kind) or kind.tag == "pose":
        return name in inference.scene.members(kind)
    if kind.tag == "module":
        return name in vocabulary.members(kind.name)
    if kind.tag in ("array", "poses"):
        return name in (_ARRAY_NAMES if kind.tag == "array" else _LIST_NAMES)
    if kind != UNKNOWN or name in _VALUE_NAMES:
        return kind == UNKNOWN
    return name in inference.scene.names and name not in _WALKERS


def _explain(node: ast.Attribute, kind: Kind, inference: Inference) -> Finding:
    base, name = show(node.value), node.attr
    if is_entity(kind) or kind.tag == "pose":
        members = inference.scene.shown(kind)
        close = _meant(node, kind, inference)
        return _unknown(node, f"{base} has no {name!r}", close, members)
    if kind.tag == "module":
        return _not_in_module(node, kind)
    if kind.tag == "poses":
        message = f"{base} is a list of poses and has no {name!r}"
        return at(node, "UnknownAttribute", message, f"take one, e.g. {base}[0].{name}")
    if kind.tag == "method":
        message = f"{base} is a method and has no {name!r}"
        return at(node, "UnknownAttribute", message, f"call it: {base}()")
    if kind.tag in ("array", "float", "bool", "number"):
        return _of_value(node, kind, inference)
    if kind.tag != "unknown" or name in _DANGEROUS:
        message = f"attribute {name!r} is not available here"
        return at(node, "ForbiddenAttribute", message, _instead(name))
    names = sorted(inference.scene.names | _VALUE_NAMES)
    close = closest(name, names, n=2)
    return _unknown(node, f"nothing here has an attribute {name!r}", close)


def _meant(node: ast.Attribute, kind: Kind, inference: Inference) -> list[str]:
    """Return what may be meant; if nothing is like it, what has the member that follows."""
    base, scene, root = show(node.value), inference.scene, inference.scene_name
    found = suggestions(base, kind, node.attr, scene, root)
    if not found:
        after = (a.attr for a in inference.scopes.nodes(ast.Attribute) if a.value is node)
        found = [path for name in after for path in owners(base, kind, name, scene)]
    return found


def _not_in_module(node: ast.Attribute, kind: Kind) -> Finding:
    reason = vocabulary.REASONS.get(node.attr)
    module = kind.name.removesuffix(".Rotation") + (".Rotation" if "Rotation" in kind.name else "")
    message = f"{module}.{node.attr} is not available" + (f" ({reason})" if reason else "")
    close = [] if reason else closest(node.attr, vocabulary.members(kind.name))
    hint = f"did you mean {' or '.join(close)}?" if close else "compute it with what is there"
    return at(node, "ForbiddenAttribute", message, hint)


def _of_value(node: ast.Attribute, kind: Kind, inference: Inference) -> Finding:
    base = show(node.value)
    if kind.tag != "array":
        message = f"{base} is a number and has no {node.attr!r}"
        return at(node, "UnknownAttribute", message, f"use {base} itself")
    field = inference.scene.field(kind)
    shape = f" of shape {field.shape}" if field is not None else ""
    if node.attr in _DANGEROUS:
        message = f"array attribute {node.attr!r} is not available"
        return at(node, "ForbiddenAttribute", message, "use numpy functions that return new arrays")
    index = {"x": "[0]", "y": "[1]", "z": "[2]"}.get(node.attr)
    close = closest(node.attr, _ARRAY_NAMES)
    hint = f"write {base}{index}" if index else "index it, e.g. [0]"
    if close and not index:
        hint = f"did you mean {' or '.join(close)}?"
    return at(node, "UnknownAttribute", f"{base} is an array{shape}, no {node.attr!r}", hint)


def _unknown(
    node: ast.Attribute, message: str, close: list[str], members: tuple[str, ...] = ()
) -> Finding:
    parts = [f"did you mean {' or '.join(close)}?"] if close else []
    if members:
        parts.append(f"members: {', '.join(members[:24])}" + (" …" if len(members) > 24 else ""))
    return at(node, "UnknownAttribute", message, " ".join(parts) or "use documented members only")


def _instead(name: str) -> str:
    return 'write an f-string, e.g. f"{x:.3f}"' if name.startswith("format") else "leave it out"


def _check_use(node: ast.Attribute, inference: Inference, called: bool) -> Finding | None:
    kinds = inference.kinds(node)
    bases = inference.kinds(node.value)
    if _is_method(node, kinds, bases, inference):
        return None if called else _not_called(node)
    of_scene = all(kind.tag in _VALUES or is_entity(kind) for kind in kinds)
    loose = UNKNOWN in bases and node.attr not in vocabulary.METHODS and UNKNOWN in kinds
    if called and (of_scene or loose) and node.attr not in inference.scene.methods:
        message = f"{show(node)} is a value, not a method"
        return at(node, "UnknownAttribute", message, f"write {show(node)} without parentheses")
    if called or of_scene or node.attr not in vocabulary.METHODS:
        return None
    method = any(k.tag == "array" or k == UNKNOWN for k in bases)
    if method and node.attr not in inference.scene.names and not _is_key(node, inference):
        return _not_called(node)
    return None


def _is_method(node: ast.Attribute, kinds: Kinds, bases: Kinds, inference: Inference) -> bool:
    """Return whether an attribute is a method of the scene or of a pose."""
    certain = all(kind.tag == "method" or kind == UNKNOWN for kind in kinds)
    known = bases == ANY and node.attr in inference.scene.methods
    return certain and (known or any(kind.tag == "method" for kind in kinds))


def _not_called(node: ast.Attribute) -> Finding:
    message = f"{show(node)} is a method, not a value"
    return at(node, "UnknownAttribute", message, f"call it: {show(node)}()")


def _is_key(node: ast.Attribute, inference: Inference) -> bool:
    return node.attr in ("get", "index", "count") and any(
        keyword.value is node for keyword in inference.scopes.nodes(ast.keyword)
    )
