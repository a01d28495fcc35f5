import pytest

from rewardlab.coders.corrections.memory import Wanted, bm25, remember

SOURCES = [
    f"def compute_dense_reward(self, action):\n    {body}\n"
    for body in (
        "return float(self.obj1.position[2])",
        "return -abs(self.robot.gripper_openness - 1.0), {'open': 1.0}",
        "for i in range(3):\n        x = self.goal_position[i]\n    return float(x)",
        "return math.exp(-self.time) if self.time > 0 else 0.0",
    )
]


@pytest.fixture
def elsewhere(correction):
    """Make a correction of another task, each time another fix."""

    def make(i, task="metaworld/window-close", goal="Close the window.", **changes):
        env_id = changes.pop("env_id", f"{task.partition('/')[2]}-v3")
        facts = {"env_family": task.partition("/")[0], "fixed": SOURCES[i], **changes}
        return correction(task=task, goal=goal, env_id=env_id, **facts)

    return make


def wanted(**changes):
    facts = {
        "goal": "Open the drawer.",
        "task_id": "metaworld/drawer-open",
        "env_id": "drawer-open-v3",
        "env_family": "metaworld",
        "code": "NonFiniteReward",
        "message": "the reward is nan",
    }
    return Wanted(**{**facts, **changes})


def test_the_same_code_ranks_before_the_same_environment_and_that_before_words(elsewhere):
    code = elsewhere(0, "tabletop/lift-cube", "Lift it.", code="NonFiniteReward", class_="E6")
    family = elsewhere(1)
    words = elsewhere(2, "tabletop/push-chair", "Open the drawer, then push the chair, the reward.")
    none = elsewhere(3, "locomotion/ant-forward", "Run.")
    found = remember([none, words, family, code], wanted(), 4)
    assert [one.record for one in found] == [code, family, words, none]
    assert found[0].score >= 2.0 > found[1].score >= 1.0 > found[2].score > found[3].score


@pytest.mark.parametrize(
    "leak",
    [
        {"task": "metaworld/drawer-open", "env_id": "other-v3"},
        {"env_id": "drawer-open-v3"},
        {"goal": "Open the drawer!"},
        {"task": "metaworld/frozen-one"},
    ],
)
def test_what_could_give_the_answer_away_is_never_shown(elsewhere, leak):
    found = remember(
        [elsewhere(0, **leak), elsewhere(1)], wanted(frozen={"metaworld/frozen-one"}), 2
    )
    assert [one.record.fixed for one in found] == [SOURCES[1]]


def test_twins_of_what_must_not_be_shown_or_is_shown_already_are_left_out(elsewhere):
    secret = elsewhere(0, "metaworld/drawer-open")
    twin = elsewhere(0, fixed=SOURCES[0].replace("[2]", "[1]"))
    again = elsewhere(1, "tabletop/lift-cube", "Lift it.", fixed=SOURCES[1].replace("1.0", "2.0"))
    found = remember([secret, twin, elsewhere(1), again], wanted(), 4)
    assert [one.record.fixed for one in found] == [SOURCES[1]]


def test_refused_and_hollow_ones_are_not_shown(elsewhere):
    assert remember([elsewhere(0, accepted=False), elsewhere(1, hollow=True)], wanted(), 2) == ()


def test_bm25_of_a_known_case():
    """Two documents of equal length; a word in one of them: idf ln 2, weight 1."""
    scores = bm25("drawer", ["open drawer", "close window"])
    assert scores == pytest.approx([0.6931471805599453, 0.0])
    assert bm25("x", []) == []
