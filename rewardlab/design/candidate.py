"""One candidate: ask, extract, check, send the findings back, at most so often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from rewardlab.coders.base import Attempt, Coder, Reply, Request
from rewardlab.coders.extraction import extract
from rewardlab.coders.offline import OfflineComposer
from rewardlab.coders.text import one_line
from rewardlab.design.asking import Ask, OnEvent, Steps, ask_all, name
from rewardlab.design.budget import Budget
from rewardlab.design.correcting import Correcting
from rewardlab.design.draft import Draft
from rewardlab.design.severity import worst
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
        drafts: What was written, each as rules left it, in their order.
        hits: Requests that showed a correction of the very code that was to be put right.
    """

    program: RewardProgram | None
    verdict: Verdict | None
    reason: str = ""
    error: CoderError | None = None
    drafts: tuple[Draft, ...] = ()
    hits: int = 0

    @property
    def best(self) -> Draft | None:
        """The best draft, by severity, then by the teacher's score; also where none passed."""
        return min(self.drafts, key=lambda draft: draft.order, default=None)


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
        correcting: What is learnt from corrections, and by what.
    """

    coder: Coder
    check: Callable[[RewardProgram], Verdict]
    max_repairs: int
    transcript: Transcript
    on_event: OnEvent
    budget: Budget
    correcting: Correcting = field(default_factory=Correcting)

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
        drafts: list[Draft] = []
        hits = 0
        last = _faulty(request)
        request = self.correcting.recall(request)
        reason = ""
        for attempt in range(self.max_repairs + 1):
            hits += _is_hit(request)
            try:
                reply, number = yield Ask(request, attempt)
            except CoderError as error:
                return self._end(request, drafts, hits, str(error), error)
            source = extract(reply.text)
            text = reply.text if source is None else source
            if text in seen:
                self.transcript.complete(number, error="SameAnswer")
                return self._end(request, drafts, hits, f"the same answer came twice: {reason}")
            seen.add(text)
            draft = self._draft(
                text, self._program(source, request, reply, attempt, parent), parent
            )
            self.transcript.complete(
                number,
                error=draft.findings[0].code if draft.findings else None,
                findings=[str(finding) for finding in draft.findings],
                program_id=draft.program.id if draft.program else None,
            )
            if last is not None:
                by, nth = f"llm:{reply.origin}", attempt if drafts else 1
                self.correcting.journal.keep(
                    request, last, draft, number=nth, corrector=by, tokens=reply.tokens
                )
            draft = self._mended(request, draft, attempt, parent)
            drafts.append(draft)
            if draft.program is not None and draft.verdict is not None and not draft.findings:
                self._passed(request, draft.program, draft.verdict)
                return Candidate(draft.program, draft.verdict, drafts=tuple(drafts), hits=hits)
            reason = _summary(draft.findings)
            self.on_event("refused", f"{name(request)}, attempt {attempt + 1}: {reason}")
            last = draft
            request = self.correcting.recall(
                replace(request, attempt=Attempt(draft.text, draft.findings))
            )
        return self._end(request, drafts, hits, f"{reason} (after {self.max_repairs} repairs)")

    def _draft(
        self, text: str, program: RewardProgram | None, parent: RewardProgram | None
    ) -> Draft:
        """Check a program as far as it gets: what it is, what it does, what it pays."""
        if program is None or _same(program, parent):
            return Draft(text, program, (NO_CODE if program is None else UNCHANGED,))
        verdict = self.check(program)
        if not verdict.ok:
            return Draft(text, program, verdict.errors, verdict)
        found = self.correcting.explore(program, verdict)
        return Draft(text, program, found.findings, verdict, found.score)

    def _mended(
        self, request: Request, draft: Draft, attempt: int, parent: RewardProgram | None
    ) -> Draft:
        """Repair a draft by rules as long as each makes it strictly less severe."""
        better: Draft | None = draft
        while better is not None:
            draft, better = better, None
            finding = worst(draft.findings)
            if finding is None or draft.program is None:
                break
            for source, rule in self.correcting.mend(draft.text, finding, request.scene):
                rules = [*draft.program.notes.get("rules", ()), rule]
                notes = {**draft.program.notes, "rules": rules}
                tried = self._draft(
                    source, replace(draft.program, source=source, notes=notes), parent
                )
                self.correcting.journal.keep(
                    request, draft, tried, number=attempt + 1, corrector=f"rule:{rule}"
                )
                if tried.severity < draft.severity:
                    self.on_event("note", f"{name(request)}: repaired by rule: {rule}")
                    better = tried
                    break
        return draft

    def _end(
        self,
        request: Request,
        drafts: Sequence[Draft],
        hits: int,
        reason: str,
        error: CoderError | None = None,
    ) -> Candidate:
        """Return the best draft if it is valid though not faultless, else why there is none."""
        verdicts = [draft.verdict for draft in drafts if draft.verdict is not None]
        verdict = verdicts[-1] if verdicts else None
        refused = Candidate(None, verdict, reason, error, tuple(drafts), hits)
        best = refused.best
        if best is None or best.program is None or best.verdict is None or not best.runs:
            return refused
        self.on_event("note", f"{name(request)}: the best draft is kept: {_summary(best.findings)}")
        self._passed(request, best.program, best.verdict)
        return replace(refused, program=best.program, verdict=best.verdict)

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


def _is_hit(request: Request) -> bool:
    """Return whether a request shows a correction of the very code that it is to put right."""
    finding = worst(request.attempt.findings) if request.attempt else None
    codes = {one.feedback.code for one in request.corrections}
    return finding is not None and finding.code in codes


def _faulty(request: Request) -> Draft | None:
    """Return the program that a request begins with: one that a fault stopped while training."""
    attempt = request.attempt
    return None if attempt is None else Draft(attempt.source, None, attempt.findings)


def _summary(findings: tuple[Finding, ...]) -> str:
    more = f" and {len(findings) - 1} more" if len(findings) > 1 else ""
    return one_line(str(findings[0])) + more
