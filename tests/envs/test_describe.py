import re

import pytest

from rewardlab.envs.metaworld.table import ROWS
from rewardlab.envs.tasks import task

IDS = [f"metaworld/{name}" for name in ROWS]
IDS += [f"tabletop/{name}" for name in ("lift-cube", "pick-cube", "stack-cube", "turn-faucet")]
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
            if kind in set(classes) - {"ObjectPose"} and name not in ("previous", "initial"):
                yield from walk(kind, f"{prefix}{name}.")
            elif name not in ("previous", "initial", "time"):
                yield prefix + name

    seen = {path for path, slot in made.scene.described.items() if not slot.field.hidden}
    assert set(walk(root)) == seen
    assert {"previous", "initial", "time"} < set(classes[root])
    assert made.goal in text
    assert made.success in text
    for name in made.scene.action.names:
        assert name in text
    for tip in made.tips:
        assert tip in text
    assert max(map(len, text.splitlines())) < 250


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


def test_methods_stand_with_what_they_take_and_give():
    text = task("tabletop/turn-faucet").describe()
    for line in (
        "    check_grasp(obj, max_angle: float = 85) -> bool  # whether both fingers press obj, ",
        "    local_sdf(positions: np.ndarray) -> np.ndarray  # (N,) [m] signed distance of points ",
        "    get_pcd() -> np.ndarray  # (M,3) [m] points on the surface of all its links",
        "    target_grasp_poses: list[ObjectPose]  # two poses",
        "    pose: ObjectPose  # where it is in the world",
    ):
        assert f"\n{line}" in text


def test_the_class_of_poses_is_shown_once_and_only_where_there_are_poses():
    assert task("tabletop/stack-cube").describe().count("class ObjectPose:") == 1
    assert "ObjectPose" not in task("metaworld/drawer-open").describe()


def test_what_never_changes_is_said():
    assert "cube_half_size: float  # [m] always 0.02: half" in task("tabletop/lift-cube").describe()
