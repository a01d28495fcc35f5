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
