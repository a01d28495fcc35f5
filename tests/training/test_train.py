import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import yaml

from rewardlab.errors import ConfigError, UsageError
from rewardlab.program.vocabulary import vocabulary_hash
from rewardlab.sandbox.record import FIELDS
from rewardlab.shapers.base import Shaped, Shaper
from rewardlab.store.files import read_json
from rewardlab.training.fit import fit_here
from rewardlab.training.logs import read_progress
from rewardlab.training.prepare import prepare
from rewardlab.training.run import Run
from rewardlab.training.train import train

PPO = {"n_steps": 32, "batch_size": 64, "n_epochs": 2}
SAC = {"learning_starts": 100, "batch_size": 16, "buffer_size": 1000, "gradient_steps": 1}
SMALL = {"n_envs": 2, "eval_freq": 0, "policy_kwargs": {"net_arch": [16]}}


class Potential(Shaper):
    """Pays for getting closer: F = gamma Phi(s') - Phi(s) with Phi = -|x|."""

    invariance = "exact"

    def shape(self, batch):
        before, after = -abs(batch.obs[:, 0]), -abs(batch.next_obs[:, 0])
        after = np.where(batch.terminated, 0.0, after)
        bonus = 100.0 * (self.gamma * after - before)
        return Shaped(batch.r_ext + bonus, {"closer": bonus})


def column(run, key):
    return [float(row[key]) for row in read_progress(run.path / "progress.csv")[1] if key in row]


@pytest.mark.parametrize(("algo", "settings"), [("ppo", PPO), ("sac", SAC)])
def test_a_users_shaper_trains_and_never_reaches_the_episode_return(algo, settings, task, tmp_path):
    run = train(
        task,
        Potential(),
        algo=algo,
        n_timesteps=400,
        hyperparameters=settings,
        out=tmp_path,
        **SMALL,
    )
    returns = column(run, "rollout/ep_rew_mean")
    assert returns
    assert all(-20 * 2.2 < r <= 0 for r in returns)  # what the environment pays, 20 steps of -|x|
    assert any(abs(m) > 0.5 for m in column(run, "reward/terms/closer"))
    for env, shaped, term in zip(
        column(run, "reward/env"),
        column(run, "reward/shaped"),
        column(run, "reward/terms/closer"),
        strict=True,
    ):
        assert shaped == pytest.approx(env + term)


def test_a_shaper_that_needs_fresh_steps_needs_an_on_policy_algorithm(task, tmp_path):
    class Fresh(Potential):
        needs = frozenset({"on_policy"})

    with pytest.raises(UsageError, match="Fresh needs an on-policy algorithm"):
        train(task, Fresh(), algo="sac", n_timesteps=50, out=tmp_path, **SMALL)
    train(task, Fresh(), hyperparameters=PPO, n_timesteps=50, out=tmp_path, **SMALL)


def test_a_shaper_with_another_discount_is_refused(task, tmp_path):
    shaper = Potential()
    shaper.gamma = 0.5
    with pytest.raises(UsageError, match=r"gamma 0\.5, the algorithm uses 0\.99"):
        train(task, shaper, n_timesteps=50, out=tmp_path, **SMALL)


def test_sparse_reward_is_success(task, tmp_path):
    run = train(task, "sparse", hyperparameters=PPO, n_timesteps=200, out=tmp_path, **SMALL)
    shaped = column(run, "reward/shaped")
    assert all(0.0 <= mean <= 1.0 for mean in shaped)
    assert column(run, "rollout/success_rate")


def test_rewards_that_a_task_does_not_have_are_refused(make_task, tmp_path):
    with pytest.raises(UsageError, match="no success signal"):
        prepare(make_task(success=False), "sparse", n_timesteps=1, out=tmp_path)
    with pytest.raises(UsageError, match="no reward of its own"):
        prepare(make_task(oracle=False), "oracle", n_timesteps=1, out=tmp_path)
    with pytest.raises(UsageError, match="cannot be skipped"):
        prepare(make_task(), "oracle", n_timesteps=1, native_reward=False, out=tmp_path)
    with pytest.raises(ConfigError, match=r"cannot read reward program 'orakle'"):
        prepare(make_task(), "orakle", n_timesteps=1, out=tmp_path)
    assert not list(tmp_path.iterdir())


