import pytest

from rewardlab.design.classes import CLASSES, class_of, step_of
from rewardlab.design.validate import validate
from rewardlab.program.finding import CODES
from rewardlab.program.program import RewardProgram

HEAD = "def compute_dense_reward(self, action):\n"
SPEC = (
    "NO_CODE SYNTAX SIGNATURE UNKNOWN_MEMBER WRONG_KIND NAME IMPORT STATE SHAPE TYPE NONFINITE "
    "TIMEOUT UNSAFE"
)


def test_every_code_that_refuses_has_a_class():
    refusing = [name for name, code in CODES.items() if code.severity != "warning"]
    classes = {name: class_of(name) for name in refusing}
    assert set(classes.values()) <= set(CLASSES)
    assert [name for name, found in classes.items() if found == "RUNTIME"] == ["RewardRuntimeError"]


def test_the_published_classes_are_there():
    assert set(SPEC.split()) <= set(CLASSES)
    assert class_of("CodeOfTheFuture") == "RUNTIME"
    assert step_of("SYNTAX") < step_of("UNKNOWN_MEMBER") < step_of("NONFINITE")


OF_EACH_CODE = {
    "NO_CODE": "NoCode",
    "REPEATED": "Unchanged",
    "SYNTAX": "RewardSyntaxError SourceTooComplex",
    "SIGNATURE": "RewardSignatureError",
    "UNKNOWN_MEMBER": "UnknownAttribute",
    "NAME": "UnknownName",
    "IMPORT": "ForbiddenImport",
    "UNSAFE": "ForbiddenSyntax ForbiddenAttribute SandboxViolation ProtocolViolation WorkerCrashed",
    "STATE": "StatefulReward StateMutation NonDeterministicReward",
    "TYPE": "NotScalarReward InvalidRewardInfo",
    "NONFINITE": "NonFiniteReward",
    "RUNTIME": "RewardRuntimeError",
    "TIMEOUT": "RewardTimeout RewardTooSlow RewardMemoryExceeded OutputLimit",
}
RAISED = {
    "NONFINITE": "ZeroDivisionError OverflowError FloatingPointError",
    "NAME": "NameError UnboundLocalError",
    "TYPE": "TypeError AttributeError KeyError",
    "SHAPE": "ValueError IndexError",
    "RUNTIME": "AssertionError RecursionError",
}


def test_each_code_is_of_its_class():
    for name, codes in OF_EACH_CODE.items():
        assert {code: class_of(code) for code in codes.split()} == dict.fromkeys(
            codes.split(), name
        )


def test_an_exception_is_of_the_class_of_what_was_raised():
    for name, raised in RAISED.items():
        for error in raised.split():
            line = f"RewardRuntimeError: line 3: {error}: something"
            assert class_of("RewardRuntimeError", line) == name, error


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def compute_dense_reward(self, action)\n    return 0.0\n", "SYNTAX"),
        ("def compute_dense_reward(state):\n    return 0.0\n", "SIGNATURE"),
        (HEAD + "    return self.robot.hand\n", "UNKNOWN_MEMBER"),
        (HEAD + "    return float(self.obj1.position()[0])\n", "WRONG_KIND"),
        (HEAD + "    return float(nothing)\n", "NAME"),
        ("import torch\n" + HEAD + "    return float(torch.ones(1))\n", "IMPORT"),
        (HEAD + "    self.seen = 1\n    return 0.0\n", "STATE"),
        (HEAD + "    return float(cdist(self.obj1.position, self.obj1.position)[0])\n", "SHAPE"),
        (HEAD + "    return float((self.obj1.position[:2] + self.obj1.position)[0])\n", "SHAPE"),
        (HEAD + "    return None\n", "TYPE"),
        (HEAD + "    return self.obj1.position\n", "TYPE"),
        (HEAD + "    return math.acos(2 + action[0] * 0)\n", "NONFINITE"),
        (HEAD + "    return 1.0 / (0 * action[0])\n", "NONFINITE"),
        (HEAD + "    return open('x')\n", "UNSAFE"),
    ],
)
def test_a_mistake_is_of_the_class_that_the_specification_gives_it(task, source, expected):
    first = validate(RewardProgram(source), task).errors[0]
    assert class_of(first.code, first.message) == expected, first
