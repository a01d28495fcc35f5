"""What validation says about a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rewardlab.program.finding import Finding

_SHOWN = ("code", "severity", "message", "line", "col", "hint", "state")


@dataclass(frozen=True)
class Verdict:
    """Whether a reward program may be trained with, and why not.

    Attributes:
        ok: No finding is an error.
        findings: Errors and warnings, in the order in which they were found.
        sandbox_level: `"full"`, `"partial"` or `"process-only"`.
        seconds: How long validation took [s].
        program_id: The program.
        task_id: The task it was checked for.
        terms: Names of the terms it returned while it was probed.
        seed: Seed of the states on which it was probed.
        states: SHA-256 of these; `""` if it was not probed.
        sandbox: How it was held, see `rewardlab.sandbox.record`.
    """

    ok: bool
    findings: tuple[Finding, ...]
    sandbox_level: str
    seconds: float
    program_id: str = ""
    task_id: str = ""
    terms: tuple[str, ...] = ()
    seed: int = 0
    states: str = ""
    sandbox: Mapping[str, Any] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that refuse the program."""
        return tuple(f for f in self.findings if f.severity == "error")

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return {
            "ok": self.ok,
            "program_id": self.program_id,
            "task": self.task_id,
            "sandbox_level": self.sandbox_level,
            "seconds": round(self.seconds, 3),
            "seed": self.seed,
            "states": self.states,
            "findings": [{key: getattr(f, key) for key in _SHOWN} for f in self.findings],
            "sandbox": dict(self.sandbox),
        }

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from rewardlab.evaluation.notebook import verdict_html

        return verdict_html(self)
