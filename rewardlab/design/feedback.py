"""What a person says about a run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rewardlab.coders.text import GOAL_LIMIT
from rewardlab.errors import UsageError

RATINGS = range(1, 6)


@dataclass(frozen=True)
class Feedback:
    """A person's opinion of what a policy does; all parts are optional.

    Attributes:
        comment: In words.
        rating: 1 (useless) to 5 (just right).
        prefer: A run whose behaviour the person likes better.

    Raises:
        UsageError: The rating is none, or the comment is too long.
    """

    comment: str | None = None
    rating: int | None = None
    prefer: str | None = None

    def __post_init__(self) -> None:
        if self.rating is not None and self.rating not in RATINGS:
            raise UsageError(f"a rating is 1 (useless) to 5 (just right), got {self.rating}")
        if self.comment is not None and len(self.comment) > GOAL_LIMIT:
            raise UsageError(
                f"a comment has at most {GOAL_LIMIT} characters, got {len(self.comment)}: "
                "shorten it"
            )

    @property
    def words(self) -> str:
        """The comment without surrounding blanks, `""` if there is none."""
        return (self.comment or "").strip()

    @property
    def opinion(self) -> str:
        """Rating and preference as sentences."""
        said = [f"A person rated this behaviour {self.rating} of 5."] if self.rating else []
        if self.prefer is not None:
            said.append(f"A person prefers the behaviour of run {self.prefer}.")
        return " ".join(said)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return asdict(self)
