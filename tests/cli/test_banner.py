"""Below the full sandbox people are told, loudly and once, and a file needs their consent."""

import json
from pathlib import Path

import pytest

from rewardlab.cli import main
from rewardlab.sandbox import capabilities

SOURCE = "def compute_dense_reward(self, action):\n    return float(-np.abs(self.obs[2]))\n"


@pytest.fixture
def degraded(monkeypatch):
    seccomp, landlock, *others = capabilities.layers()
    found = (seccomp, landlock._replace(works=False, why="too old"), *others)
    monkeypatch.setattr(capabilities, "layers", lambda: found)
    capabilities._warn.cache_clear()


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(SOURCE)
    return str(path)


def test_a_file_runs_in_less_than_the_full_sandbox_only_with_consent(degraded, program, capsys):
    asked = ["validate", program, "--task", "gym/CartPole-v1"]
    assert main(asked) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "landlock" in line
    assert "--allow-degraded-sandbox" in line
    assert main([*asked, "--allow-degraded-sandbox", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["sandbox_level"] == "partial"
    assert err.count("not fully jailed") == 1
    assert "landlock" in err
    assert main([*asked, "--allow-degraded-sandbox"]) == 0
    assert "not fully jailed" not in capsys.readouterr().err


def test_consent_is_given_anew_when_a_run_goes_on(degraded, program, tmp_path, capsys):
    """Whoever made the folder may have written into its config.yaml what they like."""
    out = str(tmp_path / "results")
    train = ["train", "gym/CartPole-v1", "--reward", program, "-n", "64", "--out", out, "--json"]
    few = ["--n-envs", "1", "--eval-freq", "0", "--no-progress"]
    assert main([*train, *few, "--allow-degraded-sandbox"]) == 0
    run = json.loads(capsys.readouterr().out)["path"]
    config = Path(run) / "config.yaml"
    assert "allow_degraded_sandbox: true" in config.read_text()
    capabilities._accepted.clear()  # as in another process
    more = ["train", "--resume", run, "-n", "4000", "--no-progress"]
    assert main(more) == 1
    assert "--allow-degraded-sandbox" in capsys.readouterr().err
    assert main([*train, "--config", str(config)]) == 1
    assert "--allow-degraded-sandbox" in capsys.readouterr().err
    assert main([*more, "--allow-degraded-sandbox"]) == 0


def test_a_success_predicate_is_read_from_a_file_too(degraded, tmp_path, capsys):
    file = tmp_path / "task.yaml"
    file.write_text("fields:\n  angle: {index: 2}\nsuccess: abs(self.angle) < 0.1\n")
    out, option = str(tmp_path / "results"), ("--task-option", f"config={file}")
    train = ["train", "gym/CartPole-v1", *option, "-n", "64", "--out", out, "--json"]
    few = ["--n-envs", "1", "--eval-freq", "0", "--no-progress"]
    assert main([*train, *few]) == 1
    assert "--allow-degraded-sandbox" in capsys.readouterr().err
    assert main([*train, *few, "--allow-degraded-sandbox"]) == 0
    run = json.loads(capsys.readouterr().out)["path"]
    capabilities._accepted.clear()  # as in another process
    assert main(["evaluate", run, "--episodes", "1"]) == 1
    assert "--allow-degraded-sandbox" in capsys.readouterr().err
    assert main(["evaluate", run, "--episodes", "1", "--allow-degraded-sandbox", "--json"]) == 0
    held = json.loads(capsys.readouterr().out)["sandbox"]
    assert held["trust"]["allow_degraded_sandbox"]
    assert held["worker"]["calls"] > 0
    wanted = ["--sandbox", "require", "--allow-degraded-sandbox"]
    assert main(["evaluate", run, "--episodes", "1", *wanted]) == 1
    assert "--sandbox auto" in capsys.readouterr().err
    assert main([*train, *few, *wanted]) == 1
    assert "--sandbox auto" in capsys.readouterr().err
