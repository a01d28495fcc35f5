"""Every code that reading gives: a minimal program, its place, its remedy, the closest match."""

import ast
from pathlib import Path
from typing import NamedTuple

import pytest

import rewardlab
from rewardlab.program.finding import CODES
from rewardlab.program.reading import read
from rewardlab.program.signature import words

HEAD = "def compute_dense_reward(self, action):\n    "
SPECIFIED = words(
    """
    RewardSyntaxError SourceTooComplex RewardSignatureError ForbiddenSyntax ForbiddenImport
    ForbiddenAttribute UnknownAttribute UnknownName RewardRuntimeError NotScalarReward
    InvalidRewardInfo NonFiniteReward NonDeterministicReward StatefulReward StateMutation
    RewardTimeout RewardTooSlow RewardMemoryExceeded OutputLimit WorkerCrashed SandboxViolation
    ProtocolViolation InsensitiveReward SparseReward RewardScale SlowReward OutputWarning
    CoercedReward TermSumMismatch
    """
)


class Case(NamedTuple):
    """A program; code, line, column (from 0) of what is found; words of the remedy."""

    code: str
    source: str
    line: int | None
    col: int | None
    message: str
    remedy: str


ERRORS = [
    Case("RewardSyntaxError", HEAD + "return (1", 2, 11, "never closed", "as plain Python"),
    Case("RewardSyntaxError", HEAD + "break\n    return 1.0", 2, 4, "outside a loop", "as Python"),
    Case("SourceTooComplex", "#" * 24_310, None, None, "24310 characters; limit 20000", "shorter"),
    Case(
        "SourceTooComplex",
        HEAD + "return " + "(" * 61 + "1" + ")" * 61,
        None,
        None,
        "brackets nested 61 deep; limit 60",
        "shorter",
    ),
    Case(
        "SourceTooComplex",
        HEAD + "return " + "-" * 64 + "1",
        None,
        None,
        "64 or more operators",
        "shorter",
    ),
    Case(
        "SourceTooComplex",
        HEAD + "return " + "+".join("1" * 70),
        None,
        None,
        "nested 72 deep; limit 60",
        "shorter",
    ),
    Case(
        "SourceTooComplex",
        HEAD + "x = [" + "1, " * 4_000 + "]",
        None,
        None,
        "syntax nodes; limit 4000",
        "shorter",
    ),
    Case(
        "RewardSignatureError",
        "X = 1\ndef compute_reward(self, action):\n    return 1.0",
        2,
        0,
        "did you mean compute_reward (line 2)?",
        "name it compute_dense_reward",
    ),
    Case(
        "RewardSignatureError",
        "def compute_dense_reward(self):\n    return 1.0",
        1,
        0,
        "too few parameters",
        "define compute_dense_reward(self, action)",
    ),
    Case(
        "RewardSignatureError",
        HEAD + "return 1.0\n\n" + HEAD + "return 2.0",
        4,
        0,
        "defined twice (lines 1 and 4)",
        "keep one",
    ),
    Case(
        "ForbiddenSyntax",
        HEAD + "class A:\n        pass\n    return 1.0",
        2,
        4,
        "classes are not supported",
        "use functions",
    ),
    Case("ForbiddenSyntax", HEAD + "return 1 << 2", 2, 11, "shifts", "multiply"),
    Case("ForbiddenSyntax", HEAD + "_x = 1\n    return 1.0", 2, 4, "'_x' begins", "rename it x"),
    Case("ForbiddenSyntax", HEAD + "return 0x" + "f" * 300, 2, 11, "this large", "use a float"),
    Case(
        "ForbiddenSyntax",
        HEAD + "return 1.0\n\n\nif __name__ == '__main__':\n    print(1)",
        5,
        0,
        "only imports, constants and functions",
        "leave it out",
    ),
    Case(
        "ForbiddenImport",
        "import torch\n" + HEAD + "return torch.zeros(1)",
        1,
        0,
        "'torch' is not available",
        "allowed: math, numpy,",
    ),
    Case(
        "ForbiddenImport",
        "from numpy import load\n" + HEAD + "return load('x')",
        1,
        0,
        "numpy.load is not available (files)",
        "compute it yourself",
    ),
    Case(
        "ForbiddenImport",
        "from sapien.core import Pose\n" + HEAD + "return float(Pose().p[0])",
        1,
        0,
        "'sapien.core' is not available",
        "leave the import out: Pose is there already",
    ),
    Case(
        "ForbiddenImport",
        "from math import sqr\n" + HEAD + "return sqr(2)",
        1,
        0,
        "math.sqr is not available",
        "did you mean sqrt",
    ),
    Case(
        "ForbiddenAttribute",
        HEAD + "return np.load('x')",
        2,
        11,
        "numpy.load is not available (files)",
        "compute it",
    ),
    Case(
        "ForbiddenAttribute",
        HEAD + "return np.maximun(1, 2)",
        2,
        11,
        "numpy.maximun is not available",
        "did you mean maximum",
    ),
    Case(
        "ForbiddenAttribute",
        HEAD + "return np.sum(action, axes=0)",
        2,
        26,
        "sum takes no 'axes' here",
        "did you mean axis?",
    ),
    Case(
        "ForbiddenAttribute",
        HEAD + "return self.__class__",
        2,
        11,
        "'__class__' is private",
        "documented members",
    ),
    Case(
        "UnknownAttribute",
        HEAD + "return self.robot.gripper_pos",
        2,
        11,
        "self.robot has no 'gripper_pos'",
        "did you mean gripper_openness? members: ee_position,",
    ),
    Case(
        "UnknownAttribute",
        HEAD + "return self.obj1.position.x",
        2,
        11,
        "is an array of shape (3,), no 'x'",
        "write self.obj1.position[0]",
    ),
    Case("UnknownName", HEAD + "return goal_position", 2, 11, "not defined", "self.goal_position?"),
    Case(
        "UnknownName",
        HEAD + "acton = 1\n    return actoin",
        3,
        11,
        "'actoin'",
        "acton or action?",
    ),
    Case("UnknownName", HEAD + "return eval('1')", 2, 11, "(runs code)", "leave it out"),
    Case("UnknownName", HEAD + "n += 1\n    return n", 2, 4, "no value before", "n = 0.0"),
    Case("NotScalarReward", HEAD + "x = 1.0", 1, 0, "returns nothing", "end with return reward"),
    Case("NotScalarReward", HEAD + "return None", 2, 4, "no number here", "on every path"),
    Case(
        "InvalidRewardInfo",
        HEAD + "return 1.0, {'reach reward': 1.0}",
        2,
        17,
        "'reach reward' cannot name a reward term",
        "A-Z a-z 0-9",
    ),
    Case(
        "InvalidRewardInfo",
        HEAD + "return 1.0, {" + ", ".join(f"'t{i}': 0.0" for i in range(65)) + "}",
        2,
        17,
        "65 reward terms; limit 64",
        "add up related ones",
    ),
    Case(
        "StatefulReward",
        HEAD + "self.last = 1.0\n    return 1.0",
        2,
        4,
        "self.last cannot be kept",
        "self.previous",
    ),
    Case(
        "StatefulReward",
        "M = [0]\n" + HEAD + "m = M\n    m[0] += 1\n    return m[0]",
        4,
        4,
        "M outside the function cannot be changed",
        "self.time",
    ),
    Case(
        "StateMutation",
        HEAD + "self.robot.ee_position[0] = 1\n    return 1.0",
        2,
        4,
        "self.robot.ee_position cannot be changed",
        "self.robot.ee_position.copy()",
    ),
]
WARNINGS = [
    Case("ForbiddenImport", "import os\n" + HEAD + "return 1.0", 1, 0, "'os' is dropped", "leave"),
    Case(
        "ForbiddenSyntax",
        "class Env:\n    def compute_dense_reward(self, action):\n        return 1.0",
        1,
        0,
        "is dropped",
        "define the function alone",
    ),
    Case(
        "ForbiddenSyntax",
        HEAD + "try:\n        return 1.0\n    except Exception:\n        return 0.0",
        4,
        4,
        "hides faults",
        "except ValueError",
    ),
    Case(
        "FLOAT_EQ",
        HEAD + "return float(np.linalg.norm(action) == 0.3)",
        2,
        17,
        "compares a float with 0.3 exactly",
        "a margin",
    ),
    Case(
        "RANGE",
        HEAD + "return float(self.robot.gripper_openness < -0.5)",
        2,
        17,
        "stays within [0.0, 1.0], not -0.5",
        "it can reach",
    ),
    Case(
        "QUAT_ORDER",
        HEAD + "return Rotation.from_quat(self.obj1.quaternion).magnitude()",
        2,
        11,
        "is wxyz",
        "scalar_first=True",
    ),
    Case(
        "POSITION_COSINE",
        HEAD + "return distance.cosine(self.obj1.position, self.goal_position)",
        2,
        11,
        "nearly constant",
        "the distance between them",
    ),
    Case(
        "DOMAIN",
        HEAD + "return np.arccos(np.dot(action[:3], self.obj1.position))",
        2,
        11,
        "np.arccos is not a number where rounding leaves [-1, 1]",
        "np.arccos(np.clip(np.dot(action[:3], self.obj1.position), -1.0, 1.0))",
    ),
    Case(
        "SHAPE",
        HEAD + "return cdist(self.obj1.position, [self.goal_position]).min()",
        2,
        17,
        "cdist reads points (N, 3), but self.obj1.position is a single one",
        "write self.obj1.position[None]",
    ),
]
CASES = [(case, "error") for case in ERRORS] + [(case, "warning") for case in WARNINGS]


