import pytest

from rewardlab.evaluation.explain import explain

SOURCE = """
OPEN = 2.5  # how far the drawer is open
COST = 0.5

# What follows is about all of them.
def compute_dense_reward(self, action):
    near = 1 - x  # how near the hand is
    # how hard it pulls
    pull = 4 * y
    # the terms
    terms = {"near": near, "pull": pull, "plain": 3 * z, **more}
    terms["open"] = OPEN * w * v
    terms["late"] = -COST * w  # a cost
    return sum(terms.values()), terms
"""


def test_terms_are_explained_by_comments_and_else_by_their_expression():
    assert {name: e.text for name, e in explain(SOURCE).items()} == {
        "near": "how near the hand is",
        "pull": "how hard it pulls",
        "plain": "3 * z",
        "open": "how far the drawer is open",
        "late": "a cost",
    }


def test_weights_are_the_numbers_in_front():
    assert {name: e.weight for name, e in explain(SOURCE).items()} == {
        "near": None,
        "pull": 4.0,
        "plain": 3.0,
        "open": 2.5,
        "late": -0.5,
    }


def test_a_hash_inside_a_text_is_no_comment():
    found = explain('t = {"a": f, "b#": g}')
    assert {name: e.text for name, e in found.items()} == {"a": "f", "b#": "g"}


def test_letters_outside_ascii_do_not_shift_comments():
    assert explain('t = {"é": "ü" * n}  # größer')["é"].text == "größer"


DEEP = "{'a': " + "*".join(["x"] * 900) + "}"
LONG = "{'a': x + 0x" + "f" * 5000 + "}"
LARGE = "{'a': 0x" + "f" * 400 + " * x}"


@pytest.mark.parametrize(
    "source",
    ["", "def (", "x = '\0'", "(" * 5000, "-" * 100_000 + "1", DEEP, LONG, LARGE, "x = '\\d' +"],
)
def test_what_cannot_be_read_has_no_explanations(source):
    assert explain(source) == {}


def test_a_number_made_plain_is_looked_into():
    source = """def compute_dense_reward(self, action):
    # Stage 1: the torso turns over.
    turned = clip_and_normalize(-self.ant.torso.up_vector[2], -1.0, 1.0)
    terms = {
        "turned": float(2.0 * turned),
        "both": float(turned * turned),
        "plain": float(turned),
    }
    return sum(terms.values()), terms
"""
    assert explain(source) == {
        "turned": (2.0, "Stage 1: the torso turns over."),
        "both": (None, "turned * turned"),
        "plain": (None, "turned"),
    }
