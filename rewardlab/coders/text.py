"""Text that others wrote, made fit to be shown: no control characters, bounded length."""

from __future__ import annotations

import unicodedata

GOAL_LIMIT = 4_000
"""Characters kept of a goal or a comment."""
CODE_LIMIT = 20_000
"""Characters kept of a program."""
REPLY_LIMIT = 200_000
"""Characters kept of a model's reply."""


def clean(text: str, limit: int = GOAL_LIMIT) -> str:
    """Drop control and bidirectional-override characters but newlines and tabs; cap the length."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in unified[: 2 * limit] if c in "\n\t" or not _hidden(c))
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"


def one_line(text: str, limit: int = 300) -> str:
    """Return `clean` text on one line."""
    return " ".join(clean(text, 4 * limit).split())[:limit]


def untagged(text: str) -> str:
    """Return text that closes no tag of a prompt which stands around it."""
    return text.replace("</", "< /")


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co"}
