"""The names of reward terms, as far as a program writes them down."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from rewardlab.program.finding import Finding, at
from rewardlab.program.inference import Inference

MAX_TERMS = 64
"""Terms that one program may name."""

TERM_NAME = re.compile(r"[A-Za-z0-9_./-]{1,64}")


def check_terms(inference: Inference) -> Iterator[Finding]:
    """Yield names of terms that cannot be logged, and too many of them."""
    keys = list(_keys(inference))
    for key in keys:
        if not isinstance(key.value, str) or not TERM_NAME.fullmatch(key.value):
            message = f"{str(key.value)[:80]!r} cannot name a reward term"
            hint = "use up to 64 of A-Z a-z 0-9 _ . / -"
            yield at(key, "InvalidRewardInfo", message, hint)
    names = {key.value: key for key in reversed(keys)}
    if len(names) > MAX_TERMS:
        message = f"{len(names)} reward terms; limit {MAX_TERMS}"
        yield at(keys[0], "InvalidRewardInfo", message, "add up related ones")


def _keys(inference: Inference) -> Iterator[ast.Constant]:
    """Yield the constant keys of the dictionaries that are returned beside the reward."""
    scope = inference.scopes.functions[inference.entry]
    for node in inference.scopes.nodes(ast.Return):
        if inference.scopes.of[node] is not scope or not isinstance(node.value, ast.Tuple):
            continue
        info = node.value.elts[-1] if len(node.value.elts) == 2 else None
        if isinstance(info, ast.Dict):
            yield from _constants(info)
        elif isinstance(info, ast.Name) and inference.binding_scope(info) is scope:
            for binding in scope.names[info.id]:
                if isinstance(binding.value, ast.Dict):
                    yield from _constants(binding.value)
            yield from _stored(info.id, inference)


def _constants(node: ast.Dict) -> Iterator[ast.Constant]:
    yield from (key for key in node.keys if isinstance(key, ast.Constant))


def _stored(name: str, inference: Inference) -> Iterator[ast.Constant]:
    for node in inference.scopes.nodes(ast.Subscript):
        named = isinstance(node.value, ast.Name) and node.value.id == name
        if named and isinstance(node.ctx, ast.Store) and isinstance(node.slice, ast.Constant):
            yield node.slice
