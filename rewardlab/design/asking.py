"""Asking a coder for several candidates, as many at a time as it takes, within a budget."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from rewardlab.coders.base import Coder, Reply, Request
from rewardlab.design.budget import Budget, Usage
from rewardlab.design.transcript import Transcript
from rewardlab.errors import CoderError

_PATIENCE_S = 0.5


class Ask(NamedTuple):
    """A request of a candidate.

    Attributes:
        request: What is asked.
        attempt: How many replies this candidate had before.
    """

    request: Request
    attempt: int

    @property
    def stage(self) -> str:
        """What kind of request it is."""
        if self.request.attempt is not None:
            return "repair"
        return "feedback" if self.request.rounds else "generate"


class Answer(NamedTuple):
    """A reply and the number under which the call is written down."""

    reply: Reply
    number: int


T = TypeVar("T")
Steps: TypeAlias = Generator[Ask, Answer, T]
"""A candidate in the making: yields what to ask, is sent the answers, returns what came of it.

A call that failed, or was not made for want of budget, is thrown in as a `CoderError`."""
OnEvent: TypeAlias = Callable[[str, str], None]
"""Called with a kind (`"ask"`, `"refused"`, `"passed"`, `"failed"`, `"note"`) and one line."""


def ask_all(
    coder: Coder,
    candidates: Sequence[Steps[T]],
    *,
    transcript: Transcript,
    budget: Budget,
    on_event: OnEvent,
) -> list[T]:
    """Carry candidates to their ends and return what came of them, in their own order.

    Only `Coder.write` runs beside the caller, in up to `coder.n_concurrent` threads. A service that
    fails before it ever answered ends the asking, and so does an empty budget: candidates that were
    not begun are missing from the result. Any other call that fails ends its own candidate only.

    Args:
        coder: Who is asked; one without `n_concurrent` is asked one thing at a time.
        candidates: In the making.
        transcript: Where calls are written down.
        budget: How much may be asked.
        on_event: Told what happens.

    Raises:
        KeyboardInterrupt: Calls under way are written down as interrupted, not waited for.
    """
    return _Asker(coder, candidates, transcript, budget, on_event).run()


class _Asker(Generic[T]):
    """One use of `ask_all`."""

    def __init__(
        self,
        coder: Coder,
        candidates: Sequence[Steps[T]],
        transcript: Transcript,
        budget: Budget,
        on_event: OnEvent,
    ) -> None:
        self._coder, self._candidates = coder, candidates
        self._transcript, self._budget, self._on_event = transcript, budget, on_event
        self._n_concurrent: int = getattr(coder, "n_concurrent", 1)
        self._waiting = deque(range(len(candidates)))
        self._flying: dict[int, Ask] = {}
        self._landed: SimpleQueue[tuple[int, Reply | BaseException]] = SimpleQueue()
        self._done: dict[int, T] = {}
        self._usage = Usage()
        self._answered = self._failed = False

    def run(self) -> list[T]:
        try:
            self._begin()
            while self._flying:
                self._land(*self._next())
                self._begin()
        except BaseException:
            for ask in self._flying.values():
                self._transcript.add({**self._facts(ask), "error": "Interrupted"})
            raise
        if self._usage.tokens or self._usage.cached or self._budget != Budget():
            self._on_event("note", f"asked {self._coder.name}: {self._usage}")
        if self._waiting and self._usage.exceeds(self._budget):
            spent = "--max-calls or --max-tokens are used up"
            self._on_event("note", f"{len(self._waiting)} candidates were not begun: {spent}")
        return [self._done[i] for i in sorted(self._done)]

    def _next(self) -> tuple[int, Reply | BaseException]:
        """Wait for the next outcome, in turns: Ctrl-C may reach another thread and wake nobody."""
        while True:
            with suppress(Empty):
                return self._landed.get(timeout=_PATIENCE_S)

    def _begin(self) -> None:
        """Begin as many candidates as may be asked for at a time."""
        while self._waiting and len(self._flying) < self._n_concurrent:
            hopeless = self._failed and not self._answered
            if hopeless or self._usage.exceeds(self._budget):
                return
            i = self._waiting.popleft()
            self._advance(i, partial(next, self._candidates[i]))

    def _advance(self, i: int, resume: Callable[[], Ask]) -> None:
        """Let a candidate go on, to its next request or its end."""
        try:
            ask = resume()
        except StopIteration as end:
            self._done[i] = end.value
            return
        if self._usage.exceeds(self._budget):
            spent = CoderError(
                f"the budget is used up ({self._usage}): raise --max-calls or --max-tokens"
            )
            self._advance(i, partial(self._candidates[i].throw, spent))
            return
        self._on_event("ask", f"{name(ask.request)}: {ask.stage}, by {self._coder.name}")
        self._usage.calls += 1
        self._flying[i] = ask
        if self._n_concurrent == 1:
            self._write(i, ask.request)
        else:
            Thread(target=self._write, args=(i, ask.request), daemon=True).start()

    def _write(self, i: int, request: Request) -> None:
        try:
            self._landed.put((i, self._coder.write(request)))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # in a thread it would be lost
            self._landed.put((i, error))

    def _land(self, i: int, outcome: Reply | BaseException) -> None:
        """Write down what came back and hand it to its candidate."""
        ask, steps = self._flying.pop(i), self._candidates[i]
        if isinstance(outcome, CoderError):
            self._failed = True
            failure = {"error": "CoderError", "message": str(outcome), **outcome.record}
            self._transcript.add({**self._facts(ask), **failure})
            self._advance(i, partial(steps.throw, outcome))
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            self._answered = True
            self._usage.count(outcome)
            self._advance(i, partial(steps.send, Answer(outcome, self._note(ask, outcome))))

    def _note(self, ask: Ask, reply: Reply) -> int:
        entry = {**self._facts(ask), **reply.record, "origin": reply.origin}
        said = {"tokens": dict(reply.tokens), "reply": reply.text, "notes": dict(reply.notes)}
        return self._transcript.add({**entry, **said})

    def _facts(self, ask: Ask) -> dict[str, Any]:
        request = ask.request
        facts: dict[str, Any] = {
            "coder": self._coder.name,
            "task": request.task_id,
            "goal": request.goal,
            "stage": ask.stage,
            "sample": request.sample,
            "attempt": ask.attempt,
            "seed": request.seed,
        }
        if request.corrections:
            facts["corrections"] = [one.id for one in request.corrections]
        if ask.attempt:
            return facts
        if request.attempt is not None:
            facts["repairs"] = [str(finding) for finding in request.attempt.findings]
        if request.retrieval:
            facts["retrieval"] = dict(request.retrieval)
        return facts


def name(request: Request) -> str:
    """Return how a candidate is called when people are told of it."""
    return f"candidate {request.sample + 1}"
