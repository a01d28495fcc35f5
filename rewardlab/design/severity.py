"""How bad a program is: error classes E1 to E8 over the codes of findings, worst first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rewardlab.coders.corrections.record import Told
from rewardlab.design.classes import class_of
from rewardlab.program.finding import CODES, Finding

ERRORS: Mapping[str, str] = {
    "E1": "no function",
    "E2": "forbidden",
    "E3": "unknown member or name",
    "E4": "shape or type",
    "E5": "another error while running",
    "E6": "no finite number",
    "E7": "degenerate",
    "E8": "ordered against the teacher",
}
"""What each class of errors means, in the order in which they are checked."""

OK = "OK"
_CLASSES: Mapping[str, str] = {
    **dict.fromkeys(("NO_CODE", "SYNTAX", "SIGNATURE"), "E1"),
    **dict.fromkeys(("IMPORT", "UNSAFE", "STATE"), "E2"),
    **dict.fromkeys(("UNKNOWN_MEMBER", "WRONG_KIND", "NAME"), "E3"),
    **dict.fromkeys(("RUNTIME", "TIMEOUT"), "E5"),
    "DEGENERATE": "E7",
    "SEMANTIC": "E8",
}
_CODES: Mapping[str, str] = {
    "WorkerCrashed": "E5",
    "NotScalarReward": "E6",
    "InvalidRewardInfo": "E6",
    "NonFiniteReward": "E6",
}
_FIT = ("TypeError", "ValueError", "AttributeError")


class Severity(NamedTuple):
    """How bad a program is; compares by rank, then by number.

    Attributes:
        rank: 8 for E1 … 1 for E8, 0 if nothing is wrong.
        n: Distinct findings of that class.
    """

    rank: int = 0
    n: int = 0

    @property
    def error(self) -> str:
        """Its class, `"E1"` to `"E8"`, or `"OK"`."""
        return f"E{9 - self.rank}" if self.rank else OK


def error_class(finding: Finding) -> str:
    """Return the class `"E1"` to `"E8"` of a finding, `"OK"` if it is advice of no class.

    (Deviations from the specification's table: an attribute that a value lacks while running is of
    E4, and `Unchanged`, an answer that improves nothing, is of no class.)
    """
    if finding.code == "RewardRuntimeError":
        fits = finding.message.startswith(_FIT) and "math domain" not in finding.message
        return "E4" if fits else "E5"
    name = class_of(finding.code, finding.message)
    known = finding.code in CODES
    is_advice = finding.severity == "warning" and (name != "DEGENERATE" or not known)
    if is_advice or name == "REPEATED":
        return OK
    return _CODES.get(finding.code) or _CLASSES.get(name, "E5")


def severity(findings: Iterable[Finding]) -> Severity:
    """Return how bad a program with these findings is; degenerate ones count as warnings too."""
    classes = [(error_class(f), f.code, f.message) for f in findings]
    found = sorted({one for one in classes if one[0] != OK})
    if not found:
        return Severity()
    worst = found[0][0]
    return Severity(9 - int(worst[1]), sum(one[0] == worst for one in found))


def worst(findings: Iterable[Finding]) -> Finding | None:
    """Return the first finding of the worst class, `None` if nothing is wrong."""
    wrong = [f for f in findings if error_class(f) != OK]
    return min(wrong, key=error_class, default=None)


def told(finding: Finding) -> Told:
    """Return a finding as correction records keep it."""
    error = error_class(finding)
    message = finding.message + (f" ({finding.hint})" if finding.hint else "")
    return Told(
        finding.code,
        error,
        _stage(finding, error),
        message,
        finding.line,
        _known(finding.hint),
        finding.state or {},
    )


def _stage(finding: Finding, error: str) -> str:
    if error == "E8":
        return "teacher"
    if error == "E7":
        return "batch"
    code = CODES.get(finding.code)
    only_run = code is not None and code.by == frozenset({"running"})
    return "probe" if only_run or finding.state is not None else "static"


def _known(hint: str) -> tuple[str, ...]:
    """Return the names that a hint offers."""
    meant = hint.partition("did you mean ")[2].partition("?")[0]
    members = hint.partition("members: ")[2].removesuffix(" …")
    names = [*meant.split(" or "), *members.split(", ")]
    return tuple(dict.fromkeys(name for name in names if name))
