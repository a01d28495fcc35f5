"""What corrections came to: counted from correction records."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from rewardlab.coders.corrections.record import Correction
from rewardlab.design.severity import ERRORS


@dataclass(frozen=True)
class Fixes:
    """What became of the drafts of one class of errors.

    Attributes:
        attempted: Corrections that were tried.
        accepted: Those that were less severe.
        passed: Those after which nothing was wrong.
        hollow: Those accepted that only took something away.
        worse: Those that were more severe: regressions.
    """

    attempted: int = 0
    accepted: int = 0
    passed: int = 0
    hollow: int = 0
    worse: int = 0

    @property
    def rate(self) -> float | None:
        """Share that was accepted, `None` if none was tried."""
        return self.accepted / self.attempted if self.attempted else None


@dataclass(frozen=True)
class Measures:
    """What a file of corrections says.

    Attributes:
        records: How many.
        classes: By class of errors.
        total: Over all classes.
        correctors: Attempted and accepted, by who corrected.
        sources: Records by who noticed.
        tokens_in: Of the replies that held fixes.
        tokens_out: Likewise.
    """

    records: int
    classes: dict[str, Fixes]
    total: Fixes
    correctors: dict[str, tuple[int, int]]
    sources: dict[str, int]
    tokens_in: int
    tokens_out: int
    broken: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        rated = {name: {**asdict(f), "rate": f.rate} for name, f in self.classes.items()}
        return {
            **asdict(self),
            "classes": rated,
            "total": {**asdict(self.total), "rate": self.total.rate},
        }


def measure(records: Iterable[Correction]) -> Measures:
    """Return what corrections came to."""
    by_class: dict[str, list[Correction]] = defaultdict(list)
    for record in records:
        by_class[record.feedback.class_].append(record)
    everything = [record for some in by_class.values() for record in some]
    tried = Counter(record.corrector for record in everything)
    accepted = Counter(record.corrector for record in everything if record.accepted)
    return Measures(
        records=len(everything),
        classes={name: _fixes(by_class[name]) for name in ERRORS if name in by_class},
        total=_fixes(everything),
        correctors={name: (n, accepted[name]) for name, n in sorted(tried.items())},
        sources=dict(sorted(Counter(str(record.source) for record in everything).items())),
        tokens_in=sum(record.tokens_in for record in everything),
        tokens_out=sum(record.tokens_out for record in everything),
    )


def _fixes(records: Iterable[Correction]) -> Fixes:
    some = list(records)
    return Fixes(
        attempted=len(some),
        accepted=sum(record.accepted for record in some),
        passed=sum(record.fixed_class == "OK" for record in some),
        hollow=sum(record.accepted and record.hollow for record in some),
        worse=sum(record.severity_after > record.severity_before for record in some),
    )
