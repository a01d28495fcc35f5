"""What a trainer must give back unchanged is put back, whatever it left in its place."""

import os
import subprocess

import pytest

from rewardlab.config import RunConfig
from rewardlab.errors import SandboxError, StorageError
from rewardlab.program.program import RewardProgram
from rewardlab.training import handover
from rewardlab.training.handover import KEPT, scratch_folder, unchanged
from rewardlab.training.run import Run

PROGRAM = RewardProgram("def compute_dense_reward(self, action):\n    return 1.0\n")


@pytest.fixture
def run(tmp_path):
    config = RunConfig("gym/CartPole-v1", 100, reward="program")
    yield Run.create(tmp_path, config, program=PROGRAM, name="locked")
    subprocess.run(["rm", "-rf", tmp_path / "locked"], check=True)  # Python cannot


def dig(folder, depth=1500):
    """Nest folders deeper than Python can recurse, and longer than a path may be."""
    folder.mkdir(exist_ok=True)
    here = os.getcwd()
    try:
        os.chdir(folder)
        for _ in range(depth):
            os.mkdir("deep")
            os.chdir("deep")
    finally:
        os.chdir(here)


def huge(path):
    with path.open("wb") as file:
        file.truncate(1 << 42)


def deep(path):
    path.unlink(missing_ok=True)
    dig(path)


def empty(path):
    path.unlink(missing_ok=True)
    path.touch()


def attack(run, obstacle, name):
    for kept in KEPT:
        (run.path / kept).write_text("task: gym/evil:Env-v0\n")
    obstacle(run.path / name)


@pytest.mark.parametrize("obstacle", [huge, deep, empty])
@pytest.mark.parametrize("name", KEPT)
def test_no_obstacle_keeps_the_other_files_from_being_put_back(run, name, obstacle):
    before = {kept: (run.path / kept).exists() and (run.path / kept).read_bytes() for kept in KEPT}
    with pytest.raises(SandboxError, match="put back"), unchanged(run):
        attack(run, obstacle, name)
    for kept, content in before.items():
        assert ((run.path / kept).exists() and (run.path / kept).read_bytes()) == content


def test_what_cannot_be_put_back_is_not_left_as_it_was_changed(run, monkeypatch):
    def full(path, data):
        raise StorageError("the disk is full")

    monkeypatch.setattr(handover, "write_bytes", full)
    with pytest.raises(StorageError, match="full"), unchanged(run):
        (run.path / "config.yaml").write_text("task: gym/evil:Env-v0\n")
    assert not (run.path / "config.yaml").exists()


def test_a_scratch_folder_too_deep_to_remove_is_told_of_later(run):
    with scratch_folder(run) as scratch:
        dig(run.path / scratch)
    with pytest.raises(StorageError, match="deep"):
        Run(run.path)
