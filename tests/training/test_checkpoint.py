import os
import pickle
import resource
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from rewardlab.errors import StorageError
from rewardlab.training import checkpoint, tensors
from rewardlab.training.fit import fit
from rewardlab.training.logs import read_progress
from rewardlab.training.policies import load_policy
from rewardlab.training.prepare import prepare
from rewardlab.training.run import Run
from rewardlab.training.train import train

PPO = {"n_steps": 32, "batch_size": 64, "n_epochs": 2}
SAC = {"learning_starts": 64, "batch_size": 16, "buffer_size": 1000, "gradient_steps": 1}
DQN = {"learning_starts": 64, "batch_size": 16, "buffer_size": 1000, "train_freq": 2}
SMALL = {
    "n_envs": 2,
    "policy_kwargs": {"net_arch": [16]},
    "eval_freq": 128,
    "eval_episodes": 2,
    "checkpoint_freq": 128,
}
UNREPRODUCIBLE = ("time/fps", "time/time_elapsed", "time/iterations")


def curves(run):
    rows = read_progress(run.path / "progress.csv")[1]
    return [{k: v for k, v in row.items() if k not in UNREPRODUCIBLE} for row in rows]


def weights(run):
    return {k: v.numpy() for k, v in load_policy(run).model.state_dict().items()}


@pytest.mark.parametrize(("algo", "settings"), [("ppo", PPO), ("sac", SAC), ("dqn", DQN)])
def test_a_resumed_run_equals_one_that_was_never_interrupted(algo, settings, make_task, tmp_path):
    task = make_task(discrete=algo == "dqn")

    def start(name):
        return prepare(
            task,
            algo=algo,
            n_timesteps=512,
            hyperparameters=settings,
            name=name,
            out=tmp_path,
            **SMALL,
        )

    whole = fit(start("whole"), task=task)
    parts = start("parts")
    parts_path = parts.path
    fit(parts, task=task)
    # go back to the first of the kept checkpoints, as if the process had died after it
    first, last = checkpoint.checkpoints(parts_path / "checkpoints")
    shutil.rmtree(last)
    shutil.rmtree(parts_path / "final")
    assert int(first.name) < 512
    resumed = fit(Run(parts_path), task=task)
    for row, expected in zip(curves(resumed), curves(whole), strict=True):
        assert row == expected
    assert resumed.evaluations == whole.evaluations
    for name, array in weights(whole).items():
        np.testing.assert_array_equal(weights(resumed)[name], array, err_msg=name)


def test_only_the_last_two_checkpoints_stay(task, tmp_path):
    run = train(task, n_timesteps=640, hyperparameters=PPO, out=tmp_path, **SMALL)
    assert len(list((run.path / "checkpoints").iterdir())) == checkpoint.KEEP


def test_a_damaged_newest_checkpoint_gives_way_to_the_one_before(task, tmp_path):
    run = train(task, n_timesteps=512, hyperparameters=PPO, out=tmp_path, **SMALL)
    newest = checkpoint.checkpoints(run.path / "checkpoints")[-1]
    (newest / "model.npz").write_bytes(b"PK\x03\x04 torn")
    resumed = train(task, n_timesteps=1024, resume=run, out=tmp_path)
    steps = [int(row["time/total_timesteps"]) for row in curves(resumed)]
    assert steps == sorted(set(steps))
    assert steps[-1] == 1024


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("name", ["model.npz", "state.npz"])
def test_a_checkpoint_that_would_execute_something_is_refused(name, task, tmp_path):
    run = train(task, n_timesteps=128, hyperparameters=PPO, name="r", out=tmp_path, **SMALL)
    canary = tmp_path / "canary"
    with open(canary, "w"):  # the bomb does go off where one unpickles
        canary.unlink()
    pickle.loads(pickle.dumps(Bomb(canary))).close()
    assert canary.exists()
    canary.unlink()
    for path in checkpoint.checkpoints(run.path / "checkpoints"):
        torch.save({"parameters": Bomb(canary)}, path / name)
    with pytest.raises(StorageError, match="never unpickles"):
        train(task, n_timesteps=256, resume=run, out=tmp_path)
    assert not canary.exists()


def test_arrays_of_objects_are_refused(task, tmp_path):
    canary = tmp_path / "canary"
    run = train(task, n_timesteps=128, hyperparameters=PPO, name="r", out=tmp_path, **SMALL)
    evil = np.array([Bomb(canary)], dtype=object)
    for path in checkpoint.checkpoints(run.path / "checkpoints"):
        np.savez(path / "normalize.npz", obs_mean=evil)
    with pytest.raises(StorageError, match="never unpickles"):
        train(task, n_timesteps=256, resume=run, out=tmp_path)
    assert not canary.exists()


def test_state_keeps_arrays_types_and_nesting(tmp_path):
    state = {"a": np.arange(3), "b": [1, {"c": np.float32(2.5)}], "d": (None, "x"), "e": True}
    tensors.save(tmp_path / "s.npz", state)
    back = tensors.load(tmp_path / "s.npz")
    np.testing.assert_array_equal(back["a"], [0, 1, 2])
    assert back["b"] == [1, {"c": 2.5}]
    assert back["d"] == (None, "x")
    assert back["e"] is True


def test_a_disk_that_takes_no_more_ends_the_run_with_one_line(task, tmp_path):
    run = prepare(task, n_timesteps=256, hyperparameters=PPO, name="r", out=tmp_path, **SMALL)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
    try:
        with pytest.raises(StorageError, match=r"cannot use|disk is full|cannot write"):
            fit(run, task=task)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert run.status == "failed"
    assert not list((run.path / "checkpoints").glob(".*"))


SCRIPT = """
from rewardlab.training.train import train
train("locomotion/hopper-forward", n_timesteps=10**6, name="killed", out={out!r}, n_envs=2,
      hyperparameters=dict(n_steps=64, batch_size=64, n_epochs=1), eval_freq=0,
      checkpoint_freq=256)
"""


def test_a_killed_process_loses_nothing_before_its_last_checkpoint(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", SCRIPT.format(out=str(tmp_path))])
    folder = tmp_path / "killed" / "checkpoints"
    try:
        deadline = time.monotonic() + 60
        while len(checkpoint.checkpoints(folder)) < 2:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    run = Run.open("killed", out=tmp_path)
    assert run.status == "interrupted"
    saved = int(checkpoint.checkpoints(folder)[-1].name)
    before = [row for row in curves(run) if int(row["time/total_timesteps"]) <= saved]
    resumed = train("locomotion/hopper-forward", n_timesteps=saved + 500, resume=run, out=tmp_path)
    after = curves(resumed)
    assert resumed.status == "finished"
    assert after[: len(before)] == before
    steps = [int(row["time/total_timesteps"]) for row in after]
    assert steps == list(range(128, steps[-1] + 1, 128))
    assert steps[-1] >= saved + 500
