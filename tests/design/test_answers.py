import pytest

from rewardlab.coders.replay import family
from rewardlab.design.answers import Said, answer_of, read_answers
from rewardlab.errors import UsageError
from rewardlab.store.files import write_json


@pytest.mark.parametrize("choice", ["left", "right", "equal", "neither"])
def test_a_choice_survives_being_written_down_and_said_about_other_runs(choice):
    said = Said("Go on.", 3, choice, "It waves.")
    assert answer_of(said.arguments("this", "that")) == said
    assert said.arguments("new", None) == {"comment": "Go on.", "rating": 3, "seen": "It waves."}


def test_a_preferred_run_alone_is_the_left_one():
    assert answer_of({"prefer": "that", "other": "that"}).choice == "left"


def test_answers_are_read_from_lines_of_words_or_json(tmp_path):
    (tmp_path / "comments.txt").write_text('Be {gentle}.\n\n{"rating": 2, "choice": "left"}\n')
    expected = [Said("Be {gentle}."), Said(rating=2, choice="left")]
    assert read_answers(tmp_path) == read_answers(tmp_path / "comments.txt") == expected


@pytest.mark.parametrize("line", ['{"rating": 2', '{"stars": 2}', '{"choice": "up"}'])
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
    write_json(second.path / "feedback.json", {"rating": 4, "child": third.program.id})
    assert read_answers(first.path) == [Said("One."), Said(rating=4)]
    assert family(first.path) == [first.path, second.path, third.path]
    second.release("failed")
    assert read_answers(first.path) == [Said("One.")]


def test_runs_that_lead_to_each_other_end(make_run, good):
    first = make_run("first")
    second = make_run("second", good.replace("5.0", "6.0"))
    write_json(first.path / "feedback.json", {"child": second.program.id})
    write_json(second.path / "feedback.json", {"child": first.program.id})
    assert family(first.path) == [first.path, second.path]
