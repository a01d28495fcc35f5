"""What a person says about a run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rewardlab.coders.text import GOAL_LIMIT
from rewardlab.errors import UsageError

RATINGS = range(1, 6)
UNDECIDED = ("equal", "neither")
"""Choices between two clips that prefer none of them."""


@dataclass(frozen=True)
class Feedback:
    """A person's opinion of what a policy does; all parts are optional.

    Attributes:
        comment: What should change, in words.
        rating: 1 (useless) to 5 (just right).
        prefer: Of two compared runs the better one, or `"equal"` or `"neither"` (both are bad).
        seen: What the policy does, in words.
        other: The run that this one was compared with; by default the preferred one.

    Raises:
        UsageError: The rating is none, a text is too long, or it is not said what was compared.
    """

    comment: str | None = None
    rating: int | None = None
    prefer: str | None = None
    seen: str | None = None
    other: str | None = None

    def __post_init__(self) -> None:
        if self.rating is not None and self.rating not in RATINGS:
            raise UsageError(f"a rating is 1 (useless) to 5 (just right), got {self.rating}")
        for name, text in (("comment", self.comment), ("description", self.seen)):
            if text is not None and len(text) > GOAL_LIMIT:
                raise UsageError(
                    f"a {name} has at most {GOAL_LIMIT} characters, got {len(text)}: shorten it"
                )
        if self.prefer in UNDECIDED and self.other is None:
            raise UsageError(f"prefer {self.prefer!r} between which runs? Name the other one")
        if self.other is not None and self.prefer is None:
            raise UsageError("which of the two is preferred? A run, 'equal' or 'neither'")

    @property
    def words(self) -> str:
        """The comment without surrounding blanks, `""` if there is none."""
        return (self.comment or "").strip()

    @property
    def compared(self) -> str | None:
        """The run that this one was compared with."""
        return self.other or self.prefer

    @property
    def opinion(self) -> str:
        """What was seen, rating and preference as sentences."""
        said = [f"A person saw: {self.seen.strip()}"] if self.seen and self.seen.strip() else []
        if self.rating:
            said.append(f"A person rated this behaviour {self.rating} of 5.")
        if self.prefer is not None:
            said.append(f"A person compared the clips of this run and of run {self.compared} and")
            said.append(_CHOSEN.get(self.prefer, f"prefers the behaviour of run {self.prefer}."))
        return " ".join(said)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return asdict(self)


_CHOSEN = {"equal": "finds both equally good.", "neither": "finds both bad."}
