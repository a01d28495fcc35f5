"""The main job from end to end with a tiny budget, and the verbs that look at its outcome."""

import contextlib
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time

import pytest

from rewardlab import Run, task
from rewardlab.cli import main
from rewardlab.design.validate import probe_rows
from rewardlab.envs.gl import choose
from rewardlab.sandbox.record import FIELDS
from rewardlab.training.run import list_runs

TASK = "metaworld/window-close"
GOAL = "Push and close a sliding window by its handle."
SMALL = ("--n-envs", "2", "--task-option", "horizon=40", "--eval-episodes", "1")


def call(*args):
    """Run a command in this process; return its code and what it printed on stdout."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main([str(arg) for arg in args])
    return code, out.getvalue()


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """The document that `rewardlab run --json` prints."""
    out = tmp_path_factory.mktemp("chain")
    flags = ("--coder", "offline", "-n", 1024, *SMALL, "--episodes", 2, "--yes", "--out", out)
    code, printed = call("run", TASK, GOAL, *flags, "--json")
    assert code == 0
    return json.loads(printed)


@pytest.mark.slow
def test_the_chain_leaves_a_run_with_everything(chain):
    run = Run(chain["path"])
    assert run.status == chain["status"] == "finished"
    assert run.config.goal == GOAL
    assert run.program.origin == "offline"
    assert chain["program_id"] == run.program.id
    assert run.record["command"].startswith(
        f"rewardlab run {TASK} '{GOAL}' --coder offline -n 1024"
    )
    verdict = json.loads((run.path / "verdict.json").read_text())
    assert verdict["ok"]
    assert chain["evaluation"]["episodes"] == 2
    assert list((run.path / "llm").iterdir())
    assert GOAL in (run.path / "report.html").read_text()
    assert (chain["video"] is not None) == choose().works


@pytest.mark.slow
def test_the_chain_records_how_its_program_was_held(chain):
    run = Run(chain["path"])
    held, verdict, data = (
        json.loads((run.path / name).read_text())
        for name in ("sandbox.json", "verdict.json", "report.json")
    )
    for one in (held, verdict["sandbox"], data["sandbox"], chain["evaluation"]["sandbox"]):
        assert set(one) == set(FIELDS)
        assert one["sandbox_level"] == verdict["sandbox_level"]
    assert held == data["sandbox"]
    assert held["program_id"] == run.program.id
    assert held["probe"] == verdict["sandbox"]["probe"]
    assert set(held["probe"]) == {"seed", "states", "n"}
    assert set(held["worker"]) == {
        "calls", "p50_us", "p99_us", "faults", "respawns", "substituted"
    }  # fmt: skip
    assert held["worker"]["calls"] >= 1024 / 2
    assert (held["lockdown"], held["trust"]["allow_degraded_sandbox"]) == (False, False)


@pytest.mark.slow
def test_the_command_in_the_report_does_it_again(chain):
    run = Run(chain["path"])
    again = json.loads((run.path / "report.json").read_text())["again"]
    code, printed = call(*shlex.split(again)[1:], "--out", run.path.parent / "again", "--json")
    assert code == 0
    twin = Run(json.loads(printed)["path"])
    assert twin.program.id == run.program.id
    assert twin.config == run.config
    assert twin.evaluations == run.evaluations


@pytest.mark.slow
def test_evaluate_prints_the_agreed_document(chain):
    code, printed = call("evaluate", chain["path"], "--episodes", "3", "--seed", "7", "--json")
    told = json.loads(printed)
    assert code == 0
    assert {
        "run",
        "checkpoint",
        "episodes",
        "success",
        "success_ci",
        "return_mean",
        "seed",
    } <= told.keys()
    assert (told["run"], told["episodes"], told["seed"]) == (chain["id"], 3, 7)
    assert told["success_ci"][0] <= told["success"] <= told["success_ci"][1]


@pytest.mark.slow
def test_a_run_is_found_by_a_prefix_of_its_name(chain):
    out = os.path.dirname(chain["path"])
    code, printed = call("report", chain["id"][:-2], "--out", out)
    assert (code, printed.strip()) == (0, f"{chain['path']}/report.html")


@pytest.mark.slow
def test_a_comment_makes_the_next_program_and_its_run_hangs_below(chain, cli, tmp_path):
    out = os.path.dirname(chain["path"])
    told = cli("refine", chain["path"], "Move more gently.", "-o", "next.py", "--json").json
    assert told["parent"] == chain["program_id"]
    assert "\n+" in told["diff"]
    assert (tmp_path / "next.py").read_text() == told["source"]
    trained = cli("train", TASK, "--reward", "next.py", "-n", 256, *SMALL, "--out", out, "--json")
    assert trained.code == 0
    listed = cli("runs", "--out", out)
    lines = listed.out.splitlines()
    parent = next(i for i, line in enumerate(lines) if line.startswith(chain["id"]))
    assert lines[parent + 1].startswith(f"└ {trained.json['id']}")
    entries = {entry["id"]: entry for entry in cli("runs", "--out", out, "--json").json["runs"]}
    child = entries[trained.json["id"]]
    assert child == trained.json
    assert set(child) == {
        "id",
        "path",
        "task",
        "status",
        "program_id",
        "parent",
        "n_timesteps",
        "success",
        "success_ci",
    }
    assert child["parent"] == chain["program_id"]


@pytest.mark.slow
def test_rounds_ask_for_a_comment_and_end_with_an_empty_one(chain, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("Move more gently.\n\n"))
    flags = ("--episodes", 1, "--no-video", "--rounds", 3, "--json")
    code, printed = call("run", "--resume", chain["path"], *flags)
    assert code == 0
    told = json.loads(printed)
    assert told["id"] != chain["id"]
    assert told["parent"] == chain["program_id"]
    assert Run(told["path"]).config.n_timesteps == 1024
    said = capsys.readouterr().err
    assert said.count("What should change?") == 2
    assert "+++ child" in said


@pytest.mark.slow
def test_without_questions_later_rounds_train_variants(chain, capsys):
    flags = ("--episodes", 1, "--no-video", "--rounds", 2, "--yes", "--json")
    code, printed = call("run", "--resume", chain["path"], *flags)
    assert code == 0
    told = json.loads(printed)
    assert told["parent"] == chain["program_id"] != told["program_id"]
    assert "What should change?" not in capsys.readouterr().err


@pytest.mark.slow
def test_less_success_than_asked_for_is_a_failure(chain, capsys):
    flags = ("--episodes", 1, "--no-video", "--min-success", "1.1")
    code, _ = call("run", "--resume", chain["path"], *flags)
    assert code == 1
    assert "--min-success" in capsys.readouterr().err


@pytest.mark.slow
def test_ctrl_c_leaves_a_run_that_goes_on_as_the_message_says(tmp_path, monkeypatch):
    flags = ("--reward", "oracle", "-n", "100000", *SMALL, "--eval-freq", "0")
    command = [sys.executable, "-m", "rewardlab", "train", TASK, *flags]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("results/*/progress.csv")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=120)[1]
    assert process.returncode == 1
    (run,) = tmp_path.glob("results/*")
    assert Run(run).status == "interrupted"
    words = shlex.split(said.strip().rpartition("go on with: ")[2])
    assert words[:2] == ["rewardlab", "train"]
    monkeypatch.chdir(tmp_path)
    code, printed = call(*words[1:], "-n", 1024, "--json")
    assert (code, json.loads(printed)["status"]) == (0, "finished")
    assert call(*words[1:])[0] == 2


def test_a_goal_that_cannot_be_grounded_leaves_no_run(cli, tmp_path):
    done = cli("run", "metaworld/reach", "Compose a sonnet.", "--coder", "offline", "-n", 64)
    assert done.code == 2
    assert list((tmp_path / "results").iterdir()) == []


@pytest.mark.slow
def test_the_next_command_is_one_that_works_from_here(chain):
    code, printed = call("run", "--resume", chain["path"], "--episodes", 1, "--no-video")
    assert code == 0
    assert f'next    rewardlab refine {chain["path"]} "what should change"' in printed


FRAGILE = """def compute_dense_reward(self, action):
    near = 1.0 - np.linalg.norm(self.robot.ee_position - self.obj1.position)
    if abs(self.time - STEP * 0.0125) < 0.001:
        near = near / (self.obj1.position[2] - self.obj1.position[2])
    return float(near), {"near": float(near)}
