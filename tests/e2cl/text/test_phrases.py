"""Actions as phrases: no phrase has two readings."""

import numpy as np
import pytest

from rewardlab.e2cl.babyai.reasons import VERBS as BABYAI
from rewardlab.e2cl.household.verbs import VERBS as HOUSEHOLD
from rewardlab.e2cl.text.phrases import phrase, read, template
from rewardlab.e2cl.world import END, OK, Action, Language, View

NAMES = ("plate", "plate#2", "on", "back", "television", "in")


def view():
    n = len(NAMES)
    return View(
        "", (), tuple(range(10, 10 + n)), NAMES,
        np.zeros(n, np.int64), np.zeros((n, 1), np.float32), np.zeros(1, np.float32),
    )  # fmt: skip


@pytest.mark.parametrize("verbs", [HOUSEHOLD, BABYAI], ids=["household", "babyai"])
def test_every_action_is_read_back_from_its_phrase(verbs):
    seen, language = view(), Language(verbs, (OK,), ("thing",), 1, 1)
    actions = [END]
    for verb in verbs:
        for first in seen.ids:
            actions += [Action(verb.name, (first, other)[: verb.arity]) for other in seen.ids]
    for action in dict.fromkeys(actions):
        said = phrase(action, seen)
        assert read(said, seen, language) == action, said
        assert read(f"  {said.capitalize()}. ", seen, language) == action


@pytest.mark.parametrize("verbs", [HOUSEHOLD, BABYAI], ids=["household", "babyai"])
def test_no_two_verbs_are_said_alike(verbs):
    said = [template(verb.name, verb.arity) for verb in verbs]
    assert len({*said}) == len(said)


@pytest.mark.parametrize(
    "line", ["grab unicorn", "walk to", "I would grab the plate", "", "put on"]
)
def test_what_says_no_action_is_none(line):
    assert read(line, view(), Language(HOUSEHOLD, (OK,), ("thing",), 1, 1)) is None
