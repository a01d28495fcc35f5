"""`--lockdown` on the command line: the same answers, lines and codes as without."""

import json
import subprocess
import sys

import pytest

from rewardlab import Run
from rewardlab.sandbox import kernel, lockdown

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        kernel.landlock_abi() < lockdown.LEAST_ABI, reason="this kernel's landlock is too old"
    ),
]

YAML = "fields: {angle: {index: 2, unit: rad}}\nsuccess: abs(self.angle) < 1\nhorizon: 30\n"
PROGRAM = "def compute_dense_reward(self, action):\n    return 1.0 - abs(self.angle)\n"


def rewardlab(folder, *args):
    command = [sys.executable, "-m", "rewardlab", *map(str, args)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200)


def test_a_run_is_trained_resumed_and_measured(cli, tmp_path):
    (tmp_path / "cart.yaml").write_text(YAML)
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "c.yaml").write_text("hyperparameters: {n_steps: 32, batch_size: 32}\n")
    flags = ("--task-option", "config=cart.yaml", "--n-envs", 2, "--eval-episodes", 1)
    task = ("gym/CartPole-v1", "--reward", "program.py", "--config", "c.yaml", *flags)
    done = rewardlab(tmp_path, "train", *task, "-n", 128, "--lockdown", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["status"], told["success"]) == ("finished", 1.0)
    assert "128 steps  evaluated on 1 episodes: success 1.00" in done.stderr
    run = Run(tmp_path / told["path"])
    assert run.config.lockdown
    assert json.loads((run.path / "sandbox.json").read_text())["lockdown"] is True
    again = cli("run", "--resume", run.id, "-n", 192, "--episodes", 2, "--no-video")
    assert again.code == 0, again.error
    assert (run.path / "report.html").exists()
    assert run.record["steps"] >= 192


def test_a_run_goes_on_as_it_began(cli, tmp_path):
    from rewardlab.training.prepare import prepare

    open_run = prepare("gym/CartPole-v1", n_timesteps=64, out=tmp_path / "results")
    done = cli("train", "--resume", open_run.id, "--lockdown")
    assert done.code == 2
    assert "goes on as it began, with False, not --lockdown True" in done.error
