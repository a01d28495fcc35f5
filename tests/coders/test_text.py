import pytest

from rewardlab.coders.text import clean, one_line


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b[31mred\x07", "[31mred"),
        ("user\u202etxt.exe", "usertxt.exe"),
        ("zero\u200bwidth", "zerowidth"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("größe ≥ 3 m 🤖", "größe ≥ 3 m 🤖"),
    ],
)
def test_only_what_can_be_seen_stays(text, kept):
    assert clean(text) == kept


def test_long_text_is_cut_to_the_limit_and_says_so():
    assert clean("x" * 50, 10) == "x" * 9 + "…"
    assert clean("x" * 10, 10) == "x" * 10


def test_one_line_is_one_line():
    assert one_line("  a\n\n b\t c  ") == "a b c"
    assert len(one_line("word " * 1000, 40)) <= 40
