import pytest

from rewardlab.coders.corrections.substitutions import Substitution
from rewardlab.design.mending import rules
from rewardlab.design.severity import severity, worst
from rewardlab.design.validate import validate
from rewardlab.program.program import RewardProgram

HEAD = "def compute_dense_reward(self, action):\n    "
DISTANCE = "float(np.linalg.norm(self.obj1.position - self.goal_position))"
CASES = {
    "the first 2 of 3 lines": (f"return -{DISTANCE}\nAs you see, it falls.", f"return -{DISTANCE}"),
    "nearest hand_position -> ee_position": (
        "return float(self.robot.hand_position[0])",
        "return float(self.robot.ee_position[0])",
    ),
    "norm of self.obj1.position - self.goal_position": (
        "return math.tanh(5.0 * (self.obj1.position - self.goal_position))",
        "return math.tanh(5.0 * (np.linalg.norm(self.obj1.position - self.goal_position)))",
    ),
    "1e-6 in self.time": ("return 1.0 / self.time", "return 1.0 / (self.time + 1e-6)"),
}


@pytest.mark.parametrize("rule", CASES)
def test_each_rule_makes_its_program_less_severe_and_then_does_nothing(task, rule):
    broken, fixed = (HEAD + body + "\n" for body in CASES[rule])
    verdict = validate(RewardProgram(broken), task)
    finding = worst(verdict.errors)
    mended = list(rules()(broken, finding, task.scene))
    assert [one.source for one in mended] == [fixed]
    assert mended[0].rule == rule
    after = validate(RewardProgram(fixed), task)
    assert severity(after.findings) < severity(verdict.findings)
    assert list(rules()(fixed, finding, task.scene)) == []


@pytest.mark.parametrize(
    "body",
    [
        "return float(self.robot.blub[0])",
        "x = 1.0 / 0\n    return x",
        "return 1.0 / self.time / self.time",
        "return math.tanh(5.0 * self.obj1.position)",
        "return 1.0 +",
    ],
)
def test_what_leaves_doubt_is_left_alone(task, body):
    source = HEAD + body + "\n"
    finding = worst(validate(RewardProgram(source), task).errors)
    assert list(rules()(source, finding, task.scene)) == []


def test_a_learnt_substitution_is_a_rule(task):
    source = HEAD + "return float(self.robot.blub[0])\n"
    finding = worst(validate(RewardProgram(source), task).errors)
    mend = rules([Substitution("blub", "ee_position", True)])
    (mended,) = mend(source, finding, task.scene)
    assert mended.source == source.replace("blub", "ee_position")
    assert mended.rule == "learnt blub -> ee_position"
