"""The tree in the docstring of `rewardlab.errors` is the tree that is there."""

import inspect
import re

import pytest

from rewardlab import errors
from rewardlab.errors import MissingExtra, RewardlabError, UnknownName, closest

CLASSES = {
    name: cls
    for name, cls in inspect.getmembers(errors, inspect.isclass)
    if issubclass(cls, RewardlabError)
}


def documented():
    """Read `(name, parent, exit code)` off the drawing, four characters a level."""
    chain = []
    for line in errors.__doc__.splitlines():
        found = re.fullmatch(r"([│ ├└─]*)(\w+) +(\d)\b.*", line)
        if found:
            level = len(found[1]) // 4
            chain = [*chain[:level], found[2]]
            yield found[2], chain[-2] if level else "Exception", int(found[3])


def test_every_error_is_drawn_with_its_parent_and_exit_code():
    there = {(name, cls.__base__.__name__, cls.exit_code) for name, cls in CLASSES.items()}
    assert set(documented()) == there


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (["drawer-open", "door-open"], "unknown task 'drawer-opne'; did you mean drawer-open"),
        (["push", "pull"], "unknown task 'drawer-opne'; known: push, pull"),
        ([f"x{i}" for i in range(11)], "x4, x5, x6, x7, x8, x9 …"),
        ([], "unknown task 'drawer-opne'; there is no task yet"),
    ],
)
def test_an_unknown_name_says_which_there_are(known, message):
    error = UnknownName("task", "drawer-opne", known)
    assert message in str(error)
    assert error.known == tuple(known)


def test_a_remedy_ends_the_message():
    assert str(UnknownName("run", "x", [], "See: rewardlab runs")).endswith(" See: rewardlab runs")


def test_a_missing_extra_names_the_command_that_brings_it():
    assert "pip install 'rewardlab[metaworld]'" in str(MissingExtra("metaworld tasks", "metaworld"))


def test_closest_names_ignore_case_and_come_best_first():
    assert closest("OPEN", ["open", "opened", "close"])[0] == "open"
    assert closest("qqq", ["open", "close"]) == []
    assert closest("cabinet", ["ant", "cab"]) == ["cab"]
    assert closest("cabi", ["cabinet_x"]) == ["cabinet_x"]
    assert len(closest("aaa", ["aaa1", "aaa2", "aaa3"], n=2)) == 2
