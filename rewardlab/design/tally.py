"""How often coders err, how, and whether findings help them: counted from recorded calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from rewardlab.coders.text import one_line
from rewardlab.design.classes import CLASSES, class_of, step_of

MAX_SHOWN = 3
"""Repairs told apart; the last bin holds later ones too."""


@dataclass
class Repairs:
    """What became of the errors of one class.

    Attributes:
        seen: How often a candidate ran into it.
        repaired: How often its first, second, third or later repair got rid of it.
        given_up: How often none did.
    """

    seen: int = 0
    repaired: list[int] = field(default_factory=lambda: [0] * MAX_SHOWN)
    given_up: int = 0

    @property
    def rate(self) -> float | None:
        """Share that was repaired, `None` if none was seen."""
        return sum(self.repaired) / self.seen if self.seen else None


@dataclass
class Tally:
    """What a model's calls came to.

    Attributes:
        candidates: Candidates begun.
        passed: Those that ended with a valid program.
        passed_at_once: Those whose first reply was one.
        calls: Requests answered by the service.
        cached: Requests answered from the cache, a recording, or by the offline composer.
        failed: Requests that the service did not answer, or that were interrupted.
        prompt_tokens: Of the calls.
        completion_tokens: Of the calls.
        classes: By class of error.
    """

    candidates: int = 0
    passed: int = 0
    passed_at_once: int = 0
    calls: int = 0
    cached: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    classes: dict[str, Repairs] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        classes = {name: {**asdict(r), "rate": r.rate} for name, r in self.classes.items()}
        return {**asdict(self), "classes": classes}


def tally(folders: Iterable[Iterable[Mapping[str, Any]]]) -> dict[str, Tally]:
    """Return what the calls of several folders came to, by model.

    Args:
        folders: Of each the calls in their order, see `read_calls`.
    """
    found: dict[str, Tally] = {}
    for calls in folders:
        for chain in _chains(calls):
            model = _model(chain)
            _count(found.setdefault(model, Tally()), chain)
    for one in found.values():
        one.classes = {name: one.classes[name] for name in CLASSES if name in one.classes}
    return dict(sorted(found.items()))


def _chains(calls: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Yield the calls of each candidate; a new one begins at attempt 0."""
    chains: list[list[Mapping[str, Any]]] = []
    current: dict[Any, list[Mapping[str, Any]]] = {}
    for call in calls:
        sample = call.get("sample") if isinstance(call.get("sample"), int) else 0
        if call.get("attempt", 0) == 0 or sample not in current:
            current[sample] = []
            chains.append(current[sample])
        current[sample].append(call)
    yield from chains


def _model(chain: list[Mapping[str, Any]]) -> str:
    named = (call.get("model") or call.get("origin") or call.get("coder") for call in chain)
    return one_line(str(next((name for name in named if name), "unknown")), 80)


def _count(one: Tally, chain: list[Mapping[str, Any]]) -> None:
    one.candidates += 1
    passed = [_passes(call) for call in chain]
    one.passed += any(passed)
    one.passed_at_once += passed[0]
    for call in chain:
        answered, free = isinstance(call.get("reply"), str), _is_free(call)
        one.failed += not answered
        one.cached += answered and free
        one.calls += answered and not free
        tokens = call.get("tokens")
        if answered and not free and isinstance(tokens, Mapping):
            one.prompt_tokens += _number(tokens.get("prompt_tokens"))
            one.completion_tokens += _number(tokens.get("completion_tokens"))
    _follow(one.classes, list(_attempts(chain)))


def _follow(classes: dict[str, Repairs], attempts: list[set[str]]) -> None:
    """Count each class from where it shows up to the reply that is checked for it and free of it.

    What fails at an early step, say its syntax, tells nothing of errors that show later.
    """
    open_: dict[str, int] = {}
    for i, errors in enumerate(attempts):
        reached = min((step_of(name) for name in errors), default=len(CLASSES))
        for name in [n for n in open_ if n not in errors and step_of(n) <= reached]:
            classes[name].repaired[min(i - open_.pop(name), MAX_SHOWN) - 1] += 1
        for name in errors - open_.keys():
            open_[name] = i
            classes.setdefault(name, Repairs()).seen += 1
    for name in open_:
        classes[name].given_up += 1


def _attempts(chain: list[Mapping[str, Any]]) -> Iterator[set[str]]:
    """Yield the classes of the errors of each program; a fault of a run comes before the first."""
    repaired = chain[0].get("repairs")
    last = _classes(repaired)
    if isinstance(repaired, list):
        yield last
    for call in chain:
        if call.get("error") == "SameAnswer":
            yield {"REPEATED"} | last
        elif isinstance(call.get("reply"), str):
            last = _classes(call.get("findings"))
            yield last


def _classes(told: Any) -> set[str]:
    """Return the classes of findings, which are told as `Code: line 3: message`."""
    lines = [line for line in told if isinstance(line, str)] if isinstance(told, list) else []
    return {class_of(line.partition(":")[0], line) for line in lines}


def _passes(call: Mapping[str, Any]) -> bool:
    return bool(call.get("program_id")) and call.get("error") is None


def _is_free(call: Mapping[str, Any]) -> bool:
    return bool(call.get("cached") or call.get("replayed") or call.get("coder") == "offline")


def _number(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 else 0
