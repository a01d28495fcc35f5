import pytest

from rewardlab.coders.examples import retrieve, shape, similarities
from rewardlab.coders.library import Solved, reference

SOURCE = """def compute_dense_reward(self, action):
    distance = np.linalg.norm(self.robot.ee_position - self.goal_position)
    return -distance
"""
RENAMED = '''def compute_dense_reward(self, act):
    """Closer is better."""
    # the distance
    d = np.linalg.norm(self.robot.ee_position - self.goal_position)
    return -d
'''
OTHER = """def compute_dense_reward(self, action):
    return float(np.exp(-np.sum(np.square(action)))) + self.robot.gripper_openness
"""


def solved(name, goal, source=SOURCE, env_id=""):
    return Solved(f"metaworld/{name}", goal, source, env_id or f"{name}-v3")


def ask(scene, among, goal="Pull the lever up.", k=5, task_id="metaworld/asked", env_id="asked-v3"):
    found = retrieve(goal, k, task_id=task_id, env_id=env_id, scene=scene, among=among)
    return [example.task_id.removeprefix("metaworld/") for example in found]


def test_no_two_programs_of_the_reference_library_are_alike():
    assert len(reference()) >= 5
    assert len({shape(s.source) for s in reference()}) == len(reference())


def test_the_most_similar_goal_comes_first(scene):
    among = [solved("a", "Walk far away.", OTHER), solved("b", "Pull the long lever.")]
    assert ask(scene, among) == ["b", "a"]
    assert ask(scene, among, k=1) == ["b"]


def test_ties_go_by_task_id(scene):
    among = [solved("b", "Same."), solved("a", "Same.", OTHER)]
    assert ask(scene, among) == ["a", "b"]
    assert ask(scene, among[::-1]) == ["a", "b"]


def test_the_tasks_own_example_is_never_shown(scene):
    among = [solved("asked", "Anything."), solved("a", "Else.", OTHER)]
    assert ask(scene, among) == ["a"]


def test_an_example_of_the_same_environment_is_never_shown(scene):
    assert ask(scene, [solved("a", "Else.", env_id="asked-v3")]) == []


def test_a_renamed_twin_of_the_tasks_own_example_is_never_shown(scene):
    among = [solved("asked", "Anything."), solved("twin", "Else.", RENAMED)]
    assert ask(scene, among) == []


def test_a_near_duplicate_of_the_goal_is_never_shown(scene):
    assert ask(scene, [solved("a", "pull the lever up")]) == []


def test_two_twins_are_shown_once(scene):
    among = [solved("a", "Pull it."), solved("b", "Push it.", RENAMED)]
    assert len(ask(scene, among)) == 1


def test_tasks_that_methods_are_compared_on_are_never_shown(scene):
    assert ask(scene, [solved("drawer-open", "Else.")]) == []


def test_an_example_that_this_scene_would_refuse_is_not_shown(scene):
    wrong = OTHER.replace("gripper_openness", "fingers")
    assert ask(scene, [solved("a", "Else.", wrong)]) == []


def test_renaming_comments_and_layout_do_not_change_the_shape():
    assert shape(SOURCE) == shape(RENAMED)
    assert shape(SOURCE) != shape(OTHER)


def test_similarity_is_a_cosine():
    same, none, some = similarities("Open a door.", ["open a DOOR", "xyz", "Close a door."])
    assert same == pytest.approx(1.0)
    assert none == 0.0
    assert 0.0 < some < 0.9
    assert similarities("", ["x"]) == [0.0]
