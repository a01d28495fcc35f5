"""What a person says about a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from rewardlab.coders.text import GOAL_LIMIT
from rewardlab.errors import UsageError

RATINGS = range(1, 6)
UNDECIDED = ("equal", "neither")
"""Choices between two clips that prefer none of them."""
SIDES = ("left", "right")
"""What stands for the run of the round before and for this one, whatever their names are."""


@dataclass(frozen=True)
class Feedback:
    """A person's opinion of what a policy does; all parts are optional.

    Attributes:
        comment: What should change, in words.
        rating: 1 (useless) to 5 (just right).
        prefer: Of two compared runs the better one, or `"equal"` or `"neither"` (both are bad).
            Between rounds `"left"` is the run of the round before, `"right"` this one.
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

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Feedback:
        """Return what an entry of `feedback.json` says."""
        return cls(**{f.name: entry.get(f.name) for f in fields(cls)})

    def about(self, run: str, before: str | None) -> Feedback:
        """Return it with runs in the place of sides.

        Args:
            run: The run that it is about.
            before: The run of the round before; without one there was no choice.
        """
        if self.prefer not in SIDES and self.other not in SIDES:
            return self
        if before is None:
            return replace(self, prefer=None, other=None)
        names = dict(zip(SIDES, (before, run), strict=True))
        chosen = names.get(self.prefer or "", self.prefer)
        return replace(self, prefer=chosen, other=names.get(self.other or "", self.other) or before)

    def aside(self) -> Feedback:
        """Return it with sides in the place of runs, to be said about others."""
        if self.prefer is None:
            return self
        decided = "left" if self.prefer == self.compared else "right"
        choice = self.prefer if self.prefer in UNDECIDED else decided
        return replace(self, prefer=choice, other="left")

    @property
    def line(self) -> str:
        """What one line can say of it; `""` if nothing was said."""
        rated = f"rated {self.rating} of 5" if self.rating else ""
        chosen = f"better clip: {self.prefer}" if self.prefer else ""
        return ", ".join(part for part in (self.comment, rated, chosen) if part)

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
