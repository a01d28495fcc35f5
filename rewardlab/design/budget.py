"""What asking a coder may cost, and what it has cost."""

from __future__ import annotations

from dataclasses import dataclass

from rewardlab.coders.base import Reply
from rewardlab.errors import UsageError
from rewardlab.store.text import counted


@dataclass(frozen=True)
class Budget:
    """Limits on asking; `None` is none. Replies from the cache are free.

    Attributes:
        max_calls: No more requests than that are sent.
        max_tokens: No request is sent once so many tokens were used, prompts and completions; those
            under way then are still taken.

    Raises:
        UsageError: A limit is not positive.
    """

    max_calls: int | None = None
    max_tokens: int | None = None

    def __post_init__(self) -> None:
        for name in ("max_calls", "max_tokens"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UsageError(f"{name} must be at least 1, got {value}")


@dataclass
class Usage:
    """What was used.

    Attributes:
        calls: Requests sent, those that failed included.
        cached: Requests answered from the cache.
        prompt_tokens: Of answers that told it.
        completion_tokens: Likewise.
    """

    calls: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def tokens(self) -> int:
        """Tokens of prompts and completions."""
        return self.prompt_tokens + self.completion_tokens

    def __str__(self) -> str:
        cached = f" and {self.cached} from the cache" if self.cached else ""
        return f"{counted(self.calls, 'call')}{cached}, {counted(self.tokens, 'token')}"

    def exceeds(self, budget: Budget) -> bool:
        """Return whether no further request may be sent."""
        calls, tokens = budget.max_calls, budget.max_tokens
        return (calls is not None and self.calls >= calls) or (
            tokens is not None and self.tokens >= tokens
        )

    def count(self, reply: Reply) -> None:
        """Add the answer to a request that was counted when it was sent."""
        if reply.record.get("cached"):
            self.calls -= 1
            self.cached += 1
        else:
            self.prompt_tokens += reply.tokens.get("prompt_tokens", 0)
            self.completion_tokens += reply.tokens.get("completion_tokens", 0)
