from __future__ import annotations

import numpy as np
import pytest

from rewardlab.program.program import RewardProgram
from rewardlab.program.schema import Schema
from rewardlab.sandbox import probe as module
from rewardlab.sandbox.limits import Limits
from rewardlab.sandbox.probe import Probe, probe
from tests.sandbox.things import THINGS, thing_rows

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


CLOUD = "return -cdist(self.robot.get_ee_coords(), self.chest.get_pcd()).min()"
PLAIN = "return -np.linalg.norm(self.robot.ee_pose.p - self.cubeA.pose.p)"


@pytest.mark.parametrize(
    ("body", "bound", "expected"),
    [
        (CLOUD, "SLOW_US", []),
        (CLOUD, "TOO_SLOW_US", []),
        (CLOUD, "CLOUDS_US", ["RewardTooSlow"]),
        (PLAIN, "SLOW_US", ["SlowReward"]),
        (PLAIN, "TOO_SLOW_US", ["RewardTooSlow"]),
        (PLAIN, "CLOUDS_US", []),
    ],
)
def test_programs_with_point_clouds_may_cost_more(
    body: str, bound: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SLOW_US", "TOO_SLOW_US", "CLOUDS_US"):
        monkeypatch.setattr(module, name, 0.0 if name == bound else 1e9)
    result = probe(RewardProgram(f"{HEAD}    {body}\n"), THINGS, thing_rows(30))
    assert codes(result) == expected


@pytest.mark.parametrize(
    "cosine",
    [
        "1 - distance.cosine(v, to)",
        "v @ to / (np.linalg.norm(v) * np.linalg.norm(to))",
        "np.dot(v / np.linalg.norm(v), to)",
        "np.arccos(v[0] / np.linalg.norm(v))",
    ],
)
def test_what_is_no_number_when_a_thing_is_still_is_found_on_that_state(cosine: str) -> None:
    rows, slot = thing_rows(30), THINGS.layout["cubeA.velocity"]
    rows[11, slot.start : slot.stop] = 0.0
    names = tuple("no motion" if i == 11 else "random" for i in range(30))
    source = f"{HEAD}    v, to = self.cubeA.velocity, self.goal\n    return float({cosine})\n"
    (finding,) = probe(RewardProgram(source), THINGS, rows, names=names).findings
    assert (finding.code, finding.severity) == ("NonFiniteReward", "error")
    assert "nan on state 11 (no motion); it read" in finding.message
    assert "cubeA.velocity = (0, 0, 0)" in finding.message
    assert "guard zero distances" in finding.hint
    assert finding.state is not None
    assert len(finding.state["cubeA.pose"]) == 7
    assert not any("._" in path for path in finding.state)


def test_a_program_that_asks_everything_is_pure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOW_US", 1e9)
    monkeypatch.setattr(module, "CLOUDS_US", 1e9)
    source = f"""{HEAD}
    handle = self.chest.handle
    fit = angle_distance(handle.pose * handle.target_grasp_poses[0], self.robot.ee_pose)
    near = cdist(handle.get_world_pcd(), self.chest.get_pcd()).min()
    inside = handle.local_sdf(self.robot.get_ee_coords()).max()
    held = self.robot.check_grasp(self.cubeA, max_angle=60) + self.cubeA.check_static()
    back = (self.initial.cubeA.pose.inv() * self.cubeA.pose).p[2]
    return float(back - fit - near + inside + held)
"""
    assert probe(RewardProgram(source), THINGS, thing_rows(40, episode=3)).findings == ()
