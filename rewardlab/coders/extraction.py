"""Finding the program in a model's reply."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator

from rewardlab.program.entry import CALL, ENTRY
from rewardlab.program.size import measured

_OPEN = re.compile(r"(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<tag>[\w+.-]*)[^`]*")
_TAGS = {"", "py", "python", "python3"}
_DEF = re.compile(rf"^[ \t]*def[ \t]+{ENTRY}\b", re.MULTILINE)


def extract(reply: str) -> str | None:
    """Return the program in a reply, or `None` if it holds none.

    In this order: the last fenced block that parses and defines the function; the last block that
    is its bare body, wrapped; the whole reply if it parses and defines the function; the last
    block that looks like code, so that the reader can say what is wrong with it.
    """
    reply = reply.replace("\r\n", "\n").replace("\r", "\n")
    blocks = list(reversed(list(_blocks(reply))))
    for block in blocks:
        if _defines(block):
            return block
    for block in blocks:
        if (wrapped := _wrap(block)) is not None:
            return wrapped
    if _defines(reply):
        return reply
    for block in blocks:
        if _DEF.search(block) or re.search(r"\bdef\b|\breturn\b", block):
            return block
    return reply[match.start() :] if (match := _DEF.search(reply)) else None


def _blocks(reply: str) -> Iterator[str]:
    """Yield the content of fenced blocks without tag or tagged as Python; the last may be open."""
    lines: list[str] | None = None
    fence, indent, wanted = "", "", False
    for line in reply.split("\n"):
        if lines is None:
            match = _OPEN.fullmatch(line)
            if match:
                lines, fence, indent = [], match["fence"], match["indent"]
                wanted = match["tag"].lower() in _TAGS
        elif _closes(line, fence):
            if wanted:
                yield _text(lines)
            lines = None
        else:
            lines.append(line.removeprefix(indent))
    if lines is not None and wanted:
        yield _text(lines)


def _closes(line: str, fence: str) -> bool:
    mark = line.strip()
    return len(mark) >= len(fence) and set(mark) == {fence[0]}


def _text(lines: list[str]) -> str:
    return textwrap.dedent("\n".join(lines)).strip("\n") + "\n"


def _defines(text: str) -> bool:
    tree = _parse(text)
    return tree is not None and any(
        isinstance(node, ast.FunctionDef) and node.name == ENTRY for node in ast.walk(tree)
    )


def _wrap(text: str) -> str | None:
    """Return a bare body as a function; a body returns and defines nothing at its top level."""
    wrapped = f"def {CALL}:\n" + textwrap.indent(text, "    ")
    tree = _parse(wrapped)
    if tree is None or not isinstance(function := tree.body[0], ast.FunctionDef):
        return None
    nested = any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in function.body)
    returns = any(isinstance(node, ast.Return) for node in ast.walk(function))
    return wrapped if returns and not nested else None


def _parse(text: str) -> ast.Module | None:
    tree = measured(text)
    return tree if isinstance(tree, ast.Module) else None