def test_settings_out_of_range_are_refused(task, tmp_path):
    with pytest.raises(UsageError, match="n_timesteps must be at least 1, got 0"):
        prepare(task, n_timesteps=0, out=tmp_path)
    with pytest.raises(UsageError, match="n_envs must be at least 1, got -2"):
        prepare(task, n_timesteps=10, n_envs=-2, out=tmp_path)
    for wrong in ({"sandbox": "no"}, {"on_reward_fault": "go"}, {"lockdown": 1}, {"n_envs": 2.0}):
        with pytest.raises(ConfigError, match=f"the settings: {next(iter(wrong))} cannot be "):
            prepare(task, **{"n_timesteps": 10, **wrong}, out=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_run_folder_says_what_was_asked_and_with_what(task, tmp_path):
    run = train(task, n_timesteps=64, seed=7, hyperparameters=PPO, out=tmp_path, **SMALL)
    config = yaml.safe_load((run.path / "config.yaml").read_text())
    assert config["seed"] == 7
    assert config["hyperparameters"]["n_steps"] == 32
    assert config["goal"] == task.goal
    versions = read_json(run.path / "versions.json")
    assert versions["packages"]["torch"]
    held = read_json(run.path / "sandbox.json")
    assert set(held) == set(FIELDS)
    assert held["sandbox_level"] in ("full", "partial", "process-only")
    assert held["vocabulary"] == vocabulary_hash()
    assert list((run.path / "tb").iterdir())


def test_the_same_seed_gives_the_same_curves(task, tmp_path):
    def curves(seed):
        run = train(
            task,
            n_timesteps=200,
            seed=seed,
            hyperparameters=PPO,
            eval_freq=100,
            eval_episodes=2,
            n_envs=2,
            policy_kwargs={"net_arch": [16]},
            out=tmp_path,
        )
        return column(run, "rollout/ep_rew_mean"), run.evaluations

    assert curves(1) == curves(1)
    assert curves(1) != curves(2)


def test_the_best_policy_is_chosen_by_success_then_native_return(task, tmp_path):
    run = train(
        task,
        hyperparameters=PPO,
        n_timesteps=640,
        eval_freq=128,
        eval_episodes=4,
        n_envs=2,
        policy_kwargs={"net_arch": [16]},
        out=tmp_path,
    )
    from rewardlab.training.policies import load_policy

    rows = run.evaluations
    assert len(rows) >= 4
    best = max(rows, key=lambda r: (r["success"], r["return_mean"], r["timesteps"]))
    assert load_policy(run, "best").timesteps == best["timesteps"]
    low, high = rows[-1]["success_ci"]
    assert 0 <= low <= rows[-1]["success"] <= high <= 1


def test_ctrl_c_leaves_a_run_that_goes_on(task, tmp_path):
    run = prepare(task, n_timesteps=10**7, hyperparameters=PPO, out=tmp_path, **SMALL)
    stop = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt, match=r"go on with: rewardlab train --resume"):
        fit_here(run, task, before_learning=stop.start)  # to import torch takes its time
    assert run.status == "interrupted"
    done = int(sorted((run.path / "checkpoints").iterdir())[-1].name)
    assert done > 0
    resumed = train(task, n_timesteps=done + 200, resume=run, out=tmp_path)
    assert resumed.status == "finished"
    steps = column(resumed, "time/total_timesteps")
    assert steps == sorted(set(steps))
    assert steps[-1] >= done + 200


def test_a_second_ctrl_c_interrupts_at_once_and_still_says_how_to_go_on(task, tmp_path):
    def twice():
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)

    run = prepare(task, n_timesteps=10**7, hyperparameters=PPO, out=tmp_path, **SMALL)
    with pytest.raises(KeyboardInterrupt, match=r"interrupted; go on with: rewardlab train --res"):
        fit_here(run, task, before_learning=twice)
    assert run.status == "interrupted"


def test_a_finished_run_is_extended_only_by_more_steps(task, tmp_path):
    run = train(task, n_timesteps=100, hyperparameters=PPO, out=tmp_path, **SMALL)
    with pytest.raises(UsageError, match="has finished its 100 steps"):
        train(task, resume=run, out=tmp_path)
    (run.path / "evaluation.json").write_text("{}")
    longer = train(task, n_timesteps=300, resume=run.id, out=tmp_path)
    assert longer.path == run.path
    assert not (run.path / "evaluation.json").exists(), "it was measured on the policy of before"
    assert column(longer, "time/total_timesteps")[-1] >= 300


def test_a_run_is_not_resumed_with_another_task_or_without_its_shaper(task, make_task, tmp_path):
    from dataclasses import replace

    run = train(task, Potential(), n_timesteps=64, hyperparameters=PPO, out=tmp_path, **SMALL)
    with pytest.raises(UsageError, match="is about gym/Line, not gym/Other"):
        train(
            replace(task, id="gym/Other"),
            n_timesteps=200,
            resume=run,
            shaper=Potential(),
            out=tmp_path,
        )
    with pytest.raises(UsageError, match="made with the shaper Potential"):
        train(task, n_timesteps=200, resume=run, out=tmp_path)
    train(task, n_timesteps=200, resume=run, shaper=Potential(), out=tmp_path)


def test_a_run_is_not_resumed_on_a_scene_that_has_changed(task, tmp_path):
    from dataclasses import replace

    run = train(task, n_timesteps=64, hyperparameters=PPO, out=tmp_path, **SMALL)
    other = replace(task, scene=replace(task.scene, action=replace(task.scene.action, size=3)))
    with pytest.raises(UsageError, match="is not the one that run"):
        train(other, n_timesteps=200, resume=run, out=tmp_path)


GROUP = """
from rewardlab.training.train import train
train("locomotion/hopper-forward", n_timesteps=10**6, name="group", out={out!r}, n_envs=2,
      hyperparameters=dict(n_steps=64, batch_size=64, n_epochs=1), eval_freq=0,
      checkpoint_freq=128, vec_env="subproc")
"""


def test_ctrl_c_at_a_terminal_reaches_the_whole_group_and_the_run_is_saved(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", GROUP.format(out=str(tmp_path))],
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    folder = tmp_path / "group" / "checkpoints"
    deadline = time.monotonic() + 60
    while not list(folder.glob("[0-9]*")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    err = process.communicate(timeout=60)[1]
    assert "KeyboardInterrupt: stopped at" in err
    assert Run.open("group", out=tmp_path).status == "interrupted"


def test_a_run_without_native_reward_does_not_pretend_to_know_it(task, tmp_path):
    run = train(
        task,
        "sparse",
        native_reward=False,
        hyperparameters=PPO,
        n_timesteps=128,
        out=tmp_path,
        **SMALL,
    )
    assert column(run, "reward/env") == []
    assert column(run, "reward/shaped")