@pytest.mark.parametrize(("case", "severity"), CASES, ids=[f"{c.code}-{s}" for c, s in CASES])
def test_a_fault_is_told_with_its_place_and_its_remedy(schema, case, severity):
    reading = read(case.source, schema)
    found = reading.findings[0]
    assert (found.code, found.severity) == (case.code, severity)
    assert (found.line, found.col) == (case.line, case.col)
    assert case.message in found.message
    assert case.remedy in found.hint
    assert len(str(found)) < 700
    assert {f.code for f in reading.findings} == {case.code}
    assert severity in CODES[case.code].severity


def test_each_code_that_reading_gives_has_its_program():
    assert {case.code for case in ERRORS + WARNINGS} == {
        name for name, code in CODES.items() if "reading" in code.by
    }


def test_the_codes_are_those_of_the_specification_and_ours():
    ours = {"SCALE", "UNREACHED", "CONSTANT", "DOMINATED", "FLOAT_EQ", "RANGE", "QUAT_ORDER"}
    ours |= {"POSITION_COSINE", "IDLE_PAY", "DOMAIN", "SHAPE", "NoCode", "Unchanged"}
    ours |= {"LARGE", "ONE_TERM", "IGNORES", "MISORDERED"}
    assert CODES.keys() == SPECIFIED | ours


def test_no_module_gives_a_code_that_is_not_listed():
    """Codes are constants, given to `Finding`, `at` and their like; every one is looked at."""
    places = {"Finding": 0, "at": 1, "Problem": 0, "WorkerFault": 0, "error": 0, "warning": 0}
    found = set()
    for path in Path(rewardlab.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            place = places.get(name)
            code = node.args[place] if place is not None and len(node.args) > place else None
            plain = isinstance(code, ast.Constant) and isinstance(code.value, str)
            if plain and code.value.isidentifier() and len(node.args) > place + 1:
                found.add(code.value)
    assert {"UnknownAttribute", "RewardTimeout", "SCALE", "NoCode"} <= found
    assert found <= CODES.keys()


def test_columns_count_characters(schema):
    source = HEAD + "höhe = 'äöü' and undefined\n    return 1.0"
    assert [(f.line, f.col) for f in read(source, schema).findings] == [(2, 21)]
