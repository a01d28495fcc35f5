from rewardlab.coders.corrections.normal import normal

ONE = '''def compute_dense_reward(self, action):
    """Reach."""
    far = np.linalg.norm(self.robot.ee_position)  # how far
    return -far, {"reach": -far}
'''


def test_comments_layout_and_names_of_locals_do_not_matter():
    other = (
        ONE.replace("far", "distance").replace('    """Reach."""\n', "").replace("  # how", " #")
    )
    assert other != ONE
    assert normal(other) == normal(ONE)


def test_members_constants_and_the_order_of_locals_do():
    assert normal(ONE.replace("ee_position", "hand")) != normal(ONE)
    assert normal(ONE.replace("-far,", "2.0,")) != normal(ONE)
    swapped = "def f(a, b):\n    return a - b\n"
    assert normal(swapped) != normal(swapped.replace("a - b", "b - a"))


def test_of_what_is_no_python_blanks_collapse():
    assert normal("retrun  1\n") == "retrun 1"
