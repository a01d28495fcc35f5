"""A draft of a program, what is wrong with it, and whether the next one is a correction of it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from rewardlab.design.severity import Severity, severity
from rewardlab.design.verdict import Verdict
from rewardlab.program.finding import Finding
from rewardlab.program.program import RewardProgram
from rewardlab.program.size import measured

_E7 = 2
_KEY = re.compile(r"""["']([A-Za-z0-9_./-]{1,64})["']\s*:""")


@dataclass(frozen=True)
class Draft:
    """What a coder wrote, or a rule made of that.

    Attributes:
        text: The program; the whole reply if it holds none.
        program: The program, if there is one.
        findings: What goes back to the coder; nothing if the draft passed.
        verdict: What validation said of it.
        score: How well a teacher is paid by it, see `Lesson`; 0 if none was asked.
    """

    text: str
    program: RewardProgram | None = None
    findings: tuple[Finding, ...] = ()
    verdict: Verdict | None = None
    score: float = 0.0

    @property
    def severity(self) -> Severity:
        """How bad it is; that of warnings too, so that a constant reward is not taken for good."""
        return severity((*self.findings, *(self.verdict.findings if self.verdict else ())))

    @property
    def runs(self) -> bool:
        """Whether it passed validation, whatever exploring found."""
        return self.program is not None and self.verdict is not None and self.verdict.ok

    @property
    def order(self) -> tuple[bool, int, int, float]:
        """Sorts drafts, the best first: by severity, then by the teacher's score."""
        return (not self.runs, *self.severity, -self.score)


def hollow(before: Draft, after: Draft) -> bool:
    """Return whether a fix only took away what was wrong: it has fewer terms, or is degenerate."""
    return after.severity.rank == _E7 or len(terms(after.text)) < len(terms(before.text))


def terms(text: str) -> set[str]:
    """Return the names of reward terms in a program: the keys of its dictionaries."""
    tree = measured(text)
    if not isinstance(tree, ast.Module):
        return set(_KEY.findall(text))
    keys = [key for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys]
    return {k.value for k in keys if isinstance(k, ast.Constant) and isinstance(k.value, str)}
