import re

import pytest

from rewardlab.envs.metaworld.table import ROWS
from rewardlab.envs.tasks import task

IDS = [f"metaworld/{name}" for name in ROWS]
IDS += [f"locomotion/{name}-forward" for name in ("hopper", "ant", "half-cheetah", "walker2d")]


def members(text):
    """The members of each class in a description."""
    found, cls = {}, ""
    for line in text.splitlines():
        if match := re.match(r"class (\w+):", line):
            cls = match[1]
            assert cls not in found
            found[cls] = {}
        elif match := re.match(r"    (\w+): ([\w.]+)", line):
            found[cls][match[1]] = match[2]
    return found


def test_it_says_that_the_policy_sees_the_goal_which_metaworld_hides():
    text = task("metaworld/drawer-open").describe()
    assert "The policy observes the goal too, which MetaWorld hides by default." in text


@pytest.mark.parametrize("id", IDS)
def test_it_lists_exactly_what_the_task_has(id):
    made = task(id)
    text = made.describe()
    assert text == made.describe()
    classes = members(text.partition("\naction:")[0])
    root = made.scene.root.name

    def walk(cls, prefix=""):
        for name, kind in classes[cls].items():
            if kind in classes and name not in ("previous", "initial"):
                yield from walk(kind, f"{prefix}{name}.")
            elif name not in ("previous", "initial", "time"):
                yield prefix + name

    assert set(walk(root)) == set(made.scene.described)
    assert {"previous", "initial", "time"} < set(classes[root])
    assert made.goal in text
    assert made.success in text
    for name in made.scene.action.names:
        assert name in text
    for tip in made.tips:
        assert tip in text
    assert max(map(len, text.splitlines())) < 200


def test_a_second_object_is_described_only_where_there_is_one():
    one, two = task("metaworld/drawer-open"), task("metaworld/hammer")
    assert "obj2" not in one.describe()
    assert "obj2: RigidObject  # nail" in two.describe()
    assert one.scene.layout.keys() == two.scene.layout.keys()
    assert one.scene.hash == two.scene.hash


def test_it_says_what_an_orientation_is_worth():
    text = task("metaworld/handle-press").describe()
    assert "always (1, 0, 0, 0): orientation not given" in text
    assert "not given" not in task("metaworld/door-close").describe()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("window-open", "abs(obj1.position[0] - goal_position[0]) <= 0.05 m"),
        ("window-open", "apart from goal_position by 0.095 m in y"),
        ("handle-press", "abs(obj1.position[2] - goal_position[2]) <= 0.02 m"),
        ("drawer-open", "distance of obj1.position to goal_position <= 0.03 m"),
        ("sweep-into", "distance of obj1.position[:2] to goal_position[:2] <= 0.05 m"),
        ("drawer-open", "(3,) [m] position of the hand"),
        ("drawer-open", "An episode has at most 200 steps (2.5 s)"),
        ("handle-pull", "The goal sentence is our own"),
    ],
)
def test_it_says_what_is_scored(name, said):
    assert said.lower() in task(f"metaworld/{name}").describe().lower()


def test_published_sentences_are_not_called_ours():
    ours = [name for name in ROWS if "our own" in task(f"metaworld/{name}").describe()]
    assert len(ours) == 40
