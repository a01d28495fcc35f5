"""Static reading of a reward program: nothing is executed, every objection is a finding."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rewardlab.errors import closest
from rewardlab.program import vocabulary
from rewardlab.program.arithmetic import check_arithmetic
from rewardlab.program.calls import check_calls
from rewardlab.program.entry import ENTRY, check_entry, find_entry, lift_method, takes_obs
from rewardlab.program.finding import Finding, at
from rewardlab.program.gate import check_closed
from rewardlab.program.imports import resolve_imports
from rewardlab.program.inference import Inference
from rewardlab.program.kinds import Kind, SceneKinds
from rewardlab.program.late import check_late_rules
from rewardlab.program.lint import lint
from rewardlab.program.members import check_members
from rewardlab.program.names import check_underscores, strip_annotations
from rewardlab.program.nodes import Nodes, find_nodes
from rewardlab.program.placement import check_placement
from rewardlab.program.probing import has_probing, insert_step, rewrite_probing
from rewardlab.program.schema import Schema
from rewardlab.program.scopes import find_scopes
from rewardlab.program.size import measure_text, measure_tree, parse
from rewardlab.program.stores import check_stores
from rewardlab.program.syntax import check_syntax
from rewardlab.program.terms import check_terms

MAX_FINDINGS = 20


@dataclass(frozen=True)
class Reading:
    """What static reading says about a program.

    Attributes:
        tree: The tree to compile: imports resolved, annotations dropped, a method lifted out of
            its class, `hasattr` and `getattr` on the scene decided. `None` if it is refused.
        findings: Errors and warnings, in source order.
        takes_obs: Whether to call it with the raw observation as third argument.
    """

    tree: ast.Module | None
    findings: tuple[Finding, ...] = ()
    takes_obs: bool = False

    @property
    def ok(self) -> bool:
        """Whether the program may be executed (in a jail)."""
        return self.tree is not None


def read(source: str, schema: Schema) -> Reading:
    """Read a program against a scene; a pure function that never raises for a bad program.

    Args:
        source: Its text.
        schema: What `self` is.
    """
    too_big = measure_text(source)
    if too_big is not None:
        return Reading(None, (too_big,))
    tree = parse(source)
    if isinstance(tree, Finding):
        return Reading(None, (tree,))
    findings = list(lift_method(tree))
    nodes = find_nodes(tree)
    too_big = measure_tree(nodes)
    if too_big is not None:
        return Reading(None, (too_big,))
    findings += _check_form(tree, nodes)
    if not _errors(findings):
        findings += _check_meaning(tree, nodes, schema)
    entry = find_entry(tree)
    found = _ordered(findings, source)
    if _errors(findings) or entry is None:
        return Reading(None, found)
    left = tuple(_few(check_closed(tree, SceneKinds(schema))))
    if left:
        return Reading(None, left)
    return Reading(tree, found, takes_obs(entry, schema))


def _check_form(tree: ast.Module, nodes: Nodes) -> Iterator[Finding]:
    strip_annotations(nodes)
    for checks in (check_syntax(tree, nodes), check_placement(tree, nodes)):
        yield from _few(checks)
    yield from _few(check_underscores(nodes))
    yield from _few(check_late_rules(nodes))


def _check_meaning(tree: ast.Module, nodes: Nodes, schema: Schema) -> Iterator[Finding]:
    yield from resolve_imports(tree, nodes)
    faults = tuple(check_entry(tree, schema))
    yield from faults
    entry = find_entry(tree)
    if entry is None or any(fault.code == "RewardSignatureError" for fault in faults):
        return  # nobody knows what its parameters are
    scene = SceneKinds(schema)
    inference = Inference(find_scopes(tree), entry, scene)
    if has_probing(inference):
        yield from rewrite_probing(tree, inference)
        inference = Inference(find_scopes(tree), entry, scene)
    if not inference.converged:
        message = "names are assigned to each other in too many steps"
        yield at(entry, "SourceTooComplex", message, "use the values directly")
    for check in _MEANING:
        yield from _few(check(inference))
    insert_step(tree, inference)


def _check_names(inference: Inference) -> Iterator[Finding]:
    known = vocabulary.BUILTINS | vocabulary.PRESEEDED.keys()
    if len(inference.scopes.module.names[ENTRY]) > 1:
        message = f"{ENTRY} is bound more than once"
        yield at(inference.entry, "RewardSignatureError", message, "define it once")
    for node in inference.scopes.nodes(ast.Name):
        if not isinstance(node.ctx, ast.Load) or (node.id[0] == "_" and node.id != "_"):
            continue  # bound here, or put there by an import
        if inference.binding_scope(node) is None and node.id not in known:
            yield _unknown_name(node, inference)


def _unknown_name(node: ast.Name, inference: Inference) -> Finding:
    members = inference.scene.members(Kind("scene"))
    reason = vocabulary.REASONS.get(node.id)
    message = f"name {node.id!r} is not defined"
    if reason is not None:
        return at(node, "UnknownName", f"{node.id!r} is not available ({reason})", "leave it out")
    if node.id in members:
        return at(node, "UnknownName", message, f"did you mean self.{node.id}?")
    module = next((m for m, names in vocabulary.MODULES.items() if node.id in names), None)
    if module is not None and module not in vocabulary.CLASSES:
        return at(node, "UnknownName", message, f"write from {module} import {node.id}")
    visible = inference.scopes.of[node].visible
    close = closest(node.id, [*visible, *vocabulary.BUILTINS, *vocabulary.PRESEEDED])
    hint = f"did you mean {' or '.join(close)}?" if close else "define it before you use it"
    return at(node, "UnknownName", message, hint)


_MEANING = (
    *(_check_names, check_members, check_calls, check_arithmetic, check_stores, check_terms),
    lint,
)


def _few(findings: Iterator[Finding]) -> Iterator[Finding]:
    """Yield no more than are shown: to explain thousands, with close matches, takes long.

    Errors and warnings are counted apart, or warnings would keep an error from being found.
    """
    left = {"error": MAX_FINDINGS, "warning": MAX_FINDINGS}
    for finding in findings:
        left[finding.severity] -= 1
        if left[finding.severity] >= 0:
            yield finding
        if not left["error"]:
            return


def _errors(findings: list[Finding]) -> bool:
    return any(finding.severity == "error" for finding in findings)


def _ordered(findings: list[Finding], source: str) -> tuple[Finding, ...]:
    unique = {(f.code, f.message, f.severity, f.line, f.col, f.hint): f for f in findings}
    found = sorted(unique.values(), key=lambda f: (f.severity, f.line or 0, f.col or 0))
    found = found[:MAX_FINDINGS]
    return tuple(found) if source.isascii() else tuple(_in_characters(found, source))


def _in_characters(findings: list[Finding], source: str) -> Iterator[Finding]:
    """Yield findings with columns in characters: those of nodes count bytes."""
    lines = re.split(r"\r\n|\r|\n", source)
    for finding in findings:
        if finding.line and finding.col and finding.line <= len(lines):
            before = lines[finding.line - 1].encode("utf-8", "replace")[: finding.col]
            finding = replace(finding, col=len(before.decode("utf-8", "ignore")))
        yield finding
