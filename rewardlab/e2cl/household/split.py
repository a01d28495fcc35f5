"""Which programs are learned from and which are measured with."""

from __future__ import annotations

import hashlib
import random
from functools import cache

from rewardlab.e2cl.household.package import goal, names, program
from rewardlab.e2cl.world import Split

MAX_STEPS = 25
"""Longer programs are left out."""
N_TEST = 100
TEST_SHA256 = "4d88c83b3abf40b4e8382cff85fb9aeb22dfcb28d1cc7609d721640f3b752f52"
"""Of the test ids, one a line: another package's data would be another benchmark."""


@cache
def episodes(split: Split) -> tuple[str, ...]:
    """Return the ids of a split.

    Of the programs of at most 25 steps 100 with a goal are drawn to measure with, in the order
    drawn; all others are to learn from, in the order of their names.
    """
    short = [name for name in names() if len(program(name).actions) <= MAX_STEPS]
    with_goal = [name for name in short if not goal(name).empty]
    random.Random(0).shuffle(with_goal)
    test = tuple(with_goal[:N_TEST])
    if split == "test":
        return test
    drawn = set(test)
    return tuple(name for name in short if name not in drawn)


def digest(ids: tuple[str, ...]) -> str:
    """Return the SHA-256 of ids, one a line."""
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()
