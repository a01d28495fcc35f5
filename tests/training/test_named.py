"""Shapers of runs: by name, so that a run goes on without Python, or as objects."""

import copy
from dataclasses import asdict, replace

import numpy as np
import pytest

from rewardlab.errors import ConfigError, ShaperFault, UnknownName, UsageError
from rewardlab.shapers import RND, CountBonus, Potential, Scale, Schedule, Sum
from rewardlab.shapers.identity import check_identity, identity
from rewardlab.shapers.plain import NativeShaper
from rewardlab.training import checkpoint, tensors
from rewardlab.training.prepare import prepare
from rewardlab.training.train import train

PPO = {"n_steps": 32, "batch_size": 64, "n_epochs": 2}
SMALL = {"n_envs": 2, "policy_kwargs": {"net_arch": [16]}, "hyperparameters": PPO}


def state(run):
    newest = checkpoint.checkpoints(run.path / "checkpoints")[-1]
    return tensors.load(newest / "state.npz")["shaped"][-1]["shaper"]


def same(one, other):
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return np.array_equal(np.asarray(one), np.asarray(other))


def test_a_name_and_its_options_train_and_go_on(task, tmp_path):
    options = {"weight": 0.25}
    run = train(
        task,
        "sparse",
        shaper="rnd",
        shaper_options=options,
        n_timesteps=64,
        eval_freq=0,
        out=tmp_path,
        **SMALL,
    )
    assert (run.config.shaper, run.config.shaper_options) == ("rnd", options)
    assert run.record["shaper"] == "rnd"
    longer = train(task, resume=run, n_timesteps=128, out=tmp_path)
    assert longer.status == "finished"
    assert not same(state(run), {})
    train(task, resume=run, n_timesteps=192, shaper="rnd", out=tmp_path)


def test_a_named_shaper_learns_what_the_same_object_learns(task, tmp_path):
    given = {"n_timesteps": 128, "eval_freq": 0, "seed": 5, "out": tmp_path, **SMALL}
    named = train(task, shaper="rnd", shaper_options={"weight": 0.5}, **given)
    handed = train(task, shaper=RND(weight=0.5), **given)
    assert same(state(named), state(handed))


def test_evaluation_leaves_a_shaper_as_it_is(task, tmp_path):
    given = {"n_timesteps": 128, "shaper": "rnd", "seed": 5, "out": tmp_path, **SMALL}
    watched = train(task, eval_freq=32, eval_episodes=3, **given)
    alone = train(task, eval_freq=0, **given)
    assert len(watched.evaluations) > 1
    assert same(state(watched), state(alone))


def test_a_run_like_another_has_its_shaper(task, tmp_path):
    run = prepare(task, shaper="rnd", shaper_options={"lr": 0.1}, n_timesteps=64, out=tmp_path)
    like = {k: v for k, v in asdict(run.config).items() if k not in ("task", "task_options")}
    assert prepare(task, **like, out=tmp_path).config == run.config


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"shaper": "rdn"}, UnknownName, "unknown shaper 'rdn'; did you mean rnd"),
        ({"shaper": "rnd", "shaper_options": {"w": 1}}, ConfigError, "unknown key 'w'"),
        ({"shaper": "lirpg", "algo": "sac"}, UsageError, "use ppo or a2c, not sac"),
        ({"shaper": "rnd", "shaper_options": {"gamma": 0.5}}, UsageError, "algorithm uses 0.99"),
        ({"shaper": "rnd", "algo": "dqn"}, UsageError, "dqn needs discrete actions, but gym/Line"),
        ({"shaper": RND(), "shaper_options": {"weight": 1}}, UsageError, "need its name"),
        ({"shaper": Potential([1.0, 2.0])}, UsageError, "Potential needs discrete observations"),
    ],
)
def test_what_cannot_work_is_refused_before_there_is_a_folder(given, error, said, task, tmp_path):
    with pytest.raises(error, match=said):
        prepare(task, n_timesteps=64, out=tmp_path, **given)
    assert not list(tmp_path.iterdir())


class Unkept(NativeShaper):
    def state_dict(self):
        return {"seen": {1, 2}}


def test_what_no_checkpoint_can_hold_is_said_before_training(task, tmp_path):
    with pytest.raises(ShaperFault, match=r"Unkept\.state_dict: a checkpoint holds .* not <cl"):
        train(task, Unkept(), n_timesteps=10**6, out=tmp_path, **SMALL)


def test_a_state_of_other_options_is_refused_and_the_run_stays(task, tmp_path):
    given = {"n_timesteps": 64, "shaper": "rnd", "eval_freq": 0, "out": tmp_path, **SMALL}
    run = train(task, **given)
    replace(run.config, shaper_options={"hidden": 8}).save(run.path / "config.yaml")
    with pytest.raises(UsageError, match=r"saved with RND\(hidden=64\), not hidden=8: go on with"):
        train(task, resume=run, n_timesteps=128, out=tmp_path)
    replace(run.config, shaper_options={}).save(run.path / "config.yaml")
    assert train(task, resume=run, n_timesteps=128, out=tmp_path).status == "finished"


