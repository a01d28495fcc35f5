import pytest

from rewardlab.coders.corrections.record import Correction, Told

BROKEN = """def compute_dense_reward(self, action):
    far = np.linalg.norm(self.robot.hand - self.obj1.position)
    return -far, {"reach": -far}
"""
FIXED = BROKEN.replace("robot.hand", "robot.ee_position")


@pytest.fixture
def correction():
    """Make a correction; every part can be replaced."""

    def make(code="UnknownAttribute", class_="E3", message="self.robot has no 'hand'", **changes):
        known = changes.pop("known", ("ee_position",))
        facts = {
            "task": "metaworld/drawer-open",
            "goal": "Open the drawer.",
            "env_id": "drawer-open-v3",
            "env_family": "metaworld",
            "scene_sha": "0" * 64,
            "round": 1,
            "program": BROKEN,
            "feedback": Told(code, class_, "static", message, 2, known),
            "fixed": FIXED,
            "fixed_class": "OK",
            "severity_before": (6, 1),
            "severity_after": (0, 0),
            "source": "teacher_free",
            "corrector": "llm:m1",
            "accepted": True,
            "hollow": False,
        }
        return Correction(**{**facts, **changes})

    return make
