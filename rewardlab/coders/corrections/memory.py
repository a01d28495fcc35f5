"""Corrections that may help with what is asked now, chosen by likeness and never leaking it."""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rewardlab.coders.corrections.record import Correction
from rewardlab.coders.likeness import NEAR_DUPLICATE, likeness, twins
from rewardlab.program.size import measured

K1, B = 1.2, 0.75
"""Parameters of BM25: how soon repetition stops to count, how much length does."""
NEWEST = 2_000
"""Records looked through."""
_WORD = re.compile(r"[A-Za-z]+|\d+")


@dataclass(frozen=True)
class Wanted:
    """For what corrections are wanted.

    Attributes:
        goal: What is asked.
        task_id: Its task.
        env_id: Its environment.
        env_family: Its suite.
        code: Of the finding that is to be put right; `""` before there is one.
        message: Likewise.
        frozen: Ids of further tasks of which nothing may be shown.
    """

    goal: str
    task_id: str
    env_id: str
    env_family: str
    code: str = ""
    message: str = ""
    frozen: Collection[str] = ()


class Remembered(NamedTuple):
    """A correction and how well it fits: 2 for its code, 1 for its family, below 1 for words."""

    score: float
    record: Correction


def remember(records: Sequence[Correction], wanted: Wanted, k: int) -> tuple[Remembered, ...]:
    """Return up to `k` accepted corrections that are not hollow, the best first.

    The score is `2 [same code] + [same family] + b / (1 + b)` with `b` the BM25 of goal and
    message: unsquashed it would overrule the code. Never shown is what could give the answer away
    (the rules for solved examples): corrections of the asked task, of its environment, of frozen
    tasks; those with nearly the asked goal; twins of any program of these, and of what is shown.
    """
    pool = [record for record in records[-NEWEST:] if record.useful]
    secret = [r for r in pool if _is_secret(r, wanted)]
    open_ = [r for r in pool if not _is_secret(r, wanted) and not _is_near(r, wanted)]
    query = f"{wanted.goal} {wanted.message}"
    words = bm25(query, [f"{r.goal} {r.feedback.message}" for r in open_])
    ranked = sorted(
        (
            Remembered(_score(record, wanted, b), record)
            for record, b in zip(open_, words, strict=True)
        ),
        key=lambda one: (-one.score, one.record.id),
    )
    shown: list[Remembered] = []
    for one in ranked:
        if len(shown) == k:
            break
        others = [*secret, *(s.record for s in shown)]
        if not any(_are_twins(one.record.fixed, other.fixed) for other in others):
            shown.append(one)
    assert not any(_is_secret(one.record, wanted) for one in shown)
    return tuple(shown)


def bm25(query: str, texts: Sequence[str]) -> list[float]:
    """Return the BM25 score of each text for a query (Robertson and Zaragoza, 2009)."""
    counts = [Counter(_words(text)) for text in texts]
    mean = sum(c.total() for c in counts) / len(counts) if counts else 0.0
    n_with = Counter(word for c in counts for word in c)
    asked = set(_words(query))
    return [_bm25(c, asked, n_with, len(texts), mean) for c in counts]


def _bm25(c: Counter[str], asked: set[str], n_with: Counter[str], n: int, mean: float) -> float:
    length = K1 * (1.0 - B + B * c.total() / mean) if mean else K1
    return sum(
        math.log(1.0 + (n - n_with[word] + 0.5) / (n_with[word] + 0.5))
        * c[word]
        * (K1 + 1.0)
        / (c[word] + length)
        for word in sorted(asked & c.keys())
    )


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _score(record: Correction, wanted: Wanted, b: float) -> float:
    same_code = bool(wanted.code) and record.feedback.code == wanted.code
    return 2.0 * same_code + (record.env_family == wanted.env_family) + b / (1.0 + b)


def _is_secret(record: Correction, wanted: Wanted) -> bool:
    same = record.task == wanted.task_id or record.env_id == wanted.env_id
    return same or record.task in wanted.frozen


def _is_near(record: Correction, wanted: Wanted) -> bool:
    return likeness(record.goal, wanted.goal) >= NEAR_DUPLICATE


def _are_twins(a: str, b: str) -> bool:
    """Return whether two fixes are one; a fix may still be no Python."""
    readable = all(isinstance(measured(text), ast.Module) for text in (a, b))
    return twins(a, b) if readable else a == b
