"""Every shaper by name beside every algorithm: what a run that was stopped would have been."""

import re
import shutil

import numpy as np
import pytest

from rewardlab.errors import UsageError
from rewardlab.shapers.registry import BUILT_IN
from rewardlab.training import checkpoint, tensors
from rewardlab.training.arrays import load
from rewardlab.training.fit import fit
from rewardlab.training.prepare import prepare
from rewardlab.training.run import Run

OFF = {"learning_starts": 32, "batch_size": 8, "buffer_size": 200}
ALGORITHMS = {
    "ppo": {"n_steps": 16, "batch_size": 16, "n_epochs": 1},
    "a2c": {"n_steps": 8},
    "dqn": {**OFF, "train_freq": 4, "gradient_steps": 1},
    "sac": {**OFF, "train_freq": 4, "gradient_steps": 1},
    "td3": {**OFF, "train_freq": 4, "gradient_steps": 1},
}
NEEDED = {
    "counts": ({"settle": 16}, None),
    "exprd": ({"gamma": 0.99}, "tabular/linek-2024"),
    "expadard": ({"gamma": 0.99}, "tabular/linek-2024"),
    "potential": ({"phi": [i / 21 for i in range(21)]}, "tabular/linek-2024"),
}
"""Options without which a shaper cannot do, and the tasks of those that need a finite MDP."""


WALL_CLOCK = ("elapsed", "/episodes/")


def settings(name, algo, make_task):
    options, id = NEEDED.get(name, ({}, None))
    task = make_task(discrete=algo == "dqn") if id is None else id
    return task, {
        "algo": algo,
        "shaper": name,
        "shaper_options": {"update_every": 32, **options},
        "n_timesteps": 128,
        "hyperparameters": {"gamma": 0.99, **ALGORITHMS[algo]},
        "n_envs": 2,
        "policy_kwargs": {"net_arch": [8]},
        "normalize": None,
        "eval_freq": 0,
        "checkpoint_freq": 64,
    }


def everything(run):
    """Return all numbers from which a run goes on."""
    newest = checkpoint.checkpoints(run.path / "checkpoints")[-1]
    found = {}
    for file in sorted(newest.iterdir()):
        data = load(file)
        if "tree" in data:
            tree = tensors.load(file)
            found |= dict(leaves(tree, file.name))
        else:
            found |= {f"{file.name}/{key}": value for key, value in data.items()}
    return found


def leaves(value, where):
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, f"{where}/{key}")
    elif isinstance(value, list | tuple):
        for i, part in enumerate(value):
            yield from leaves(part, f"{where}/{i}")
    elif not any(part in where for part in WALL_CLOCK):
        yield where, value


@pytest.mark.filterwarnings("ignore:.*eta.*:UserWarning")
@pytest.mark.parametrize("algo", ALGORITHMS)
@pytest.mark.parametrize("name", BUILT_IN)
def test_a_run_that_was_stopped_is_as_one_that_was_not(name, algo, make_task, tmp_path):
    task, asked = settings(name, algo, make_task)
    run, said = None, ""
    try:
        run = prepare(task, **asked, name="run", out=tmp_path)
    except UsageError as error:
        said = str(error)
    if run is None:
        assert re.search("needs an on-policy|needs discrete|needs continuous", said)
        assert not list(tmp_path.iterdir())
        return
    given = None if isinstance(task, str) else task
    fit(run, task=given)
    whole = everything(run)
    first, last = checkpoint.checkpoints(run.path / "checkpoints")
    assert first.name.rstrip("+") < last.name.rstrip("+")
    shutil.rmtree(last)
    fit(Run(run.path), task=given)
    again = everything(run)
    assert again.keys() == whole.keys()
    for key, value in whole.items():
        np.testing.assert_array_equal(again[key], value, err_msg=key)
