"""Names that coders invent, and those that stood in their place once it was right."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import NamedTuple

from rewardlab.coders.corrections.normal import normal
from rewardlab.coders.corrections.record import Correction

N_PROGRAMS = 2
"""Distinct programs in which a substitution is seen before it becomes a rule."""
N_AVOIDED = 5
"""Substitutions that a generation prompt names."""
RULE = "learnt"
_TOKEN = re.compile(r"\w+|[^\w\s]")
_QUOTED = re.compile(r"'(\w{1,64})'")
_MOST = 5
"""Tokens of a replacement: `robot.ee_position` has three."""


class Substitution(NamedTuple):
    """A name that is not there, and what was meant.

    Attributes:
        wrong: The name.
        right: What was written instead, e.g. `"ee_position"` or `"robot.ee_position"`.
        is_member: Whether it was read of something, as in `self.wrong`.
    """

    wrong: str
    right: str
    is_member: bool

    @property
    def rule(self) -> str:
        """The name of the rule that makes it."""
        return f"{RULE} {self.wrong} -> {self.right}"

    def apply(self, line: str) -> str:
        """Return a line with the name replaced wherever it stands alone."""
        before = r"(?<=\.)" if self.is_member else r"(?<![\w.])"
        return re.sub(rf"{before}{re.escape(self.wrong)}(?!\w)", lambda _: self.right, line)


def learnt(records: Iterable[Correction], env_family: str) -> tuple[Substitution, ...]:
    """Return the rules for a family of environments, the commonest first.

    A substitution becomes one when it put right at least `N_PROGRAMS` distinct programs, and is
    dropped for good once it made a program worse. Of two for one name the commoner counts.
    """
    family = [record for record in records if record.env_family == env_family]
    worse = {r.corrector for r in family if r.severity_after > r.severity_before}
    names: set[str] = set()
    rules = []
    for found, n in _counted(family):
        if n >= N_PROGRAMS and found.wrong not in names and f"rule:{found.rule}" not in worse:
            names.add(found.wrong)
            rules.append(found)
    return tuple(rules)


def avoided(records: Iterable[Correction], env_id: str) -> tuple[Substitution, ...]:
    """Return the commonest substitutions of an environment, at most `N_AVOIDED`."""
    own = [record for record in records if record.env_id == env_id]
    return tuple(found for found, _ in _counted(own)[:N_AVOIDED])


def substitution(record: Correction) -> Substitution | None:
    """Return what a correction of an unknown name put in its place, `None` if it is not plain."""
    named = _QUOTED.search(record.feedback.message)
    if record.feedback.class_ != "E3" or named is None:
        return None
    before, after = _TOKEN.findall(record.program), _TOKEN.findall(record.fixed)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, i, j, k, end in matcher.get_opcodes():
        if tag == "replace" and before[i:j] == [named[1]] and end - k <= _MOST:
            right = "".join(after[k:end])
            if re.fullmatch(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*", right):
                return Substitution(named[1], right, i > 0 and before[i - 1] == ".")
    return None


def _counted(records: Iterable[Correction]) -> list[tuple[Substitution, int]]:
    """Return substitutions with the number of distinct programs, the commonest first."""
    programs: dict[Substitution, set[str]] = defaultdict(set)
    for record in records:
        if record.useful and (found := substitution(record)) is not None:
            programs[found].add(normal(record.program))
    counts = Counter({found: len(some) for found, some in programs.items()})
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
