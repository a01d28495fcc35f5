from rewardlab.program.diff import program_diff
from rewardlab.program.program import RewardProgram


def test_the_diff_names_both_programs_and_shows_what_changed():
    parent = RewardProgram("def f():\n    return 1.0\n")
    child = RewardProgram("def f():\n    return 2.0\n")
    text = program_diff(parent, child)
    assert text.startswith(f"--- parent {parent.id[:12]}\n+++ child {child.id[:12]}\n")
    assert "\n-    return 1.0\n" in text
    assert text.endswith("+    return 2.0\n")


def test_equal_programs_have_no_diff():
    program = RewardProgram("x = 1\n")
    assert program_diff(program, program) == ""


def test_a_missing_last_newline_does_not_join_lines():
    text = program_diff(RewardProgram("a = 1"), RewardProgram("a = 2"))
    assert text.splitlines()[-2:] == ["-a = 1", "+a = 2"]
