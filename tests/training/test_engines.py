from dataclasses import replace

import numpy as np
import pytest
import yaml

from rewardlab.envs.tasks import task as get_task
from rewardlab.errors import MissingExtra, UnknownName, UsageError
from rewardlab.training.engines import choose
from rewardlab.training.prepare import prepare
from rewardlab.training.train import train

FITS = {"vec_env": "dummy", "lockdown": False}
DRAWER = "metaworld/drawer-close"
PROGRAM = "def compute_dense_reward(self, action):\n    return -self.obj1.position[1]\n"
SMALL = {
    "n_envs": 4,
    "hyperparameters": {"n_steps": 32, "batch_size": 32, "n_epochs": 1},
    "eval_episodes": 2,
}


def test_without_being_asked_python_is_the_engine():
    assert choose("auto", get_task(DRAWER), fast=False, **FITS) == "python"


def test_a_task_without_a_pool_stays_in_python_or_says_so(task):
    assert choose("auto", task, fast=True, **FITS) == "python"
    assert choose("auto", get_task("metaworld/door-close"), fast=True, **FITS) == "python"
    with pytest.raises(UsageError, match=r"door-close has no environment in the engine envpool"):
        choose("envpool", get_task("metaworld/door-close"), fast=False, **FITS)


def test_an_unknown_engine_names_those_that_there_are(task):
    with pytest.raises(UnknownName, match="python"):
        choose("pyton", task, fast=False, **FITS)


@pytest.mark.parametrize("other", [{"lockdown": True}, {"vec_env": "subproc"}])
def test_what_the_pool_cannot_do_is_refused_and_avoided(other):
    with pytest.raises(UsageError, match="use the engine python"):
        choose("envpool", get_task(DRAWER), fast=False, **FITS | other)
    assert choose("auto", get_task(DRAWER), fast=True, **FITS | other) == "python"


def test_without_the_extra_fast_recipes_train_in_python(monkeypatch, tmp_path):
    monkeypatch.setattr("rewardlab.training.engines.find_spec", lambda name: None)
    assert prepare(DRAWER, preset="fast", out=tmp_path / "a").config.engine == "python"
    with pytest.raises(MissingExtra, match=r"rewardlab\[fast\]"):
        prepare(DRAWER, engine="envpool", n_timesteps=100, out=tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_a_run_keeps_its_engine_when_it_goes_on_and_is_evaluated_in_python(tmp_path):
    pytest.importorskip("envpool", reason="EnvPool comes with the extra 'fast'")
    settings = {**SMALL, "engine": "envpool", "eval_freq": 256, "checkpoint_freq": 256}
    path = tmp_path / "reward.py"
    path.write_text(PROGRAM)
    run = train(DRAWER, path, n_timesteps=256, out=tmp_path, **settings)
    assert yaml.safe_load((run.path / "config.yaml").read_text())["engine"] == "envpool"
    assert "envpool" in (run.path / "versions.json").read_text()
    longer = train(DRAWER, n_timesteps=512, resume=run, out=tmp_path)
    assert longer.config.engine == "envpool"
    assert [row["timesteps"] for row in longer.evaluations] == [256, 512]
    assert longer.evaluations[-1]["episodes"] == 2
    whole = train(DRAWER, path, n_timesteps=512, out=tmp_path / "whole", **settings)
    ours, theirs = longer.evaluations[-1], whole.evaluations[-1]
    assert ours["return_mean"] == pytest.approx(theirs["return_mean"])


def test_a_resumed_run_without_the_extra_says_which(monkeypatch, tmp_path):
    pytest.importorskip("envpool", reason="EnvPool comes with the extra 'fast'")
    run = prepare(DRAWER, engine="envpool", n_timesteps=128, out=tmp_path, **SMALL)
    monkeypatch.setattr("rewardlab.envs.metaworld.pool.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"rewardlab\[fast\]"):
        train(DRAWER, resume=run, out=tmp_path)


def test_both_engines_pay_the_same_for_the_same(tmp_path):
    """A program's rewards, and success, from the scenes of a pool and of Python environments."""
    pytest.importorskip("envpool", reason="EnvPool comes with the extra 'fast'")
    means = {}
    for engine in ("envpool", "python"):
        path = tmp_path / "reward.py"
        path.write_text(PROGRAM)
        run = train(
            replace(get_task("metaworld/drawer-open", horizon=50)),
            path,
            n_timesteps=400,
            n_envs=8,
            engine=engine,
            hyperparameters={"n_steps": 50, "batch_size": 400, "n_epochs": 1},
            eval_freq=0,
            out=tmp_path / engine,
        )
        rows = (run.path / "progress.csv").read_text().splitlines()
        last = dict(zip(rows[0].split(","), rows[-1].split(","), strict=True))
        means[engine] = float(last["reward/shaped"])
        assert float(last["rollout/ep_len_mean"]) == 50
    assert np.allclose(means["envpool"], means["python"], atol=0.05)
