import pytest

from rewardlab.coders.library import reference
from rewardlab.coders.likeness import likeness, shape, similarities, twins
from tests.coders.alike import OTHER, RENAMED, SOURCE


def test_renaming_comments_constants_and_layout_do_not_change_the_shape():
    assert shape(SOURCE) == shape(RENAMED)
    scaled = SOURCE.replace("return -distance", "return 2.0 * -distance")
    assert shape(scaled) == shape(scaled.replace("2.0", "3.5"))
    assert shape(SOURCE) != shape(OTHER)
    assert shape(SOURCE) != shape(SOURCE.replace("goal_position", "obj1.position"))


def test_a_docstring_alone_is_no_difference():
    assert shape('def f(x):\n    """Nothing."""\n') == shape("def f(x):\n    pass\n")


def test_a_small_change_leaves_a_twin():
    grown = SOURCE.replace("return -distance", "return -distance - 0.01 * np.sum(action ** 2)")
    long = "".join(f"    part_{i} = {i} * np.tanh({i}.0)\n" for i in range(20)) + "    return"
    assert twins(SOURCE.replace("    return", long), grown.replace("    return", long))
    assert not twins(SOURCE, OTHER)


def test_unlike_programs_of_the_reference_library_are_no_twins():
    """Else the library would starve the prompts that it is to feed."""
    solved = {entry.task_id: entry.source for entry in reference()}
    assert not twins(solved["metaworld/reach"], solved["metaworld/push"])
    assert not twins(solved["metaworld/plate-slide"], solved["metaworld/peg-unplug-side"])


def test_similarity_is_a_cosine():
    same, none, some = similarities("Open a door.", ["open a DOOR", "xyz", "Close a door."])
    assert same == pytest.approx(1.0)
    assert none == 0.0
    assert 0.0 < some < 0.9
    assert similarities("", ["x"]) == [0.0]
    assert similarities("x", []) == []


def test_likeness_is_symmetric_and_knows_no_other_texts():
    a, b = "Press a handle down.", "Press a handle down sideways."
    assert likeness(a, b) == pytest.approx(likeness(b, a))
    assert likeness(a, "press  a HANDLE, down") == pytest.approx(1.0)
    assert 0.5 < likeness(a, b) < 0.9
