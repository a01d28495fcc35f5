import pytest

from rewardlab.design.feedback import Feedback
from rewardlab.errors import UsageError


def test_words_and_opinion():
    feedback = Feedback("  too slow ", 2, "other")
    assert feedback.words == "too slow"
    assert "2 of 5" in feedback.opinion
    assert "run other" in feedback.opinion
    assert Feedback().words == Feedback().opinion == ""
    assert feedback.to_json() == {
        "comment": "  too slow ",
        "rating": 2,
        "prefer": "other",
        "seen": None,
        "other": None,
    }


def test_a_choice_says_between_what():
    with pytest.raises(UsageError, match="which runs"):
        Feedback(prefer="neither")
    with pytest.raises(UsageError, match="preferred"):
        Feedback(other="run")


@pytest.mark.parametrize("rating", [0, 6, -1])
def test_a_rating_off_the_scale_is_refused(rating):
    with pytest.raises(UsageError, match=r"1 .* to 5"):
        Feedback(rating=rating)


def test_a_comment_that_is_too_long_is_refused():
    with pytest.raises(UsageError, match="4000"):
        Feedback("x" * 4001)


@pytest.mark.parametrize("side", ["left", "right", "equal", "neither"])
def test_a_choice_between_sides_is_one_between_the_runs_of_two_rounds(side):
    said = Feedback("Go on.", 3, side, "It waves.", other="left")
    about = said.about("this", "that")
    runs = {"left": "that", "right": "this"}
    assert (about.prefer, about.other) == (runs.get(side, side), "that")
    assert about.aside() == said
    assert Feedback.from_json(about.to_json()) == about


def test_without_a_round_before_there_is_no_choice():
    said = Feedback("Go on.", 3, "neither", "It waves.", other="left")
    assert said.about("new", None) == Feedback("Go on.", 3, seen="It waves.")


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_side_alone_is_a_choice(side):
    assert Feedback(prefer=side).about("this", "that").other == "that"


def test_runs_that_are_named_stay():
    said = Feedback(prefer="mine", other="yours")
    assert said.about("this", "that") == said
    assert Feedback(prefer="that").aside().prefer == "left"


def test_one_line_says_all_but_what_was_seen():
    said = Feedback("Go on.", 3, "left", "It waves.")
    assert said.line == "Go on., rated 3 of 5, better clip: left"
    assert Feedback().line == ""
