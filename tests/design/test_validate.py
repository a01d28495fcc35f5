import time

import pytest

from rewardlab.design.validate import probe_rows, validate
from rewardlab.design.verdict import Verdict
from rewardlab.errors import ConfigError, SandboxUnavailable, UnknownName
from rewardlab.program.finding import Finding
from rewardlab.program.program import RewardProgram
from rewardlab.sandbox.record import FIELDS

HEAD = "def compute_dense_reward(self, action):\n"


def codes(verdict):
    return [finding.code for finding in verdict.errors]


def test_a_good_program_passes(task, good):
    verdict = validate(RewardProgram(good), task)
    assert verdict.ok, verdict.findings
    assert verdict.errors == ()
    assert set(verdict.terms) == {"reach", "opened"}
    assert verdict.program_id == RewardProgram(good).id
    assert verdict.task_id == "metaworld/drawer-open"
    assert len(verdict.states) == 64
    assert verdict.states != validate(RewardProgram(good), task, seed=1).states
    assert verdict.sandbox_level in ("full", "partial", "process-only")


@pytest.mark.parametrize("seed", [-1, 1.5, "1", 2**31])
def test_a_seed_is_a_whole_number_from_0(task, good, seed):
    with pytest.raises(ConfigError, match=f"got {seed}"):
        validate(RewardProgram(good), task, seed=seed)


def test_a_slip_does_not_ask_for_less_than_the_full_sandbox(task, good):
    with pytest.raises(UnknownName, match="'requires'; did you mean require"):
        validate(RewardProgram(good), task, sandbox="requires")


def test_a_static_fault_has_line_and_remedy(task, unknown_member):
    verdict = validate(RewardProgram(unknown_member), task)
    assert not verdict.ok
    (finding,) = verdict.errors
    assert (finding.code, finding.line) == ("UnknownAttribute", 2)
    assert "ee_position" in finding.message + finding.hint
    assert verdict.sandbox_level


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("    return self.goal_position\n", "NotScalarReward"),
        ("    return math.log(0.0 * action[0] + 1e-9) / 0.0\n", "RewardRuntimeError"),
        ("    while True:\n        x = 1\n    return x\n", "RewardTimeout"),
        ("    return float(np.sum(np.ones((100000, 100000))))\n", "RewardMemoryExceeded"),
    ],
)
def test_a_fault_that_only_shows_when_run_is_a_finding(task, body, code):
    verdict = validate(RewardProgram(HEAD + body), task)
    assert codes(verdict)[:1] == [code], verdict.findings


@pytest.mark.parametrize(
    "source",
    ["", "x = 1\n", "def f(:\n", "\0", "(" * 5000, HEAD + "    return open(1)\n"],
)
def test_a_bad_program_is_a_verdict_never_an_exception(task, source):
    verdict = validate(RewardProgram(source), task)
    assert not verdict.ok
    assert verdict.errors


def test_path_and_id_are_taken(tmp_path, good):
    path = RewardProgram(good).save(tmp_path / "program.py")
    assert validate(path, "metaworld/drawer-open").ok
    assert validate(str(path), "metaworld/drawer-open").ok


def test_misuse_raises(tmp_path, task, good):
    with pytest.raises(ConfigError, match="cannot read"):
        validate(tmp_path / "none.py", task)
    with pytest.raises(UnknownName, match="drawer-open"):
        validate(RewardProgram(good), "metaworld/drawer-opne")


def test_below_the_full_sandbox_a_models_program_is_not_tried(task, good, monkeypatch):
    """Probing runs a program, as training does."""
    from rewardlab.sandbox import capabilities

    seccomp, landlock, *others = capabilities.layers()
    found = (seccomp, landlock._replace(works=False, why="too old"), *others)
    monkeypatch.setattr(capabilities, "layers", lambda: found)
    written = RewardProgram(good + "# its own text\n", origin="some-model")
    with pytest.raises(SandboxUnavailable, match="--allow-degraded-sandbox"):
        validate(written, task)
    assert validate(written, task, allow_degraded=True).sandbox_level == "partial"
    assert validate(RewardProgram(good), task).ok
    with pytest.raises(SandboxUnavailable, match="landlock"):
        validate(RewardProgram(good), task, sandbox="require")
    assert codes(validate(RewardProgram("x = 1\n", origin="some-model"), task))


def test_it_records_how_the_program_was_held(task, good):
    held = validate(RewardProgram(good), task, seed=2, allow_degraded=True).to_json()["sandbox"]
    assert tuple(sorted(held)) == tuple(sorted(FIELDS))
    assert held["program_id"] == RewardProgram(good).id
    assert held["probe"]["seed"] == 2
    assert held["probe"]["n"] > 64
    assert len(held["probe"]["states"]) == 64
    assert held["worker"]["calls"] > 300
    assert 0 < held["worker"]["p50_us"] <= held["worker"]["p99_us"]
    assert held["trust"] == {"allow_degraded_sandbox": True, "trust_pickle": False}
    refused = validate(RewardProgram(HEAD + "    return 1 / (0 * action[0])\n"), task)
    assert refused.sandbox["worker"]["faults"] == {refused.errors[0].code: 1}
    unread = validate(RewardProgram("x = 1\n"), task).sandbox
    assert (unread["probe"], unread["worker"]) == (None, None)


def test_a_validation_costs_little_once_everything_is_warm(task, good):
    """In processor time of this process, which a busy machine does not change."""
    validate(RewardProgram(good), task)
    before = time.process_time()
    assert validate(RewardProgram(good), task).ok
    assert time.process_time() - before < 0.5


def test_states_are_made_once_per_task_and_seed(task):
    from rewardlab.envs.tasks import task as build

    assert probe_rows(task, 0) is probe_rows(build(task.id), 0)
    assert probe_rows(task, 0) is not probe_rows(task, 1)


def test_json_is_what_interfaces_say():
    finding = Finding("X", "m", line=3, col=1, hint="h", state={"a": 0.5})
    verdict = Verdict(False, (finding,), "full", 0.12345, "p", "t", ("a",))
    assert verdict.to_json() == {
        "ok": False,
        "program_id": "p",
        "task": "t",
        "sandbox_level": "full",
        "seconds": 0.123,
        "seed": 0,
        "states": "",
        "findings": [
            {
                "code": "X",
                "severity": "error",
                "message": "m",
                "line": 3,
                "col": 1,
                "hint": "h",
                "state": {"a": 0.5},
            }
        ],
        "sandbox": {},
    }
