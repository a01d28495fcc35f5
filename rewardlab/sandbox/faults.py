"""Findings that only running a program gives: the state, the values that it read, the remedy."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any, NamedTuple

from rewardlab.program.finding import Finding
from rewardlab.program.schema import Schema, Slot
from rewardlab.program.size import parse
from rewardlab.sandbox.batch import Array, state_of
from rewardlab.sandbox.frames import clean

MESSAGE_LIMIT = 500
"""Characters of a message, the values that were read included."""

REMEDIES = {
    "RewardRuntimeError": "guard the case that fails, e.g. with an if",
    "NotScalarReward": "return one float, e.g. the norm of a vector, or (float, {name: float})",
    "InvalidRewardInfo": "name at most 64 terms, each 'like_this': one float",
    "NonFiniteReward": "guard zero distances, log(0) and zero vectors, e.g. with max(x, 1e-6)",
    "NonDeterministicReward": "do not depend on the order of sets or on anything random",
    "StatefulReward": "keep nothing between calls: use self.previous, self.initial, self.time",
    "StateMutation": "the scene is read-only: take .copy() and change that",
    "RewardTimeout": "make every loop end, after few rounds",
    "RewardTooSlow": "use numpy on whole arrays instead of loops",
    "RewardMemoryExceeded": "use smaller arrays",
    "OutputLimit": "print less: nobody sees it; return named terms instead",
    "WorkerCrashed": "use plain numpy on small arrays and shallow recursion",
    "SandboxViolation": "only compute: no files, network, processes, threads or clocks to set",
    "ProtocolViolation": "only compute: leave the interpreter and its files alone",
    "UnknownAttribute": "read only what the scene has",
    "InsensitiveReward": "read the scene, so that what happens changes the reward",
    "SparseReward": "add a slope: a term that grows with every step towards the goal",
    "RewardScale": "bound its terms, e.g. with np.tanh or tolerance",
    "SlowReward": "use numpy on whole arrays instead of loops",
    "OutputWarning": "leave print out: nobody sees it; return named terms instead",
    "CoercedReward": "return float(...)",
    "TermSumMismatch": "return the reward as the sum of its terms",
    "SCALE": "weigh its terms so that they vary by about 1",
    "UNREACHED": "check when it is to pay",
    "CONSTANT": "it matters only where episodes can end early: else leave it out",
    "DOMINATED": "lower its weight",
    "IDLE_PAY": "pay it only once something is reached, e.g. when the object is near its goal",
}
"""What to do about each finding that running gives, by code."""

_RAISED = {
    "ZeroDivisionError": "divide only by what cannot be 0, e.g. max(x, 1e-6)",
    "OverflowError": "bound the argument first, e.g. with np.clip",
    "IndexError": "look up the length in the description of the scene",
    "KeyError": "use a key that the dict has, or .get",
    "RecursionError": "use a loop instead of recursion",
    "LinAlgError": "use np.linalg.pinv, or check that the matrix can be inverted",
    "ValueError": "check shapes and ranges of what is combined here",
    "TypeError": "check the types of what is combined here; scene arrays are float64",
}


class Cases(NamedTuple):
    """The states on which a program is tried.

    Attributes:
        source: The program.
        schema: The scene that it reads.
        rows: `(N, D)` the states.
        names: What each is, in a few words; may be empty.
    """

    source: str
    schema: Schema
    rows: Array
    names: tuple[str, ...] = ()

    def error(
        self, code: str, message: str, i: int | None = None, *, line: int | None = None
    ) -> Finding:
        """Return the finding that refuses the program: on which state, and what it read there.

        Args:
            code: See `REMEDIES`.
            message: What happened.
            i: The state, `None` if it is not about one.
            line: Line of the program.
        """
        finding = Finding(code, message, line=line, hint=remedy(code, message))
        return finding if i is None else self._on(finding, i)

    def warning(self, code: str, message: str, i: int | None = None) -> Finding:
        """Return a finding that does not refuse the program."""
        return replace(self.error(code, message, i), severity="warning")

    def _on(self, finding: Finding, i: int) -> Finding:
        name = f" ({self.names[i]})" if self.names else ""
        text = f"{finding.message} on state {i}{name}{self.told(i)}"
        state = state_of(self.schema, self.rows[i])
        return replace(finding, message=clean(text, MESSAGE_LIMIT), state=state)

    @property
    def words(self) -> set[str]:
        """Names and attributes that the program reads."""
        return _words(self.source)

    def told(self, i: int) -> str:
        """Return `read_on` as words that go on with a message."""
        values = ", ".join(f"{path} = {_short(v)}" for path, v in self.read_on(i).items())
        return f"; it read {values}" if values else ""

    def read_on(self, i: int) -> dict[str, Any]:
        """Return what the program can have read of a state, by the path that it would name."""
        names, row, size = self.words, self.rows[i], self.schema.size
        slots = {p: s for p, s in self.schema.layout.items() if names.issuperset(p.split("."))}
        found = {path: _value(row, slot) for path, slot in slots.items()}
        for k, block in enumerate(("previous", "initial"), 1):
            if block in names:
                old = row[k * size : (k + 1) * size]
                found |= {f"{block}.{path}": _value(old, slot) for path, slot in slots.items()}
        if "time" in names:
            found["time"] = float(row[3 * size])
        if "action" in names:
            found["action"] = row[3 * size + 1 :].tolist()
        return found


def remedy(code: str, message: str = "") -> str:
    """Return what to do about a finding; for an exception by its type, which its text begins with.

    It is `""` for codes that running does not give.
    """
    special = _RAISED.get(message.partition(":")[0]) if code == "RewardRuntimeError" else None
    return special or REMEDIES.get(code, "")


def _words(source: str) -> set[str]:
    tree = parse(source)
    nodes = [] if isinstance(tree, Finding) else list(ast.walk(tree))
    loaded = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return loaded | {n.attr for n in nodes if isinstance(n, ast.Attribute)}


def _value(block: Array, slot: Slot) -> Any:
    values = block[slot.start : slot.stop].tolist()
    return values if slot.field.shape else values[0]


def _short(value: Any) -> str:
    if not isinstance(value, list):
        return f"{value:.4g}"
    numbers = [f"{v:.4g}" for v in value]
    shown = numbers if len(numbers) <= 7 else [*numbers[:6], f"… {len(numbers)} numbers"]
    return f"({', '.join(shown)})"
