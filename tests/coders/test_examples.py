import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardlab.coders.examples import Query, retrieve
from rewardlab.coders.library import Solved, add, own_folder, reference
from rewardlab.coders.likeness import NEAR_DUPLICATE, likeness, twins
from rewardlab.program.reading import read
from tests.coders.alike import OTHER, RENAMED, SOURCE
from tests.fuzz.scenes import SCENES


def solved(name, goal, source=SOURCE, env_id=""):
    task_id = name if "/" in name else f"metaworld/{name}"
    return Solved(
        task_id, goal, source, env_id or f"{task_id.rpartition('/')[2].removesuffix('-v3')}-v3"
    )


@pytest.fixture
def find(scene):
    def run(among, goal="Pull the lever up.", k=5, task_id="metaworld/asked", frozen=()):
        query = Query(goal, task_id, "asked-v3", scene, frozen)
        return retrieve(query, k, among=among)

    return run


@pytest.fixture
def ask(find):
    def run(*args, **options):
        found = find(*args, **options)
        return [example.task_id.removeprefix("metaworld/") for example in found.examples]

    return run


def why(found, name):
    return next(d["why"] for d in found.record["dropped"] if d["task"] == f"metaworld/{name}")


def test_the_most_similar_goal_comes_first(ask):
    among = [solved("a", "Walk far away.", OTHER), solved("b", "Pull the long lever.")]
    assert ask(among) == ["b", "a"]
    assert ask(among, k=1) == ["b"]


def test_ties_go_by_task_id(ask):
    among = [solved("b", "Lift x."), solved("a", "Lift y.", OTHER)]
    assert ask(among, goal="zzz") == ["a", "b"]
    assert ask(among[::-1], goal="zzz") == ["a", "b"]


def test_what_is_of_the_asked_task_is_never_shown(find):
    found = find([solved("asked", "Anything."), solved("a", "Else.", OTHER)])
    assert [e.task_id for e in found.examples] == ["metaworld/a"]
    assert why(found, "asked") == "it is of the asked task"


def test_the_asked_environment_under_another_suites_name_is_the_asked_task(ask):
    assert ask([solved("gym/asked-v3", "Else.", env_id="asked-v3")]) == []


def test_another_behaviour_in_the_same_environment_is_another_task(ask):
    """`locomotion/hopper-forward` and `locomotion/hopper-front-flip` share a robot."""
    assert ask([solved("a", "Else.", env_id="asked-v3")]) == ["a"]


@pytest.mark.parametrize("twin", [RENAMED, SOURCE + "# more\n", SOURCE.replace("-dist", "- dist")])
def test_a_twin_of_the_tasks_own_program_is_never_shown(find, twin):
    found = find([solved("asked", "Anything."), solved("twin", "Else.", twin)])
    assert found.examples == ()
    assert why(found, "twin") == "it is a twin of a program of metaworld/asked"


def test_a_near_duplicate_of_the_goal_is_never_shown(find):
    found = find([solved("a", "pull the lever up")])
    assert found.examples == ()
    assert why(found, "a") == "its goal is nearly the asked one"


def test_two_twins_are_shown_once(find):
    found = find([solved("a", "Pull it."), solved("b", "Push it.", RENAMED)])
    assert len(found.examples) == 1
    assert "which is shown" in found.record["dropped"][0]["why"]


def test_two_programs_of_one_goal_are_shown_once(ask):
    assert ask([solved("a", "Pull it."), solved("a", "Pull it.", OTHER)]) == ["a"]


def test_frozen_tasks_and_their_twins_are_never_shown(find):
    among = [solved("a", "Pull it."), solved("b", "Push it.", RENAMED), solved("c", "No.", OTHER)]
    found = find(among, frozen=["metaworld/a"])
    assert [e.task_id for e in found.examples] == ["metaworld/c"]
    assert why(found, "a") == "its task is frozen"
    assert why(found, "b") == "it is a twin of a program of metaworld/a"
    assert found.record["frozen"] == ["metaworld/a"]


def test_an_example_that_the_asked_scene_would_refuse_is_not_shown(find):
    found = find([solved("a", "Else.", OTHER.replace("gripper_openness", "fingers"))])
    assert found.examples == ()
    assert "UnknownAttribute" in why(found, "a")


def test_the_record_tells_what_was_shown_and_is_json(find):
    found = find([solved("b", "Pull the long lever."), solved("a", "Pull.", OTHER)], k=1)
    (shown,) = found.record["shown"]
    assert shown["task"] == "metaworld/b"
    assert 0 < shown["score"] < 1
    assert re.fullmatch("[0-9a-f]{12}", shown["id"])
    assert json.loads(json.dumps(found.record)) == found.record


