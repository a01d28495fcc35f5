"""What a check has to say about a reward program."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

Severity = Literal["error", "warning"]


class Code(NamedTuple):
    """What a stable code of findings means.

    Attributes:
        meaning: In one line.
        severity: Of its findings; some codes refuse in one case and warn in another.
        by: What gives it: `"reading"` the text, `"running"` the program, the `"coder"` asked,
            `"exploring"` what it pays on many states and beside a teacher.
    """

    meaning: str
    severity: Literal["error", "warning", "error or warning"] = "error"
    by: frozenset[str] = frozenset({"reading"})


_RUNNING: frozenset[str] = frozenset({"running"})
_EXPLORING: frozenset[str] = frozenset({"exploring"})
_BOTH = _RUNNING | {"reading"}

CODES: Mapping[str, Code] = {
    "RewardSyntaxError": Code("it is not Python"),
    "SourceTooComplex": Code("it is too long, too deep or too entangled to be read"),
    "RewardSignatureError": Code("compute_dense_reward(self, action) is not there, or not once"),
    "ForbiddenSyntax": Code("syntax that rewards do not need", "error or warning"),
    "ForbiddenImport": Code("a module or name outside of the vocabulary", "error or warning"),
    "ForbiddenAttribute": Code("an attribute, function or argument outside of the vocabulary"),
    "UnknownAttribute": Code("something that the scene does not have", by=_BOTH),
    "UnknownName": Code("a name that is not defined"),
    "NotScalarReward": Code("the reward is not one number", by=_BOTH),
    "InvalidRewardInfo": Code("a term that cannot be logged, or too many of them", by=_BOTH),
    "StatefulReward": Code("something is remembered from call to call", by=_BOTH),
    "StateMutation": Code("the scene or the action is changed", by=_BOTH),
    "RewardRuntimeError": Code("it raises", by=_RUNNING),
    "NonFiniteReward": Code("the reward or a term is infinite or not a number", by=_RUNNING),
    "NonDeterministicReward": Code("equal states give different rewards", by=_RUNNING),
    "RewardTimeout": Code("it gives no answer in time", by=_RUNNING),
    "RewardTooSlow": Code("it takes too long for training", by=_RUNNING),
    "RewardMemoryExceeded": Code("it needs more memory than it may have", by=_RUNNING),
    "OutputLimit": Code("it prints more than it may", by=_RUNNING),
    "WorkerCrashed": Code("it ended its worker", by=_RUNNING),
    "SandboxViolation": Code("it tried what a program that only computes never does", by=_RUNNING),
    "ProtocolViolation": Code("its worker answered what no worker answers", by=_RUNNING),
    "InsensitiveReward": Code("it is the same on every state", "warning", _RUNNING),
    "SparseReward": Code("it has one value on nearly every state", "warning", _RUNNING),
    "RewardScale": Code("its values are huge", "warning", _RUNNING),
    "SlowReward": Code("it slows training down", "warning", _RUNNING),
    "OutputWarning": Code("it prints", "warning", _RUNNING),
    "CoercedReward": Code("it returns numbers of another type", "warning", _RUNNING),
    "TermSumMismatch": Code("its terms do not add up to the reward", "warning", _RUNNING),
    "SCALE": Code("it hardly varies", "warning", _RUNNING),
    "UNREACHED": Code("a term is 0 on every state", "warning", _RUNNING),
    "CONSTANT": Code("a term is the same on every state", "warning", _RUNNING),
    "DOMINATED": Code("a term of the action outweighs all others", "warning", _RUNNING),
    "IDLE_PAY": Code("a bonus that doing nothing earns", "warning", _RUNNING),
    "FLOAT_EQ": Code("a float is compared exactly", "warning"),
    "RANGE": Code("a bound that the field never passes", "warning"),
    "QUAT_ORDER": Code("a wxyz quaternion where xyzw is read", "warning"),
    "POSITION_COSINE": Code("the cosine of two positions", "warning"),
    "DOMAIN": Code("an angle of what rounding may put outside of [-1, 1]", "warning"),
    "SHAPE": Code("a single point where many are read", "warning"),
    "LARGE": Code("its values are large", by=_EXPLORING),
    "ONE_TERM": Code("one term is all that varies", by=_EXPLORING),
    "IGNORES": Code("the goal moves and the reward does not", by=_EXPLORING),
    "MISORDERED": Code("a teacher is paid less than chance", by=_EXPLORING),
    "NoCode": Code("a reply without a program", by=frozenset({"coder"})),
    "Unchanged": Code("the program that was to be improved", by=frozenset({"coder"})),
}
"""Every code there is; those in capitals are the advice of the pipeline's specification."""


@dataclass(frozen=True)
class Finding:
    """One fact about a program, with its remedy.

    Attributes:
        code: Stable name, one of `CODES`, e.g. `"UnknownAttribute"`.
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
