"""Caps that keep a hostile text from hurting the parser or the checks."""

from __future__ import annotations

import ast
import re
import warnings

from rewardlab.program.finding import Finding
from rewardlab.program.nodes import Nodes, find_nodes

MAX_CHARACTERS = 20_000
MAX_BRACKETS = 60
MAX_RUN = 64
MAX_NODES = 4_000
MAX_DEPTH = 60

# Brackets in comments and strings are no syntax; those in f-strings may be. A string without an end
# is matched as well: to try again at each quote within it would take quadratic time. No possessive
# quantifiers: Python 3.11.2 matches too little with them.
_INERT = re.compile(
    r"#[^\n]*|(\"\"\"|''')(?:\\.?|[^\\])*?(?:(?P<long>\1)|\Z)"
    r"|(\"|')(?:\\.|(?!\3)[^\\\n])*(?P<short>\3)?",
    re.DOTALL,
)
_BRACKETS = re.compile(r"[()\[\]{}]")
_RUNS = re.compile(
    rf"(?:[-+~][\s\\]*){{{MAX_RUN}}}|(?:not\b[\s\\]*){{{MAX_RUN}}}"
    rf"|(?:\.[\s\\]*\w+[\s\\]*){{{MAX_RUN}}}"
)


def measure_text(source: str) -> Finding | None:
    """Return what is too big about a text before it is parsed."""
    if len(source) > MAX_CHARACTERS:
        return _complex(f"{len(source)} characters", MAX_CHARACTERS)
    code = _INERT.sub(_blank, source)
    if (depth := _bracket_depth(code)) > MAX_BRACKETS:
        return _complex(f"brackets nested {depth} deep", MAX_BRACKETS)
    if _RUNS.search(code):
        return _complex(f"{MAX_RUN} or more operators or attributes in a row", MAX_RUN - 1)
    return None


def parse(source: str) -> ast.Module | Finding:
    """Parse a text whose size was measured, or say why it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError as error:
        fenced = re.search(r"^\s*(?:```|~~~)", source, re.MULTILINE)
        text = " ".join(str(error.msg).split())
        col = max((error.offset or 1) - 1, 0)
        return Finding(
            "RewardSyntaxError",
            f"column {col + 1}: {text}",
            line=error.lineno,
            col=col,
            hint="leave out the lines with ``` and all text around them: the function alone"
            if fenced
            else "return the whole function as plain Python",
        )
    except (RecursionError, MemoryError):
        return _complex("nesting that the parser cannot follow", f"depth {MAX_DEPTH}")
    except ValueError as error:
        text = " ".join(str(error).split())[:200]
        return Finding("RewardSyntaxError", text, hint="return the whole function as plain Python")


def measured(source: str) -> ast.Module | Finding:
    """Parse a text that anybody may have written, unless it is too big, or no Python."""
    tree = measure_text(source) or parse(source)
    if isinstance(tree, Finding):
        return tree
    return measure_tree(find_nodes(tree)) or tree


def measure_tree(nodes: Nodes) -> Finding | None:
    """Return what is too big about a tree."""
    if nodes.depth > MAX_DEPTH:
        return _complex(f"expressions or blocks nested {nodes.depth} deep", MAX_DEPTH)
    if nodes.count > MAX_NODES:
        return _complex(f"{nodes.count} syntax nodes", MAX_NODES)
    return None


def _blank(token: re.Match[str]) -> str:
    start, text = token.start(), token.group()
    prefix = token.string[max(start - 2, 0) : start]
    formatted = prefix[-1:].isalpha() and "f" in prefix.lower()
    ended = text[0] == "#" or token["long"] or token["short"]
    return " " if ended and not formatted else text


def _bracket_depth(code: str) -> int:
    depth = deepest = 0
    for bracket in _BRACKETS.findall(code):
        if bracket in "([{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth = max(depth - 1, 0)
    return deepest


def _complex(what: str, limit: int | str) -> Finding:
    return Finding("SourceTooComplex", f"{what}; limit {limit}", hint="write it shorter")