def test_by_default_both_libraries_are_searched_and_broken_entries_told(scene):
    add(solved("own", "Pull the red lever.", OTHER))
    (own_folder() / "odd.yaml").write_text("a: [")
    found = retrieve(Query("Pull the lever up.", "metaworld/asked", "x", scene), 50)
    shown = {example.task_id for example in found.examples}
    assert "metaworld/own" in shown
    assert "metaworld/reach" in shown
    assert found.record["broken"][0]["name"] == "odd.yaml"


def test_offline_twice_gives_the_same(scene):
    query = Query("Pull the lever up.", "metaworld/asked", "x", scene)
    assert retrieve(query, 3) == retrieve(query, 3)


TABLE = SCENES["table"]
BODIES = st.sampled_from(
    [SOURCE, RENAMED, OTHER, *(SOURCE.replace("-dist", f"-{i} * dist") for i in (2, 3))]
)
GOALS = st.sampled_from(["Pull the lever up.", "pull lever up", "Push.", "Walk far.", "Turn it."])
IDS = st.sampled_from(["metaworld/asked", "gym/asked-v3", *(f"metaworld/{c}" for c in "abcd")])
ENTRIES = st.builds(solved, IDS, GOALS, BODIES)


@settings(max_examples=100, deadline=None)
@given(among=st.lists(ENTRIES, max_size=8), frozen=st.sets(IDS, max_size=2), k=st.integers(0, 4))
def test_nothing_leaks_whatever_the_library_holds(among, frozen, k):
    query = Query("Pull the lever up.", "metaworld/asked", "asked-v3", TABLE, frozen)
    shown = retrieve(query, k, among=among).examples
    assert len(shown) <= k
    secret = [e for e in among if e.task_id in {"metaworld/asked", "gym/asked-v3", *frozen}]
    for i, example in enumerate(shown):
        assert example.task_id not in {"metaworld/asked", "gym/asked-v3", *frozen}
        assert likeness(example.goal, query.goal) < NEAR_DUPLICATE
        assert not any(twins(example.source, other.source) for other in (*secret, *shown[:i]))
        assert read(example.source, query.scene).ok


@pytest.fixture
def seek():
    """Retrieve for a task known by name, from the packaged library."""
    from rewardlab.envs.tasks import SUITES, scene_of, task

    def run(id, k, among=None):
        if not SUITES[id.partition("/")[0]].available:
            pytest.skip("its simulator is not installed")
        one = task(id)
        query = Query(one.goal, one.id, one.env_id, one.scene, scene_of=scene_of)
        return retrieve(query, k, among=reference() if among is None else among)

    return run


def test_what_fits_comes_before_what_is_akin_and_more_alike(seek):
    found = seek("tabletop/pick-cube", 50)
    fits = [not example.absent for example in found.examples]
    assert fits == sorted(fits, reverse=True)
    first, *_ = shown = found.record["shown"]
    assert first["why"] == "it reads as valid in the asked scene"
    assert "absent" not in first
    (akin,) = (i for i, entry in enumerate(shown) if entry["task"] == "tabletop/stack-cube")
    assert shown[akin]["why"] == "its robot is of the same family"
    assert shown[akin]["absent"] == ["self.cubeB"] == list(found.examples[akin].absent)
    assert json.loads(json.dumps(found.record)) == found.record


def test_akin_programs_leak_no_more_than_others(seek):
    found = seek("tabletop/open-cabinet-door", 50)
    assert "tabletop/turn-faucet" in {example.task_id for example in found.examples}
    told = {entry["task"]: entry["why"] for entry in found.record["dropped"]}
    assert told["tabletop/open-cabinet-door"] == "it is of the asked task"
    assert "twin of a program of" in told["tabletop/open-cabinet-drawer"]
    assert "the asked scene refuses it" in told["locomotion/ant-forward"]


def test_an_example_that_is_akin_to_a_twin_of_one_shown_is_left_out(seek):
    among = [entry for entry in reference() if entry.task_id.startswith("tabletop/open-")]
    found = seek("tabletop/turn-faucet", 5, among)
    assert len(found.examples) == 1
    assert "which is shown" in found.record["dropped"][0]["why"]


def test_without_known_scenes_only_what_fits_is_shown(seek):
    from rewardlab.envs.tasks import task

    assert any(example.absent for example in seek("tabletop/stack-cube", 5).examples)

    one = task("tabletop/stack-cube")
    found = retrieve(Query(one.goal, one.id, one.env_id, one.scene), 5, among=reference())
    assert not any(example.absent for example in found.examples)


@pytest.mark.parametrize("entry", reference(), ids=lambda entry: entry.task_id)
def test_every_task_of_the_library_gets_examples_but_never_its_own_program(seek, entry):
    examples = seek(entry.task_id, 5).examples
    assert examples
    for shown in examples:
        assert shown.task_id != entry.task_id
        assert not twins(shown.source, entry.source)
