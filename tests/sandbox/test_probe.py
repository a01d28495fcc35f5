from __future__ import annotations

import numpy as np
import pytest

from rewardlab.program.program import RewardProgram
from rewardlab.program.schema import Schema
from rewardlab.sandbox.limits import Limits
from rewardlab.sandbox.probe import Probe, probe

HEAD = "def compute_dense_reward(self, action):\n"


@pytest.fixture
def tried(schema: Schema, rows):
    def run(body: str, *, states: np.ndarray | None = None, **limits: float) -> Probe:
        source = HEAD + "".join(f"    {line}\n" for line in body.split("\n"))
        used = rows if states is None else states
        return probe(RewardProgram(source), schema, used, limits=Limits(**limits))

    return run


def codes(result: Probe) -> list[str]:
    return [finding.code for finding in result.findings]


def test_a_good_program_passes_and_its_terms_are_known(tried) -> None:
    result = tried(
        "d = np.linalg.norm(self.robot.ee_position - self.goal_position)\n"
        "near = tolerance(d, margin=1.0)\nreturn near - 0.1 * d, {'near': near, 'far': -0.1 * d}"
    )
    assert result.findings == ()
    assert result.terms == ("near", "far")
    assert result.p50_us > 0
    assert result.level in ("full", "partial", "process-only")


SPOILED = {
    "NonFiniteReward": "return float(np.log(self.angle))",
    "RewardRuntimeError": "return float(np.ones(3)[int(10 + 0 * self.angle)])",
    "RewardTimeout": "while self.angle < 100:\n    x = 1\nreturn self.angle",
    "RewardTooSlow": "x = self.angle\nfor i in range(300000):\n    x = x + 1.0\nreturn x",
    "RewardMemoryExceeded": "return self.angle + float(np.ones((100000, 100000)).sum())",
    "NonDeterministicReward": (
        "names = {str(i) for i in range(50)}\nreturn self.angle + float(list(names)[0])"
    ),
    "InvalidRewardInfo": "return self.angle, {'a' + ' ' + 'b': 1.0}",
}


@pytest.mark.parametrize("code", SPOILED)
def test_one_minimal_program_per_error(tried, code: str) -> None:
    result = tried(SPOILED[code], call_s=0.4, probe_s=5.0)
    (error,) = [f for f in result.findings if f.severity == "error"]
    assert error.code == code
    assert "\n" not in error.message


WARNED = {
    "InsensitiveReward": "return float(action @ action)",
    "SparseReward": "return 5.0 if self.angle > 2.1 else 0.0",
    "RewardScale": "return 1e7 * self.angle",
    "CoercedReward": "return np.array([self.angle])",
    "OutputWarning": "print(self.angle)\nreturn self.angle",
    "TermSumMismatch": "return self.angle, {'a': 2 * self.angle}",
    "SCALE": "return 1e-3 * self.angle",
    "CONSTANT": "return self.angle + 1.0, {'angle': self.angle, 'alive': 1.0}",
    "UNREACHED": "b = 9.0 * (self.angle > 99)\nreturn self.angle + b, {'a': self.angle, 'b': b}",
    "DOMINATED": "c = -9.0 * action @ action\nreturn self.angle + c, {'a': self.angle, 'c': c}",
}


@pytest.mark.parametrize("code", WARNED)
def test_one_minimal_program_per_warning(tried, code: str) -> None:
    result = tried(WARNED[code])
    assert [f.severity for f in result.findings] == ["warning"]
    assert codes(result) == [code]


def test_the_offending_state_is_shown_by_field_name(tried, schema: Schema, rows) -> None:
    states = np.abs(rows)
    states[17, schema.layout["angle"].start] = -1.0
    result = tried("return float(np.sqrt(self.angle))", states=states)
    (finding,) = result.findings
    assert finding.state is not None
    assert finding.state["angle"] == -1.0
    assert "state 17" in finding.message


def test_one_budget_bounds_the_whole_probe(tried) -> None:
    result = tried(
        "x = self.angle\nfor i in range(3000000):\n    x = x + 1.0\nreturn x",
        call_s=5.0,
        probe_s=1.0,
    )
    assert "RewardTimeout" in codes(result)
    assert result.seconds < 3.0


def test_static_findings_come_through(tried) -> None:
    result = tried("return self.angel")
    assert codes(result) == ["UnknownAttribute"]
    assert result.p50_us == 0.0
