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
