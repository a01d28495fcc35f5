"""Repairs by rule: what a finding leaves no doubt about is put right without asking anyone.

A repair is a proposal: the loop validates it again and takes it only if it is less severe. Each
changes the text at one place and does nothing to a program that it has repaired. (Deviations from
the specification's table: arrays that a program reads are copies already, and arrays of size 1 are
taken for numbers, so there is nothing to repair by `.copy()` and `float()`; and no term is
rescaled, for where its weight stands is not plain.)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

from rewardlab.coders.corrections.substitutions import Substitution
from rewardlab.design.correcting import Mend, Mended
from rewardlab.design.severity import error_class
from rewardlab.program.entry import ENTRY
from rewardlab.program.finding import Finding
from rewardlab.program.schema import Schema
from rewardlab.program.size import measured

ALIKE = 0.6
"""Likeness of a name and the one member that may be meant by it."""
EPS = "1e-6"
T = TypeVar("T", bound=ast.expr)
_NO_MEMBER = re.compile(r"(?P<base>\S+) has no '(?P<name>\w+)'")


def rules(learnt: Sequence[Substitution] = ()) -> Mend:
    """Return what proposes repairs: learnt substitutions first, then the fixed rules."""

    def mend(source: str, finding: Finding, scene: Schema) -> Iterator[Mended]:
        if error_class(finding) == "E3":
            yield from _learnt(source, finding, learnt)
        for rule in (_prefix, _nearest, _norm, _eps):
            if (mended := rule(source, finding, scene)) is not None and mended.source != source:
                yield mended

    return mend


def _learnt(source: str, finding: Finding, learnt: Sequence[Substitution]) -> Iterator[Mended]:
    lines = source.splitlines(keepends=True)
    if finding.line is None or not 0 < finding.line <= len(lines):
        return
    for found in learnt:
        line = lines[finding.line - 1]
        changed = found.apply(line) if f"'{found.wrong}'" in finding.message else line
        if changed != line:
            yield Mended("".join(_with(lines, finding.line, changed)), found.rule)


def _with(lines: Sequence[str], number: int, line: str) -> list[str]:
    return [*lines[: number - 1], line, *lines[number:]]


def _prefix(source: str, finding: Finding, scene: Schema) -> Mended | None:
    """E1: the longest beginning that parses, defines the function and ends it by a return."""
    if finding.code != "RewardSyntaxError":
        return None
    lines = source.splitlines(keepends=True)
    for n in range(len(lines) - 1, 0, -1):
        text = "".join(lines[:n])
        tree = measured(text)
        if isinstance(tree, ast.Module) and _returns(tree):
            return Mended(text, f"the first {n} of {len(lines)} lines")
    return None


def _returns(tree: ast.Module) -> bool:
    functions = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == ENTRY]
    return len(functions) == 1 and isinstance(functions[0].body[-1], ast.Return)


def _nearest(source: str, finding: Finding, scene: Schema) -> Mended | None:
    """E3: the one member whose name is like the one that is not there."""
    said = _NO_MEMBER.match(finding.message)
    if finding.code != "UnknownAttribute" or said is None:
        return None
    listed = finding.hint.partition("members: ")[2].removesuffix(" …")
    members = listed.split(", ") if listed else []
    close = [m for m in members if SequenceMatcher(None, said["name"], m).ratio() >= ALIKE]
    nodes = [
        node
        for node in _on(source, finding.line, ast.Attribute)
        if node.attr == said["name"] and ast.unparse(node.value) == said["base"]
    ]
    if len(close) != 1 or not nodes:
        return None
    text = f"{_text(source, nodes[0].value)}.{close[0]}"
    return Mended(_replaced(source, nodes[0], text), f"nearest {said['name']} -> {close[0]}")


def _norm(source: str, finding: Finding, scene: Schema) -> Mended | None:
    """E4: the norm of a difference of two declared vectors where one number is needed."""
    if error_class(finding) != "E4" or "converted to Python scalar" not in finding.message:
        return None
    vectors = {f"self.{path}" for path, slot in scene.layout.items() if len(slot.field.shape) == 1}
    nodes = [
        node
        for node in _on(source, finding.line, ast.BinOp)
        if isinstance(node.op, ast.Sub)
        and {ast.unparse(node.left), ast.unparse(node.right)} <= vectors
        and f"norm({_text(source, node)})" not in source
    ]
    if len(nodes) != 1:
        return None
    difference = _text(source, nodes[0])
    return Mended(
        _replaced(source, nodes[0], f"np.linalg.norm({difference})"), f"norm of {difference}"
    )


def _eps(source: str, finding: Finding, scene: Schema) -> Mended | None:
    """E5: a little more in the one denominator that was 0."""
    if not finding.message.startswith("ZeroDivisionError"):
        return None
    nodes = [n for n in _on(source, finding.line, ast.BinOp) if isinstance(n.op, ast.Div)]
    if len(nodes) != 1 or isinstance(nodes[0].right, ast.Constant):
        return None
    below = _text(source, nodes[0].right)
    if EPS in below:
        return None
    return Mended(_replaced(source, nodes[0].right, f"({below} + {EPS})"), f"{EPS} in {below}")


def _on(source: str, line: int | None, kind: type[T]) -> list[T]:
    """Return the expressions of a kind that stand on a line alone."""
    tree = measured(source)
    nodes = ast.walk(tree) if isinstance(tree, ast.Module) else ()
    return [n for n in nodes if isinstance(n, kind) and n.lineno == n.end_lineno == line]


def _text(source: str, node: ast.expr) -> str:
    return ast.get_source_segment(source, node) or ast.unparse(node)


def _replaced(source: str, node: ast.expr, text: str) -> str:
    """Return the program with an expression on one line replaced; columns count bytes."""
    lines = source.splitlines(keepends=True)
    line = lines[node.lineno - 1].encode()
    assert node.end_col_offset is not None
    changed = line[: node.col_offset] + text.encode() + line[node.end_col_offset :]
    return "".join(_with(lines, node.lineno, changed.decode()))
