import pytest

from rewardlab.design.severity import ERRORS, Severity, error_class, severity, told, worst
from rewardlab.design.validate import validate
from rewardlab.program.finding import CODES, Finding
from rewardlab.program.program import RewardProgram

HEAD = "def compute_dense_reward(self, action):\n    "
BY_CLASS = {
    "E1": "retrun 1",
    "E2": "import os\n    return 1.0 if os.getcwd() else 0.0",
    "E3": "return self.robot.velocity",
    "E4": "return float((self.obj1.position + self.obj1.quaternion)[0])",
    "E5": "return 1 / 0",
    "E6": "return self.obj1.position",
    "E7": "return 1.0",
}


@pytest.mark.parametrize("name", BY_CLASS)
def test_a_program_of_each_class_triggers_it_alone(task, name):
    verdict = validate(RewardProgram(HEAD + BY_CLASS[name] + "\n"), task)
    assert severity(verdict.findings).error == name
    assert {error_class(f) for f in verdict.findings} <= {name, "OK"}
    assert verdict.ok is (name == "E7")


def test_classes_are_ordered_as_they_are_checked():
    found = [Severity(9 - int(name[1]), 1) for name in ERRORS]
    assert found == sorted(found, reverse=True)
    assert [one.error for one in found] == list(ERRORS)
    assert Severity() < found[-1]
    assert Severity().error == "OK"
    assert Severity(6, 1) < Severity(6, 2) < Severity(7, 1)


def test_severity_counts_distinct_findings_of_the_worst_class():
    same = Finding("UnknownAttribute", "a", line=1)
    there = [same, Finding("UnknownAttribute", "a", line=9), Finding("UnknownName", "b")]
    assert severity([*there, Finding("NonFiniteReward", "c")]) == (6, 2)
    assert worst([Finding("NonFiniteReward", "c"), *there]) is same


def test_every_code_that_refuses_is_of_a_class_and_advice_is_of_none():
    refusing = [name for name, code in CODES.items() if code.severity != "warning"]
    none = {n for n in refusing if error_class(Finding(n, "")) == "OK"}
    assert none == {"Unchanged"}
    assert error_class(Finding("FLOAT_EQ", "", "warning")) == "OK"
    assert error_class(Finding("InsensitiveReward", "", "warning")) == "E7"
    assert error_class(Finding("CodeOfTheFuture", "", "warning")) == "OK"


def test_what_is_told_names_what_is_known():
    hint = "did you mean ee_position? members: ee_position, gripper_openness"
    kept = told(Finding("UnknownAttribute", "no", line=3, hint=hint))
    assert kept.known == ("ee_position", "gripper_openness")
    assert (kept.class_, kept.stage, kept.line) == ("E3", "static", 3)
    assert told(Finding("NonFiniteReward", "nan", state={"time": 0.0})).stage == "probe"
    assert told(Finding("MISORDERED", "step 3")).stage == "teacher"
    assert told(Finding("InsensitiveReward", "1", "warning")).stage == "batch"
