"""Mixtures of experts in rewardlab's own runs: settings, checkpoints, and runs as experts."""

import shutil

import numpy as np
import pytest
import torch

from rewardlab.errors import ConfigError, UnknownName, UsageError
from rewardlab.evaluation.curves import read_curves
from rewardlab.policies import MoePolicy
from rewardlab.training import checkpoint
from rewardlab.training.fit import fit
from rewardlab.training.policies import load_policy
from rewardlab.training.prepare import prepare
from rewardlab.training.run import Run
from rewardlab.training.train import train

PPO = {"n_steps": 32, "batch_size": 64, "n_epochs": 2}
OFF = {"learning_starts": 64, "batch_size": 16, "buffer_size": 1000, "gradient_steps": 1}
SMALL = {"n_envs": 2, "eval_freq": 0, "checkpoint_freq": 128}
OBS = np.random.default_rng(0).normal(size=(20, 2))


def kwargs(**moe):
    return {"net_arch": [8], "moe": {"n_experts": 4, **moe}}


def acted(run):
    return load_policy(run).predict(OBS)


@pytest.mark.parametrize(
    ("algo", "settings", "moe"),
    [
        ("ppo", PPO, {"gate": "sigmoid", "balance_rate": 0.1, "aux_coefs": {"load_balance": 0.1}}),
        ("sac", {**OFF, "train_freq": 8}, {"gate": "expert_choice"}),
        ("dqn", {**OFF, "train_freq": 8}, {"gate": "dts", "noise": True, "spawn_at": 0.6}),
    ],
)
def test_a_resumed_mixture_equals_one_that_was_never_interrupted(
    algo, settings, moe, make_task, tmp_path
):
    task = make_task(discrete=algo == "dqn")

    def start(name):
        return prepare(
            task,
            algo=algo,
            n_timesteps=384,
            hyperparameters=settings,
            policy_kwargs=kwargs(**moe),
            name=name,
            out=tmp_path,
            **SMALL,
        )

    whole, parts = fit(start("whole"), task=task), fit(start("parts"), task=task)
    assert whole.config.policy == "MoePolicy"
    first, last = checkpoint.checkpoints(parts.path / "checkpoints")
    shutil.rmtree(last)
    shutil.rmtree(parts.path / "final")
    assert 0 < int(first.name) < 384
    resumed = fit(Run(parts.path), task=task)
    expected = load_policy(whole).model.state_dict()
    found = load_policy(resumed).model.state_dict()
    assert any("running_" in name for name in expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
    logged = read_curves(whole.path / "progress.csv").columns
    again = read_curves(resumed.path / "progress.csv").columns
    mixture = [name for name in logged if name.startswith("moe/")]
    assert {"moe/actor/utilisation", "moe/actor/change_rate"} <= set(mixture)
    for name in mixture:
        np.testing.assert_array_equal(again[name], logged[name], err_msg=name)
    assert (resumed.path / "moe.npz").read_bytes() == (whole.path / "moe.npz").read_bytes()


def test_a_run_tells_its_gates_how_far_it_is(task, tmp_path):
    run = train(
        task,
        n_timesteps=256,
        hyperparameters=PPO,
        policy_kwargs=kwargs(gate="dts", temperature=[2.0, 0.5], schedule="linear"),
        out=tmp_path,
        **SMALL,
    )
    tau = [v for k, v in load_policy(run).model.state_dict().items() if "running_tau" in k]
    # the last rollout began at three quarters
    assert [float(t) for t in tau] == pytest.approx([0.875, 0.875])


def test_the_policy_and_its_options_must_fit(task, tmp_path):
    def ask(**settings):
        train(task, n_timesteps=64, hyperparameters=PPO, out=tmp_path, **SMALL, **settings)

    with pytest.raises(UsageError, match="moe is for MoePolicy, not for MlpPolicy"):
        ask(policy="MlpPolicy", policy_kwargs=kwargs())
    with pytest.raises(ConfigError, match="did you mean 'n_experts'"):
        ask(policy_kwargs=kwargs(n_expert=3))
    tqc = {"algo": "tqc", "policy": "MoePolicy", "n_timesteps": 64, "out": tmp_path, **SMALL}
    with pytest.raises(UsageError, match="tqc has no mixtures of experts: give --algo a2c, dqn"):
        train(task, **tqc)
    for moe, words in (
        ({"top_k": 9}, "top_k is between 1 and n_experts = 4, got 9"),
        ({"gate": "expert_choice", "mode": "exact"}, "use mode='threshold'"),
    ):
        with pytest.raises(UsageError, match=words):
            ask(policy_kwargs=kwargs(**moe))
    assert not list(tmp_path.iterdir())
    with pytest.raises(UnknownName, match="did you mean MoePolicy"):
        ask(policy="MoePolice")


@pytest.fixture
def two_runs(task, tmp_path):
    return [
        train(
            task,
            n_timesteps=64,
            hyperparameters=PPO,
            policy_kwargs={"net_arch": [8]},
            normalize={"norm_obs": seed == 1},
            seed=seed,
            name=f"expert-{seed}",
            out=tmp_path,
            **SMALL,
        )
        for seed in range(2)
    ]


def test_runs_are_experts_of_a_run_that_needs_them_no_more(two_runs, task, tmp_path):
    settings = {"n_timesteps": 128, "hyperparameters": PPO, "out": tmp_path, **SMALL}
    first, second = two_runs
    for frozen in (True, False):
        moe = {"experts": ["expert-0", second], "frozen": frozen}
        run = train(task, policy_kwargs={"moe": moe}, name=f"both-{frozen}", **settings)
    acts = acted(run)
    shutil.rmtree(first.path)
    shutil.rmtree(second.path)
    run = Run(run.path)
    assert run.config.policy_kwargs["moe"]["experts"] == ["expert-0", "expert-1"]
    assert not (run.config.normalize or {}).get("norm_obs")
    np.testing.assert_array_equal(acted(run), acts)
    train(task, resume=run, **{**settings, "n_timesteps": 192})
    nested = {"moe": {"experts": ["both-True", "both-False"]}}
    assert train(task, policy_kwargs=nested, **settings).status == "finished"


def test_a_loaded_run_is_an_expert_of_a_model_too(two_runs):
    policy = MoePolicy.from_experts(two_runs)
    same = MoePolicy.from_experts([load_policy(run) for run in two_runs])
    model = load_policy(two_runs[0]).model
    for made in (policy, same):
        built = made(model.observation_space, model.action_space, lambda _: 0.0)
        layer = built.action_net
        for expert, run in zip(layer.policies, two_runs, strict=True):
            out = expert(torch.as_tensor(OBS, dtype=torch.float32)).detach().numpy()
            np.testing.assert_allclose(np.clip(out, -1, 1), acted(run), atol=1e-5)


def test_runs_that_cannot_be_experts_are_refused_before_there_is_a_run(two_runs, task, tmp_path):
    def ask(experts, **more):
        settings = {"n_timesteps": 64, "out": tmp_path, **SMALL, **more}
        prepare(task, policy_kwargs={"moe": {"experts": experts}}, **settings)

    before = len(list(tmp_path.iterdir()))
    untrained = prepare(task, n_timesteps=64, out=tmp_path, name="untrained", **SMALL)
    for experts, words in (
        (["expert-0", "expert-7"], "unknown run 'expert-7'; did you mean expert-"),
        ("expert-0", "experts are a list of runs, got 'expert-0'"),
        (["expert-0", 3], "runs of rewardlab here, got 3"),
        (["expert-0", untrained], "run untrained has no final policy"),
    ):
        with pytest.raises(UsageError, match=words):
            ask(experts)
    with pytest.raises(UsageError, match="cannot normalise"):
        ask(["expert-0", "expert-1"], normalize={})
    assert len(list(tmp_path.iterdir())) == before + 1
