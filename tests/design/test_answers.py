import pytest

from rewardlab.coders.replay import family
from rewardlab.design.answers import read_answers
from rewardlab.design.feedback import Feedback
from rewardlab.errors import UsageError
from rewardlab.store.files import write_json


def test_answers_are_read_from_lines_of_words_or_json(tmp_path):
    (tmp_path / "comments.txt").write_text('Be {gentle}.\n\n{"rating": 2, "choice": "neither"}\n')
    expected = [Feedback("Be {gentle}."), Feedback(rating=2, prefer="neither", other="left")]
    assert read_answers(tmp_path) == read_answers(tmp_path / "comments.txt") == expected


@pytest.mark.parametrize(
    "line", ['{"rating": 2', '{"stars": 2}', '{"choice": "up"}', '{"rating": 9}', '{"comment": 1}']
)
def test_a_damaged_line_is_named(tmp_path, line):
    (tmp_path / "c").write_text(f"fine\n{line}\n")
    with pytest.raises(UsageError, match="line 2"):
        read_answers(tmp_path / "c")


def test_missing_comments_are_told(tmp_path):
    with pytest.raises(UsageError, match="cannot read the comments"):
        read_answers(tmp_path / "none.txt")


def test_the_answers_of_a_run_are_those_that_led_on(make_run, good):
    first = make_run("first")
    second = make_run("second", good.replace("5.0", "6.0"), parent=first.program.id)
    third = make_run("third", good.replace("5.0", "7.0"), parent=second.program.id)
    make_run("stranger", good.replace("5.0", "8.0"))
    write_json(first.path / "feedback.json", {"comment": "One.", "child": second.program.id})
    chosen = {"rating": 4, "prefer": "second", "other": "first", "child": third.program.id}
    write_json(second.path / "feedback.json", chosen)
    said = [Feedback("One."), Feedback(rating=4, prefer="right", other="left")]
    assert read_answers(first.path) == said
    assert family(first.path) == [first.path, second.path, third.path]
    second.release("failed")
    assert read_answers(first.path) == [Feedback("One.")]


def test_runs_that_lead_to_each_other_end(make_run, good):
    first = make_run("first")
    second = make_run("second", good.replace("5.0", "6.0"))
    write_json(first.path / "feedback.json", {"child": second.program.id})
    write_json(second.path / "feedback.json", {"child": first.program.id})
    assert family(first.path) == [first.path, second.path]
