"""What a sentence asks for, without what it only tells, forbids or talks about."""

from __future__ import annotations

import re
from typing import NamedTuple

_CLAUSE = re.compile(r"[.,](?!\d)|[;:!?]")
_POLITE = re.compile(
    r"(?:please |hey |robot )*(?:can|could|would|will|won't) (?:you|we)\b|\blet's\b"
)
_QUESTION = re.compile(r"(?:is|are|was|were|does|did|what|who|whose|where|when|why|how|which)\b")
_TOLD = re.compile(
    r"^(?!.*\b(?:so that|make sure|ensure|until|till|want|keep|let)\b)"
    r"(?:and |but |because |since |as )*"
    r"(?:[\w' -]+? )?(?:\w+'(?:s|re|m)|is|are|was|were|am|has been|have been)\b(?! to )"
)
_NEGATED = re.compile(
    r"^(?:and |but |please |just )*(?:do not|don't|never|neither|dont|must not)\b"
)
_SPARED = re.compile(
    r"\bwithout (?:\w+ing\b(?: it| them| the \w+)?(?: over| down| off)?|a? ?\w+)"
    r"|\b(?:from|instead of|rather than|not) \w+ing\b(?: it| the \w+)?(?: over| down)?"
    r"|\b(?:do not|don't|dont|never|must not|mustn't|should not|shouldn't|avoid) .*?(?= and |$)"
    r"|\babout .*"
)
_STILL = re.compile(r"\b(?:do not|don't|dont|not|without|never) (?:move|moving|walk\w*|go|going)\b")


class Sentence(NamedTuple):
    """A goal, read as clauses.

    Attributes:
        text: What it asks for, in lower case: statements, prohibitions, topics left out.
        question: Whether it only asks.
        forbids: Whether it says what not to do, and nothing else.
        still: Whether it asks not to move.
        left: What was left out of `text`.
    """

    text: str
    question: bool
    forbids: bool
    still: bool
    left: tuple[str, ...] = ()


def listen(goal: str) -> Sentence:
    """Read a goal: `"the drawer is open, shut it"` asks for `"shut it"`."""
    text = " ".join(goal.lower().replace("’", "'").split())
    polite = _POLITE.sub("", text)
    question = (text.endswith("?") and polite == text) or bool(_QUESTION.match(polite))
    still = bool(_STILL.search(polite))
    clauses = [part.strip() for part in _CLAUSE.split(_STILL.sub("stand still", polite))]
    clauses = [clause for clause in clauses if clause]
    allowed = [clause for clause in clauses if not _NEGATED.match(clause)]
    asked = [clause for clause in allowed if not _TOLD.match(clause)] or allowed
    spared = (" ".join(_SPARED.sub(" ", clause).split()) for clause in asked)
    left = [clause for clause in clauses if clause not in asked]
    left += [match.group().strip() for clause in asked for match in _SPARED.finditer(clause)]
    forbids = bool(clauses) and not allowed
    return Sentence(", ".join(spared), question, forbids, still, tuple(left))
