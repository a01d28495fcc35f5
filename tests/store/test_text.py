"""Text from anywhere is shown as it is, and steers nothing; rates are read at a glance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardlab.store.text import counted, percent, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain äöü 日本 🤖 \u00a0x\n\ty", "plain äöü 日本 🤖 \u00a0x\n\ty"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("a\u202eb\u2066c\u200bd\ufeff", "a\\x202eb\\x2066c\\x200bd\\xfeff"),
        ("a\rb\x9bc\ud800", "a\\x0db\\x9bc\\xd800"),
    ],
)
def test_what_is_invisible_is_written_as_its_number(text, shown):
    assert printable(text) == shown


@given(st.text())
def test_nothing_steers_a_terminal(text):
    shown = printable(text)
    assert printable(shown) == shown
    assert all(c in "\n\t\u00a0\u3000" or c.isprintable() or c.isspace() for c in shown)


def test_one_thing_is_not_many():
    assert [counted(n, "call") for n in (0, 1, 2_000)] == ["0 calls", "1 call", "2,000 calls"]


def test_success_rates():
    assert percent(0.95, (0.764, 0.991)) == "95 % [76, 99]"
    assert percent(1.0) == "100 %"
    assert percent(None) == "unknown (no success signal)"
