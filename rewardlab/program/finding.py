"""What a check has to say about a reward program."""

from __future__ import annotations

import ast
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One fact about a program, with its remedy.

    Attributes:
        code: Stable name, e.g. `"UnknownAttribute"` (sandbox specification, section 10).
        message: What is wrong, in one line.
        severity: An `"error"` refuses the program, a `"warning"` does not.
        line: Line in the program, from 1; `None` if it has none.
        col: Column, from 0.
        hint: What to do about it.
        state: The offending state by field name, where a probe found the fault.
    """

    code: str
    message: str
    severity: Severity = "error"
    line: int | None = None
    col: int | None = None
    hint: str = ""
    state: dict[str, Any] | None = None

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line is not None else ""
        return f"{self.code}: {place}{self.message}" + (f" ({self.hint})" if self.hint else "")

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return asdict(self)


def at(node: ast.AST, code: str, message: str, hint: str = "", *, warn: bool = False) -> Finding:
    """Make the finding about a node of the program's tree."""
    return Finding(
        code,
        message,
        "warning" if warn else "error",
        getattr(node, "lineno", None),
        getattr(node, "col_offset", None),
        hint,
    )
