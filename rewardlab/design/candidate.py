"""One candidate: ask, extract, check, send the findings back, at most so often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rewardlab.coders.base import Attempt, Coder, Reply, Request
from rewardlab.coders.extraction import extract
from rewardlab.coders.offline import OfflineComposer
from rewardlab.coders.text import one_line
from rewardlab.design.asking import Ask, OnEvent, Steps, ask_all, name
from rewardlab.design.budget import Budget
from rewardlab.design.transcript import Transcript
from rewardlab.design.verdict import Verdict
from rewardlab.errors import CoderError
from rewardlab.program.entry import CALL
from rewardlab.program.finding import Finding
from rewardlab.program.program import RewardProgram


def quiet(kind: str, line: str) -> None:
    """Tell nobody."""


NO_CODE = Finding(
    "NoCode",
    "the reply holds no program",
    hint=f"answer with one Python code block that defines {CALL}",
)
UNCHANGED = Finding(
    "Unchanged",
    "this is the function that was to be improved, unchanged",
    hint="change what the feedback and the measurements ask for",
)


@dataclass(frozen=True)
class Candidate:
    """What came of one candidate.

    Attributes:
        program: The program, if one passed.
        verdict: The verdict on the last program that was written, if any was.
        reason: Why none passed, in one line.
        error: What kept the coder from answering, if that is why.
    """

    program: RewardProgram | None
    verdict: Verdict | None
    reason: str = ""
    error: CoderError | None = None


@dataclass(frozen=True)
class Loop:
    """How candidates are made.

    Attributes:
        coder: Who writes.
        check: Validates a program.
        max_repairs: How often findings are sent back, per candidate.
        transcript: Where calls are written down.
        on_event: Told what happens.
        budget: How much may be asked in all.
    """

    coder: Coder
    check: Callable[[RewardProgram], Verdict]
    max_repairs: int
    transcript: Transcript
    on_event: OnEvent
    budget: Budget

    def run(
        self, requests: Sequence[Request], *, parent: RewardProgram | None = None
    ) -> list[Candidate]:
        """Write a candidate for each request, see `ask_all`.

        Args:
            requests: What is asked.
            parent: The program that is refined; it does not count as an answer.

        Raises:
            GoalNotUnderstood: The offline composer cannot ground the goal.
            SandboxError: The jail failed.
        """
        return ask_all(
            self.coder,
            [self._steps(request, parent) for request in requests],
            transcript=self.transcript,
            budget=self.budget,
            on_event=self.on_event,
        )

    def _steps(self, request: Request, parent: RewardProgram | None) -> Steps[Candidate]:
        seen: set[str] = set()
        verdict: Verdict | None = None
        findings: tuple[Finding, ...] = ()
        reason = ""
        for attempt in range(self.max_repairs + 1):
            try:
                reply, number = yield Ask(request, attempt)
            except CoderError as error:
                return Candidate(None, verdict, str(error), error)
            source = extract(reply.text)
            text = reply.text if source is None else source
            if text in seen:
                self.transcript.complete(number, error="SameAnswer")
                return Candidate(None, verdict, f"the same answer came twice: {reason}")
            seen.add(text)
            program = self._program(source, request, reply, attempt, parent)
            if program is None or _same(program, parent):
                findings = (NO_CODE if program is None else UNCHANGED,)
            else:
                verdict = self.check(program)
                findings = verdict.errors
            self.transcript.complete(
                number,
                error=findings[0].code if findings else None,
                findings=[str(finding) for finding in findings],
                program_id=program.id if program else None,
            )
            if program is not None and verdict is not None and not findings:
                self._passed(request, program, verdict)
                return Candidate(program, verdict)
            reason = _summary(findings)
            self.on_event("refused", f"{name(request)}, attempt {attempt + 1}: {reason}")
            request = replace(request, attempt=Attempt(text, findings))
        return Candidate(None, verdict, f"{reason} (after {self.max_repairs} repairs)")

    def _passed(self, request: Request, program: RewardProgram, verdict: Verdict) -> None:
        self.on_event("passed", f"{name(request)} passed: {program.id[:12]}")
        for warning in verdict.findings:
            self.on_event("note", f"warning: {one_line(str(warning))}")

    def _program(
        self,
        source: str | None,
        request: Request,
        reply: Reply,
        attempt: int,
        parent: RewardProgram | None,
    ) -> RewardProgram | None:
        if source is None:
            return None
        return RewardProgram(
            source,
            task_id=request.task_id,
            goal=request.goal,
            parent=parent.id if parent else None,
            origin=reply.origin,
            notes={
                "coder": self.coder.name,
                "sample": request.sample,
                "repairs": attempt,
                "examples": [example.task_id for example in request.examples],
                **reply.notes,
            },
            foreign=not isinstance(self.coder, OfflineComposer),
        )


def _same(program: RewardProgram, parent: RewardProgram | None) -> bool:
    return parent is not None and program.source.strip() == parent.source.strip()


def _summary(findings: tuple[Finding, ...]) -> str:
    more = f" and {len(findings) - 1} more" if len(findings) > 1 else ""
    return one_line(str(findings[0])) + more