"""


@pytest.mark.slow
def test_a_program_that_fails_while_training_is_repaired_and_trained_on(answers, tmp_path):
    """The states of the probe are too few to find every fault."""
    asked_about = task(TASK, horizon=40)
    times = probe_rows(asked_about, 0).rows[:, 3 * asked_about.scene.size]
    step = next(k for k in range(2, 40) if abs(times - k * 0.0125).min() > 0.002)
    fragile = FRAGILE.replace("STEP", str(step))
    fixed = fragile.replace("(self.obj1.position[2] - self.obj1.position[2])", "1.0")
    asked = answers(*(f"```python\n{source}```" for source in (fragile, fixed)))
    out = tmp_path / "results"
    flags = ("--coder", "openai", "-n", 256, *SMALL, "--episodes", 1, "--no-video", "--yes")
    code, printed = call("run", TASK, GOAL, *flags, "--out", out, "--json")
    assert code == 0
    parent, child = sorted(list_runs(out), key=lambda run: run.status)
    assert (parent.status, child.status) == ("failed", "finished")
    assert json.loads(printed)["id"] == child.id
    assert child.program.source == fixed
    assert child.record["parent"] == parent.program.id
    assert len(asked.bodies) == 2
    assert "while training" in asked.bodies[1]["messages"][2]["content"]
