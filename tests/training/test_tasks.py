"""A run folder from a stranger names a task; it cannot name a module to be imported."""

import sys
from dataclasses import replace

import pytest

from rewardlab.config import RunConfig
from rewardlab.errors import UntrustedModule, UsageError
from rewardlab.evaluation.report import report
from rewardlab.training.run import Run
from rewardlab.training.tasks import task_of

MODULE = """
import pathlib
import gymnasium as gym
pathlib.Path({canary!r}).touch()
gym.register("Strangers-v0", entry_point="gymnasium.envs.classic_control:PendulumEnv")
"""


@pytest.fixture
def sent(tmp_path, monkeypatch):
    """A run folder of a stranger's, who put a module beside it."""
    monkeypatch.chdir(tmp_path)
    canary = tmp_path / "canary"
    (tmp_path / "strangers_env.py").write_text(MODULE.format(canary=str(canary)))
    run = Run.create(tmp_path, RunConfig("gym/strangers_env:Strangers-v0", 100), name="sent")
    yield run, canary
    sys.modules.pop("strangers_env", None)
    if str(tmp_path) in sys.path:
        sys.path.remove(str(tmp_path))


def test_a_run_cannot_have_a_module_imported(sent):
    run, canary = sent
    with pytest.raises(UntrustedModule, match="import and run the Python module 'strangers_env'"):
        task_of(run)
    report(run)
    assert not canary.exists()
    page = (run.path / "report.html").read_text()
    assert "Python module" in page
    assert "rewardlab evaluate" in page
    assert "--task gym/strangers_env:Strangers-v0 --video" in page
    with pytest.raises(UsageError, match="is about gym/strangers_env:Strangers-v0, not"):
        task_of(run, "gym/Pendulum-v1")
    assert task_of(run, "gym/strangers_env:Strangers-v0").env_id == "strangers_env:Strangers-v0"
    assert canary.exists()


def test_a_module_that_is_there_already_does_nothing_more(sent):
    run, _ = sent
    first = task_of(run, run.config.task)
    assert task_of(run).id == first.id
    assert task_of(run, replace(first)).id == first.id