class Later(Potential):
    version = 2


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        (lambda: RND(), lambda: RND(lr=1.0), r"RND\(lr=0.0001\), not lr=1.0"),
        (
            lambda: Scale(CountBonus(lam=2.0), 0.5),
            lambda: Scale(CountBonus(lam=3.0), 0.5),
            r"CountBonus\(lam=2.0\), not lam=3.0",
        ),
        (
            lambda: Sum(RND(), CountBonus()),
            lambda: Sum(CountBonus(), RND()),
            r"its shaper Sum\(RND, CountBonus\), not Sum\(CountBonus, RND\)",
        ),
        (
            lambda: Schedule(RND(), (1.0, 0.0, 64)),
            lambda: Schedule(RND(), (1.0, 0.0, 65)),
            r"Schedule\(weight=\[1.0, 0.0, 64\]\), not weight=\[1.0, 0.0, 65\]",
        ),
        (
            lambda: CountBonus(cells=lambda obs: np.zeros(len(obs), int)),
            lambda: CountBonus(),
            r"CountBonus\(cells=a function\), not cells=None",
        ),
    ],
)
def test_a_run_goes_on_with_the_options_of_its_shaper_only(first, then, said, task, tmp_path):
    given = {"n_timesteps": 64, "eval_freq": 0, "out": tmp_path, **SMALL}
    run = train(task, shaper=first(), **given)
    with pytest.raises(UsageError, match=said):
        train(task, resume=run, shaper=then(), n_timesteps=128, out=tmp_path)
    assert train(task, resume=run, shaper=first(), n_timesteps=128).status == "finished"


def test_a_table_is_told_from_another_and_a_version_from_the_next():
    saved = identity(Potential(np.arange(3.0)))
    check_identity(saved, Potential(np.arange(3.0)), "run x")
    with pytest.raises(UsageError, match=r"Potential\(phi=array .*\), not phi=array"):
        check_identity(saved, Potential(np.arange(3.0) + 1), "run x")
    with pytest.raises(UsageError, match="a Later of version 1, this one is of 2"):
        check_identity({**saved, "kind": "Later"}, Later(np.arange(3.0)), "run x")


def test_options_that_came_with_a_release_are_passed_over():
    saved = identity(RND())
    del saved["options"]["clip"]
    saved["options"]["gone"] = 1
    check_identity(saved, RND(clip=9.0), "run x")


def test_a_copy_and_a_class_without_options_stay_what_they_are():
    assert identity(copy.deepcopy(RND(weight=0.5)))["options"]["weight"] == 0.5
    with pytest.raises(TypeError, match="takes no arguments"):
        NativeShaper(1)
    with pytest.raises(TypeError, match="unexpected keyword argument 'wieght'"):
        RND(wieght=1.0)


def test_a_reward_that_is_a_shaper_and_a_shaper_over_it_have_to_be_composed(task, tmp_path):
    with pytest.raises(UsageError, match="RND as the reward and a shaper over it: compose"):
        train(task, RND(), shaper="icm", n_timesteps=64, out=tmp_path)


def test_a_run_goes_on_with_its_own_shaper_only(task, tmp_path):
    given = {"n_timesteps": 64, "eval_freq": 0, "out": tmp_path, **SMALL}
    named, bare = train(task, shaper="rnd", **given), train(task, **given)
    handed = train(task, shaper=RND(), **given)
    for run, other, said in (
        (named, "icm", "with the shaper rnd, not with icm"),
        (named, RND(), "with the shaper rnd, not with a RND"),
        (bare, "rnd", "without a shaper, not with rnd"),
        (bare, RND(), "without a shaper, not with a RND"),
        (handed, "rnd", "with the shaper RND, not with rnd"),
        (handed, Potential(abs), "with the shaper RND, not with a Potential"),
    ):
        with pytest.raises(UsageError, match=said):
            train(task, resume=run, shaper=other, n_timesteps=128, out=tmp_path)
    with pytest.raises(UsageError, match="was made with the shaper RND: pass it as shaper=…"):
        train(task, resume=handed, n_timesteps=128, out=tmp_path)


def test_what_a_shaper_rules_out_of_normalisation_stands_in_the_runs_settings(task, tmp_path):
    given = {"n_timesteps": 64, "eval_freq": 0, "out": tmp_path, **SMALL}
    asked = {"norm_obs": True, "norm_reward": True}
    exact = train(task, shaper=Potential(lambda obs: obs[:, 0]), normalize=asked, **given)
    assert exact.config.normalize == {**asked, "clip_reward": np.inf}
    assert train(task, shaper=RND(), normalize=asked, **given).config.normalize == asked
