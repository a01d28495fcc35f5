"""Findings as a compiler prints them: place, message, the line itself, the remedy."""

from __future__ import annotations

from collections.abc import Iterable

from rewardlab.program.finding import Finding


def listing(findings: Iterable[Finding], *, source: str = "", name: str = "program.py") -> str:
    """Return findings as text, each with its source line where it has one.

    ```
    program.py:7:12: error: UnknownAttribute: DrawerScene has no 'handel'
        7 |     d = self.handel.position
          |         ^
      hint: did you mean 'handle'?
    ```
    """
    lines = source.splitlines()
    return "\n".join(_one(finding, lines, name) for finding in findings)


def _one(finding: Finding, lines: list[str], name: str) -> str:
    place = name if finding.line is None else f"{name}:{finding.line}"
    if finding.line is not None and finding.col is not None:
        place += f":{finding.col + 1}"
    text = [f"{place}: {finding.severity}: {finding.code}: {finding.message}"]
    if finding.line is not None and 0 < finding.line <= len(lines):
        code = lines[finding.line - 1]
        text.append(f"  {finding.line:>4} | {code}")
        if finding.col is not None and finding.col <= len(code):
            text.append(f"       | {' ' * finding.col}^")
    if finding.hint:
        text.append(f"  hint: {finding.hint}")
    return "\n".join(text)
