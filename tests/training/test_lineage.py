import pytest

from rewardlab.config import RunConfig
from rewardlab.program.program import RewardProgram
from rewardlab.store.files import write_json
from rewardlab.training.lineage import ancestors, feedback_of, lineage
from rewardlab.training.run import Run


@pytest.fixture
def make_run(tmp_path):
    config = RunConfig("metaworld/drawer-open", 1000, reward="program")

    def make(name, source, *, parent=None, created="1"):
        run = Run.create(tmp_path, config, program=RewardProgram(source, parent=parent), name=name)
        run.update(created=created)
        return run

    return make


def program_id(source):
    return RewardProgram(source).id


def tree(run):
    return [
        (n.run.id, n.parent.id if n.parent else None, n.depth) for n in lineage(run.path.parent)
    ]


def test_children_follow_their_parents(make_run):
    a = make_run("a", "a\n", created="1")
    make_run("z", "z\n", created="2")
    make_run("b", "b\n", parent=a.program.id, created="3")
    c = make_run("c", "c\n", parent=program_id("b\n"), created="4")
    assert tree(a) == [("a", None, 0), ("b", "a", 1), ("c", "b", 2), ("z", None, 0)]
    assert [run.id for run in ancestors(c)] == ["a", "b"]


def test_a_parent_that_is_gone_makes_a_root(make_run):
    run = make_run("b", "b\n", parent=program_id("gone\n"))
    assert tree(run) == [("b", None, 0)]
    assert ancestors(run) == []


def test_of_several_runs_of_the_parent_the_one_with_the_feedback_counts(make_run):
    first = make_run("first", "a\n", created="1")
    make_run("second", "a\n", created="2")
    child = make_run("child", "b\n", parent=program_id("a\n"), created="3")
    assert [run.id for run in ancestors(child)] == ["second"]
    write_json(first.path / "feedback.json", {"comment": "x", "child": program_id("b\n")})
    assert [run.id for run in ancestors(child)] == ["first"]


def test_a_program_refined_back_into_itself_ends(make_run):
    same = {"created": "1"}
    a = make_run("a", "a\n", parent=program_id("b\n"), **same)
    b = make_run("b", "b\n", parent=program_id("a\n"), **same)
    assert sorted(n.run.id for n in lineage(a.path.parent)) == ["a", "b"]
    assert len(ancestors(a)) == len(ancestors(b)) == 1


def test_no_folder_no_lineage(tmp_path):
    assert lineage(tmp_path / "none") == []


def test_feedback_comes_newest_first(make_run):
    run = make_run("a", "a\n")
    assert feedback_of(run) == []
    write_json(run.path / "feedback.json", {"comment": "2", "earlier": [{"comment": "1"}]})
    assert [entry["comment"] for entry in feedback_of(run)] == ["2", "1"]
